"""Ink: strokes that stand out from flat ground, as connected components with their features.

Burned-in letters are drawn, not imaged: their strokes are thin (a top-hat shows them), win their
contrast within a pixel, and stand on ground that varies by much less. Tissue is none of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.measures import rises, unrest

Picture = npt.NDArray[np.uint8]
Values = npt.NDArray[Any]

STROKE: Final = 13
"""Pixels; wider strokes are not taken for letters at this scale."""
THRESHOLDS: Final = (20, 48, 110)
"""Grey levels by which a stroke stands out: faint letters, and letters that touch other things."""
HEIGHTS: Final = (5, 64)
"""Pixels of the smallest and largest letter at this scale."""
SHARP: Final = 0.4
RATIO: Final = 3.5
NOISE: Final = 7
"""Grey levels between a pixel and the median of its neighbours, from which a picture is noisy."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One component that may be a letter, or several that touch.

    Attributes:
        box: in pixels of the picture.
        contrast: grey levels between ink and ground.
        unrest: standard deviation of the ground around it, grey levels.
        sharp: share of the contrast that is won within a pixel of the edge.
        fill: share of the box that is ink.
    """

    box: Box
    contrast: float
    unrest: float
    sharp: float
    fill: float


def calm(grey: Picture) -> Picture:
    """The picture without its noise, where it is noisy."""
    median = cv2.medianBlur(grey, 3)
    noisy = float(np.median(cv2.absdiff(grey, median))) > NOISE
    return np.asarray(cv2.medianBlur(median, 3) if noisy else grey, np.uint8)


def letters(grey: Picture, threshold: int) -> list[Letter]:
    """Components brighter than their surroundings that could be letters.

    Args:
        grey: uint8, (rows, columns).
        threshold: grey levels by which they stand out.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (STROKE, STROKE))
    hat = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, kernel)
    ink = np.asarray(hat > threshold, np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    _, _, width, height, area = stats.T
    fill = area / (width * height)
    fits = (height >= HEIGHTS[0]) & (height <= HEIGHTS[1]) & (width <= 10 * height) & (width >= 2)
    fits &= (fill >= np.where(width > 1.5 * height, 0.28, 0.1)) & (area >= 5)
    fits[0] = False
    if not fits.any():
        return []
    inked = ink > 0
    members, levels = labels[inked], hat[inked].astype(np.float32)
    contrast = _mean(members, levels, count)
    edge = (cv2.erode(ink, np.ones((3, 3), np.uint8)) == 0)[inked]
    steep = np.minimum(rises(grey)[inked] / np.maximum(levels, 1), 2)
    sharp = _mean(members[edge], steep[edge], count)
    restless = _mean(members, unrest(grey, ink)[inked], count)
    fits &= (sharp >= SHARP) & (contrast >= RATIO * restless)
    return [
        Letter(
            Box(int(x), int(y), int(x + w), int(y + h)),
            float(contrast[i]),
            float(restless[i]),
            float(sharp[i]),
            float(fill[i]),
        )
        for i in np.flatnonzero(fits)
        for x, y, w, h, _ in [stats[i]]
    ]


def _mean(members: Values, values: Values, count: int) -> Values:
    total = np.bincount(members, values, count)
    mean: Values = np.divide(total, np.maximum(np.bincount(members, minlength=count), 1))
    return mean
