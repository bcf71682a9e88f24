"""Whether pixels that changed look like a mask, where no plan says what was to change."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Frame = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

MOST: Final = 0.5
"""A change of more than this share of a frame is no mask."""
LETTER: Final = 12
"""Pixels; what changes less masks no letter."""
FILLS: Final = 0.05
"""Share of the changed pixels that one value takes where it is a fill."""
LARGE: Final = 0.02
"""Share of a frame from which a region may be a face, filled with noise."""


def has_stray_changes(before: Frame, after: Frame, rim: int) -> bool:
    """Whether a frame changed in places that no mask explains.

    A mask is filled with few values, or it is one large region, or what it shows is smoother
    than what was there.

    Args:
        before: stored values, (rows, columns) or with samples.
        after: the same shape.
        rim: pixels around a mask that may change with it (blocks and smoothing of JPEG).
    """
    changed = _any_sample(before != after)
    count = int(changed.sum())
    if not count:
        return False
    if count < LETTER or count > MOST * changed.size:
        return True
    filled = changed & _is_fill(after, changed)
    grown = ndimage.binary_dilation(filled, np.ones((3, 3)), iterations=rim) if rim else filled
    labels, _ = ndimage.label(changed & ~grown, np.ones((3, 3)))
    return any(_is_stray(before, after, place) for place in ndimage.find_objects(labels))


def _is_fill(after: Frame, changed: Mask) -> Mask:
    """Pixels with a value that many of the changed ones have."""
    pixels = after.reshape(*after.shape[:2], -1)
    values, counts = np.unique(pixels[changed], axis=0, return_counts=True)
    fill = np.zeros(changed.shape, np.bool_)
    for value in values[counts >= max(FILLS * changed.sum(), LETTER)]:
        fill[(pixels == value).all(axis=2)] = True
    return fill


def _is_stray(before: Frame, after: Frame, place: tuple[slice, slice]) -> bool:
    size = (place[0].stop - place[0].start) * (place[1].stop - place[1].start)
    if size >= LARGE * before.shape[0] * before.shape[1]:
        return False
    old, new = (frame[place].astype(np.float64) for frame in (before, after))
    return bool(size < LETTER or _unrest(new) >= 0.5 * _unrest(old))


def _unrest(values: npt.NDArray[np.floating]) -> float:
    """Mean step between neighbours."""
    steps = [np.abs(np.diff(values, axis=axis)) for axis in (0, 1) if values.shape[axis] > 1]
    return max((float(step.mean()) for step in steps), default=0.0)


def _any_sample(different: Mask) -> Mask:
    return np.asarray(different.reshape(*different.shape[:2], -1).any(axis=2))
