"""The eyes of this very image: globes are even inside and unlike the fat and muscle around them.

They are looked for where bone does not tell brain from orbit: in CT it does, and a frontal lobe
within bone is more like a globe than globes are.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from pixelscrub.face.head.fit import Pose
from pixelscrub.face.voxels.grid import Grid
from pixelscrub.face.voxels.skin import Mask

Floats = npt.NDArray[np.floating]

EYE: Final = 16.0
"""A globe (24 mm across) and some play, mm."""
MIDDLE: Final = np.array([31.0, -72.0, -30.0])
"""Middle of the left globe in the template frame, mm."""
PLAY: Final = 11.0
"""How much higher an eye may lie where the pitch is loose and no globe is found, mm."""
BEHIND: Final = np.array([-4.0, 12.0, -1.0])
"""From the middle of the left globe to the middle of the muscle cone behind it, mm."""
NASION: Final = np.array([-31.0, -23.0, 2.0])
"""From the middle of the left globe to the root of the nose, mm."""
ROOT: Final = 13.0
"""So far from the nasion lie skin, bone and frontal sinus, and no brain, mm."""
BACKWARDS: Final = np.arange(-8.0, 9.0, 4.0)
UPWARDS: Final = np.arange(-8.0, 21.0, 2.0)
"""Where globes are looked for around their place in the template, mm."""
APART: Final = 7.0
CLEAR: Final = 2.0
"""How many times better the globes' place must be than any farther than `APART` (mm) from it."""
PLAIN: Final = 1.5
"""Likeness to globes that tells where a head's front is."""
WITHIN: Final = 9.5
AROUND: Final = 13.0, 17.0
"""Radii (mm) of what is surely globe, and of the shell that is surely none."""


def eyes(
    grid: Grid, template: Floats, average: Floats, pose: Pose, modality: str, loose: bool
) -> Mask:
    """Globes, the cones behind them and the root of the nose, which must not pass for brain.

    Args:
        grid: the image around the head.
        template: each node in the template frame, (..., 3), mm.
        average: signed distance (mm) to the fitted average brain, on the grid.
        pose: where the template lies.
        modality: DICOM's Modality.
        loose: whether the pitch is, for want of mouth and chin; then eyes for which no globe
            is found are taken to lie higher as well.
    """
    shift = None if modality == "CT" else globes(grid, pose)
    offset = template * np.where(template[..., :1] < 0, [-1, 1, 1], 1) - MIDDLE
    if shift is not None:
        root = np.linalg.norm(offset - shift - NASION, axis=-1) < ROOT
        return np.asarray(_cavities(offset - shift) | root)
    if loose:
        offset[..., 2] -= np.clip(offset[..., 2], 0.0, PLAY)
    return np.asarray(_cavities(offset) & (average > (4.0 if loose else 0.0)))


def _cavities(offset: Floats) -> Mask:
    globe = np.linalg.norm(offset, axis=-1) < EYE
    cone = np.linalg.norm(offset - BEHIND, axis=-1) < EYE - 4
    return np.asarray(globe | cone)


def globes(grid: Grid, pose: Pose, least: float = 0.0) -> Floats | None:
    """How far both globes lie from their place in the template, mm; None where that is unclear.

    `least` is how much both must look like globes: their contrast over their spread.
    """
    shifts = np.array([(0.0, y, z) for y, z in product(BACKWARDS, UPWARDS)])
    scores = np.array([_likeness(grid, pose, shift) for shift in shifts])
    best = shifts[scores.argmax()]
    far = np.linalg.norm(shifts - best, axis=1) > APART
    if scores.max() < CLEAR * scores[far].max() or scores.max() <= least:
        return None
    result: Floats = best
    return result


def _likeness(grid: Grid, pose: Pose, shift: Floats) -> float:
    """How much both places look like a globe: the less likely of left and right."""
    core, shell = _ball()
    found = []
    for side in ((-1, 1, 1), (1, 1, 1)):
        middle = (MIDDLE + shift) * side
        inner, outer = (
            grid.at(grid.values, pose.to_patient(middle + part), np.nan) for part in (core, shell)
        )
        if np.isnan(inner).any() or np.isnan(outer).mean() > 0.5:
            return 0.0
        low, middle_value, high = np.percentile(inner, (25, 50, 75))
        contrast = abs(middle_value - np.nanmedian(outer))
        found.append(contrast / (high - low + 0.05 * abs(middle_value) + 1e-3))
    return float(min(found))


@lru_cache(maxsize=1)
def _ball() -> tuple[Floats, Floats]:
    """Points within a globe and points around it, mm from its middle."""
    axis = np.arange(-18.0, 18.1, 2.0)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    radius = np.linalg.norm(points, axis=1)
    return points[radius < WITHIN], points[(radius > AROUND[0]) & (radius < AROUND[1])]
