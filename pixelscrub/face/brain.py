"""The brain of this very image, so that no voxel of it is touched."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pixelscrub.face.grid import Grid
from pixelscrub.face.skin import Mask, largest

NEAR: Final = 10.0
"""The brain lies within the fitted average brain and this margin, mm."""
SURE: Final = -14.0
"""This deep in the fitted average brain everything counts as brain, mm."""
MARGIN: Final = 4.0
"""What is spared around the brain, mm."""


def protected(grid: Grid, average: npt.NDArray[np.float32], modality: str) -> Mask:
    """The brain and a margin around it.

    Args:
        grid: the image around the head.
        average: signed distance (mm) to the fitted average brain, on the grid.
        modality: DICOM's Modality.
    """
    sure = (average < SURE) & grid.inside
    if not sure.any():
        return np.zeros(sure.shape, bool)
    tissue = _tissue(grid, sure, modality) & (average < NEAR)
    steps = max(1, round(4 / grid.step))
    core = ndimage.binary_erosion(tissue, iterations=steps) | sure
    brain = ndimage.binary_dilation(largest(core), iterations=steps + 1) & tissue | sure
    outside = ndimage.distance_transform_edt(~brain) * grid.step
    return np.asarray(outside <= MARGIN)


def _tissue(grid: Grid, sure: Mask, modality: str) -> Mask:
    """What looks like brain: soft tissue in CT, values as in its middle elsewhere."""
    if modality == "CT":
        return np.asarray((grid.values > -20) & (grid.values < 120))
    low, middle, high = np.percentile(grid.values[sure], (4, 50, 96))
    slack = 0.15 * (high - low) + 0.1 * abs(middle)
    return np.asarray((grid.values > low - slack) & (grid.values < high + slack))
