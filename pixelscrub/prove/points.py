"""What is seen of a cloud of points from its six sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pixelscrub.prove.surface import STEP_MM, SurfaceView

Floats = npt.NDArray[np.floating]

LEAST_MM, MOST_MM = 80.0, 2500.0
"""Extents of what is in millimetres; anything else is taken to be a head in another unit."""
HEAD_MM: Final = 240.0
FEW: Final = 200
"""Fewer points than these show no face."""
ROUNDS: Final = 3
"""How often gaps are filled from what is around them."""


def point_views(points: Floats) -> Iterator[SurfaceView]:
    """Six views of points (n, 3), as of a solid's surface; none of too few points.

    Sparse points are seen on a coarser grid, so that none is seen through the gaps between others.
    """
    if len(points) < FEW:
        return
    low, high = np.percentile(points, 0.1, axis=0), np.percentile(points, 99.9, axis=0)
    longest = float((high - low).max())
    if not longest > 0:
        return
    scale = 1.0 if LEAST_MM <= longest <= MOST_MM else HEAD_MM / longest
    inside = ((points >= low) & (points <= high)).all(axis=1)
    at = (points[inside] - low) * scale
    step = max(STEP_MM, longest * scale / 400)
    size = np.ceil((high - low) * scale / step).astype(int) + 1
    for axis in range(3):
        flat = [k for k in range(3) if k != axis]
        rows, columns = (np.rint(at[:, k] / step).astype(int) for k in flat)
        for is_reversed in (False, True):
            depth = at[:, axis] / step
            if is_reversed:
                depth = size[axis] - 1 - depth
            nearest = np.full((size[flat[0]], size[flat[1]]), np.inf, np.float32)
            np.minimum.at(nearest, (rows, columns), depth.astype(np.float32))
            nearest = _closed(nearest)
            hit = np.isfinite(nearest)
            whole = np.where(hit, nearest, np.float32(size[axis])).astype(np.float32)
            yield SurfaceView(axis, is_reversed, whole, hit, int(size[axis]))


def _closed(depth: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Gaps filled with the mean of what is around them, where most of it is met."""
    for _ in range(ROUNDS):
        hit = np.isfinite(depth)
        share = ndimage.uniform_filter(hit.astype(np.float32), 3)
        mean = ndimage.uniform_filter(np.where(hit, depth, 0), 3) / np.maximum(share, 1e-6)
        depth = np.where(~hit & (share > 0.5), mean, depth)
    return depth
