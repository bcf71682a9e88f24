"""Shaded views of a surface from three sides: the face before and after, to be looked at."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

LIGHT: Final = np.array([0.35, -0.45, 0.82])
"""Towards the light, in a view: right, down, to the viewer."""
DARKEST: Final = 0.18
"""Share of the light that reaches surfaces that face away."""


def views(
    volume: npt.NDArray[np.floating[Any]], threshold: float
) -> dict[str, npt.NDArray[np.uint8]]:
    """Render the surface at `threshold` as seen from the front and from both sides.

    Args:
        volume: values on a grid of cubic voxels along the patient's axes, (k, j, i): towards
            the head, the back and the left.
        threshold: values above it are seen, others are air.

    Returns:
        uint8 pictures by name, head up: `front` (k, i), `left` and `right` (k, j); black where
        no surface is hit.
    """
    upright = volume[::-1] > threshold
    towards_viewer = {
        "front": upright,
        "left": upright[:, :, ::-1].transpose(0, 2, 1),
        "right": upright.transpose(0, 2, 1)[:, :, ::-1],
    }
    return {name: _shaded(solid) for name, solid in towards_viewer.items()}


def _shaded(solid: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Rays run along the second axis, from its start; rows are the first, columns the third."""
    hit = solid.any(axis=1)
    depth = np.where(hit, solid.argmax(axis=1), solid.shape[1]).astype(float)
    smooth = _blurred(depth)
    down, right = np.gradient(smooth)
    normals = np.stack([right, down, np.ones_like(smooth)], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    lit = np.clip(normals @ (LIGHT / np.linalg.norm(LIGHT)), DARKEST, 1)
    return np.where(hit, np.rint(lit * 255), 0).astype(np.uint8)


def _blurred(depth: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    """Mean over 3 by 3, so that steps between voxels do not show as terraces."""
    rows, columns = depth.shape
    padded = np.pad(depth, 1, mode="edge")
    windows = [padded[r : r + rows, c : c + columns] for r in range(3) for c in range(3)]
    result: npt.NDArray[np.floating[Any]] = np.mean(windows, axis=0)
    return result
