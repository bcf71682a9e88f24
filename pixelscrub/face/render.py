"""Shaded views of a volume's surface, for people to look at before and after."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating]

LIGHT: Final = np.array([0.3, -0.35, 0.89])
"""Direction of the light in a view: to the right, up (negative) and towards the eye."""


def shaded_views(values: Values, threshold: float) -> list[npt.NDArray[np.uint8]]:
    """The surface above a threshold, seen from the front, the left and the right.

    Args:
        values: (x, y, z) of a grid along the patient's axes (LPS) with cubic voxels.
        threshold: what lies above it is solid.

    Returns:
        three pictures, uint8, the head's top at their top: (z, x), (z, y) and (z, y).
    """
    front = np.moveaxis(values, 1, 0)[:, :, ::-1].transpose(0, 2, 1)
    right = values[:, :, ::-1].transpose(0, 2, 1)
    left = right[::-1]
    return [_shade(view, threshold) for view in (front, left[:, :, ::-1], right)]


def _shade(view: Values, threshold: float) -> npt.NDArray[np.uint8]:
    """Shade by the slope of the depth at which each line of sight (axis 0) meets the solid."""
    hit, depth = _depth(view, threshold)
    padded = np.pad(depth, 1, mode="edge")
    smooth = sum(
        padded[i : i + depth.shape[0], j : j + depth.shape[1]] for i in range(3) for j in range(3)
    )
    down, across = np.gradient(np.asarray(smooth) / 9)
    light = (across * LIGHT[0] + down * LIGHT[1] + LIGHT[2]) / np.sqrt(across**2 + down**2 + 1)
    fog = 1 - 0.5 * depth / len(view)
    return np.asarray(np.where(hit, 255 * np.clip(light, 0.08, 1) * fog, 0), dtype=np.uint8)


def _depth(view: Values, threshold: float) -> tuple[npt.NDArray[np.bool_], Values]:
    """Where lines of sight meet the solid, and how deep: between voxels, or there are terraces."""
    solid = view > threshold
    hit, first = solid.any(axis=0), solid.argmax(axis=0)
    inside, outside = (
        np.take_along_axis(view, place[None], axis=0)[0].astype(float)
        for place in (first, np.maximum(first - 1, 0))
    )
    step = np.where(first > 0, inside - outside, np.inf)
    within = np.clip((inside - threshold) / step, 0, 1)
    return np.asarray(hit), np.asarray(np.where(hit, first - within, len(view)))
