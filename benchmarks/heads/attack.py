"""An attacker who knows the pose: faces as depth maps, matched against a gallery of originals.

The map is of the surface between brow and chin as it is seen from the front and from both sides,
in the frame of the average head that was fitted to the original, so that nothing is lost by a
poor alignment. What stays of the same image outside of the face (cranium, neck, where the image
ends) is left out: it would match with itself whatever is done to the face.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pixelscrub.face.head.fit import Pose
from pixelscrub.face.voxels.grid import Grid

Floats = npt.NDArray[np.floating]

STEP: Final = 3.0
MIDDLE: Final = np.array([0.0, -55.0, -62.0])
"""What the views look at, template frame, mm."""
HALF: Final = np.array([54.0, 60.0])
"""Half width and half height of a view, mm."""
NEAR: Final = 110.0
"""How far before the middle a line of sight begins, mm."""
YAWS: Final = (-45.0, 0.0, 45.0)
PLAY: Final = 3
"""By so many pixels two maps are moved against each other."""
SOLID: Final = 0.5
EDGE: Final = 4
"""Steps along a line of sight; what lies so close behind the edge of the image is no skin."""
FEWEST: Final = 0.2
"""Share of a view that both must show to be compared."""
STRANGE: Final = 100.0
"""Distance of two that cannot be compared, mm."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """Depth maps of one face, (views, rows, columns), mm; not a number where nothing is met."""

    name: str
    depths: Floats


def portrait(name: str, grid: Grid, solid: npt.NDArray[np.bool_], pose: Pose) -> Portrait:
    """The surface of a solid on a grid, seen from three sides in a pose's frame."""
    field = ndimage.gaussian_filter(solid.astype(np.float32), 0.7)
    return Portrait(name, np.stack([_view(grid, field, pose, np.radians(yaw)) for yaw in YAWS]))


def _view(grid: Grid, field: npt.NDArray[np.float32], pose: Pose, yaw: float) -> Floats:
    across = np.arange(-HALF[0], HALF[0] + 1, STEP)
    up = np.arange(-HALF[1], HALF[1] + 1, STEP)
    along = np.arange(0.0, 2 * NEAR, STEP / 2)
    a, u, d = np.meshgrid(across, up, along, indexing="ij")
    back = d - NEAR
    turned = np.stack(
        [a * np.cos(yaw) - back * np.sin(yaw), a * np.sin(yaw) + back * np.cos(yaw), u], -1
    )
    points = pose.to_patient(turned + MIDDLE).reshape(-1, 3)
    met = grid.at(field, points, 0.0).reshape(a.shape) > SOLID
    first = met.argmax(axis=2)
    seen = grid.at(grid.inside.astype(np.float32), points, 0.0).reshape(a.shape) > SOLID
    before = np.maximum(first - EDGE, 0)[:, :, None]
    is_skin = met.any(axis=2) & np.take_along_axis(seen, before, axis=2)[:, :, 0]
    return np.asarray(np.where(is_skin, first * STEP / 2, np.nan))


def distance(one: Portrait, other: Portrait) -> float:
    """Mean difference of depth (mm) in the best place, its median taken off; views averaged."""
    found = [_apart(a, b) for a, b in zip(one.depths, other.depths, strict=True)]
    return float(np.mean(found))


def _apart(one: Floats, other: Floats) -> float:
    best = STRANGE
    inner = one[PLAY:-PLAY, PLAY:-PLAY]
    for i in range(2 * PLAY + 1):
        for j in range(2 * PLAY + 1):
            moved = other[i : i + inner.shape[0], j : j + inner.shape[1]]
            gap = (inner - moved)[np.isfinite(inner) & np.isfinite(moved)]
            if gap.size >= FEWEST * inner.size:
                best = min(best, float(np.minimum(np.abs(gap - np.median(gap)), 20.0).mean()))
    return best


def nearest(probe: Portrait, gallery: list[Portrait]) -> str:
    """Name of the portrait in the gallery that is most like a probe."""
    return min(gallery, key=lambda one: distance(probe, one)).name
