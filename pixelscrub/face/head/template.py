"""An average head, drawn from ellipsoids: where skin, brain and features lie in a template frame.

Sizes are adult means of anthropometry (head 152 by 195 mm, nasion to chin about 118 mm, pupils
62 mm apart). Template frame: millimetres, x to the left, y to the back, z to the top, origin in
the middle of the cranium. No image of a person went into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pixelscrub.face.voxels.skin import signed_distance

Floats = npt.NDArray[np.floating]
Ellipsoid = tuple[tuple[int, ...], tuple[int, ...]]

STEP: Final = 3.0
LOW: Final = np.array([-120.0, -165.0, -200.0])
SHAPE: Final = (80, 100, 110)
"""Grid nodes along x, y and z."""
LOWEST: Final = -150.0
"""Below this height, in the neck, the template says nothing."""
LANDMARKS: Final = {
    "nose_tip": (0.0, -121.0, -62.0),
    "nasion": (0.0, -95.0, -28.0),
    "eye_right": (-31.0, -70.0, -32.0),
    "eye_left": (31.0, -70.0, -32.0),
    "chin": (0.0, -96.0, -128.0),
}
# centre and half axes
_HEAD: Final = [
    ((0, 0, 0), (76, 97, 87)),
    ((0, -30, -5), (62, 67, 70)),
    ((0, -50, -75), (58, 45, 62)),
    ((0, -45, -48), (67, 44, 28)),
    ((0, -45, -105), (52, 50, 38)),
    ((0, -80, -128), (25, 18, 16)),
    ((0, -102, -65), (16, 20, 13)),
    ((0, -98, -48), (11, 16, 20)),
    ((0, -88, -88), (25, 14, 14)),
    ((0, 22, -60), (58, 62, 50)),
    ((0, 32, -150), (57, 60, 120)),
]
_BRAIN: Final = [
    ((0, 2, 18), (67, 83, 56)),
    ((0, 25, -28), (60, 54, 38)),
    ((0, -38, 8), (46, 48, 24)),
]


def _union(axes: Sequence[Floats], ellipsoids: Sequence[Ellipsoid]) -> npt.NDArray[np.float32]:
    """Below 0 inside any ellipsoid, on a grid; roughly millimetres near the surface."""
    result = np.full([len(axis) for axis in axes], np.inf, np.float32)
    for centre, half in ellipsoids:
        parts = [((axis - c) / h) ** 2 for axis, c, h in zip(axes, centre, half, strict=True)]
        x, y, z = (part.astype(np.float32) for part in parts)
        radius = np.sqrt(x[:, None, None] + y[:, None] + z)
        np.minimum(result, (radius - 1) * min(half), out=result)
    return result


@lru_cache(maxsize=1)
def fields() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Signed distances (mm, below 0 inside) to skin and brain on the grid, (x, y, z) order."""
    axes = [low + STEP * np.arange(n) for low, n in zip(LOW, SHAPE, strict=True)]
    head = ndimage.gaussian_filter(_union(axes, _HEAD), 1.0)
    return signed_distance(head < 0, STEP), signed_distance(_union(axes, _BRAIN) < 0, STEP)


@lru_cache(maxsize=1)
def smooth_skin() -> npt.NDArray[np.float32]:
    """Signed distance to the skin (mm) without the steps of the grid."""
    result: npt.NDArray[np.float32] = ndimage.gaussian_filter(fields()[0], 1.5)
    return result


@lru_cache(maxsize=1)
def surface() -> Floats:
    """Points on the skin above `LOWEST`, (n, 3), mm, the same ones each time."""
    skin = fields()[0]
    index = np.argwhere((np.abs(skin) <= STEP) & (skin > 0))
    points = LOW + STEP * index
    points = points[points[:, 2] > LOWEST]
    chosen = np.random.default_rng(0).permutation(len(points))[:700]
    return np.asarray(points[chosen], dtype=float)


def at(field: npt.NDArray[np.float32], points: Floats) -> Floats:
    """Values of a field at template points (..., 3), linearly; 1000 outside the grid."""
    index = np.moveaxis((points - LOW) / STEP, -1, 0)
    result: Floats = ndimage.map_coordinates(field, index, order=1, cval=1000.0)
    return result
