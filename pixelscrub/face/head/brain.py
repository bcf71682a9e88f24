"""The brain of this very image, so that no voxel of it is touched."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pixelscrub.face.voxels.grid import Grid
from pixelscrub.face.voxels.skin import Mask, distance_to, largest

NEAR: Final = 14.0
"""The brain lies within the fitted average brain and this margin, mm."""
SURE: Final = -14.0
"""This deep in the fitted average brain everything counts as brain, mm."""
SCALP: Final = 7.0
"""Scalp and skull beside the brow; closer beneath the skin only what the average brain covers
may be brain, mm."""
NECK: Final = 5.0
"""What hangs on the brain by less than twice this (nerves, vessels, orbits) is no brain, mm."""
GRAIN: Final = 12.0
"""Median step from voxel to voxel in a brain (HU) from which it is smoothed: noise leaves the
range of soft tissue."""
SOFT: Final = (-20.0, 120.0)
SMOOTHED: Final = (-20.0, 90.0)
"""Hounsfield units of soft tissue; smoothing makes thin bone darker."""
MARGIN: Final = 3.0
"""What is spared around the brain, mm."""


def spared(brain: Mask, step: float, voxel: float = 0.0) -> Mask:
    """The brain and a margin around it: more where the original's voxels are long (mm).

    A voxel goes by its middle, and a quarter of it may then lie beyond what that tells.
    """
    return np.asarray(distance_to(brain, step) <= MARGIN + max(voxel - step, 0.0) / 4)


def find_brain(
    grid: Grid, skin: npt.NDArray[np.float32], average: npt.NDArray[np.float32], modality: str
) -> Mask:
    """The brain, as far as it can be told.

    Args:
        grid: the image around the head.
        skin: signed distance (mm) to this person's skin, below 0 inside, on the grid.
        average: signed distance (mm) to the fitted average brain, on the grid.
        modality: DICOM's Modality.
    """
    sure = (average < SURE) & grid.inside
    if not sure.any():
        return np.zeros(sure.shape, bool)
    tissue = (_tissue(grid, sure, modality) | sure) & (average < NEAR)
    tissue &= (skin < -SCALP) | (average < NEAR - SCALP)
    # Beyond the field of view the brain goes on: its edge there is no surface to peel.
    open_ended = tissue | ~grid.inside
    deep = distance_to(~open_ended, grid.step)
    core = largest((deep > NECK) & tissue)
    outside = distance_to(core, grid.step)
    return np.asarray(tissue & (outside <= NECK + grid.step))


def _tissue(grid: Grid, sure: Mask, modality: str) -> Mask:
    """What looks like brain: soft tissue in CT, values as in its middle elsewhere."""
    if modality == "CT":
        steps = np.abs(np.diff(grid.values, axis=0))[sure[1:] & sure[:-1]]
        is_grainy = steps.size > 0 and float(np.median(steps)) > GRAIN
        values = ndimage.median_filter(grid.values, 3) if is_grainy else grid.values
        least, most = SMOOTHED if is_grainy else SOFT
        return np.asarray((values > least) & (values < most))
    low, middle, high = np.percentile(grid.values[sure], (4, 50, 96))
    slack = 0.15 * (high - low) + 0.1 * abs(middle)
    return np.asarray((grid.values > low - slack) & (grid.values < high + slack))
