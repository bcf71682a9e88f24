"""What tells drawn letters from tissue: how sharp their edges are, how flat the ground around them.

Letters are drawn, or cut of lead, and stand on ground that varies by much less than they stand out;
tissue blurs over several pixels and is restless.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box

Picture = npt.NDArray[np.uint8]
Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """How edges and ground are measured.

    Looked for on the finds of the networks in 41 real images (models/text.md): ears, PET and sulci
    are blurred, letters are not.

    Attributes:
        steepest: share of the steps between neighbouring pixels that are looked at; letters have
            more edges.
        ends: percentiles of the levels between which the contrast lies.
        large: pixels of a text's height, from which it is looked at in a half, a third and so on of
            its size: the edges of large letters are wide.
        ring: pixels beside a text that are looked at.
        most: share of them that have to be alike; the rest may be another text's, or a line.
        alike: grey levels from their median.
        white: level at which a window ends: bone is so bright without being flat, and its cells
            look like figures.
        sides: sides of a text that have to be flat; a curve may pass above, an axis beside.
        window: pixels of the neighbourhood in which the ground is judged.
        seen: share of it that must be ground to judge it.
        restless: grey levels that ground has where there is too little of it: nothing but ink
            around is texture.
    """

    steepest: float = 0.05
    ends: tuple[float, float] = (2, 98)
    large: int = 32
    ring: int = 4
    most: float = 0.75
    alike: float = 6.0
    white: int = 255
    sides: int = 2
    window: int = 21
    seen: float = 0.25
    restless: float = 40.0


SETTINGS: Final = MeasureSettings()
NEIGHBOURS: Final = np.ones((3, 3), np.uint8)


def sharpness(image: Picture, box: Box, settings: MeasureSettings = SETTINGS) -> float:
    """How much of the contrast of a text its steepest edges bridge from pixel to pixel.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
        box: of the text, in pixels of `image`.
        settings: which edges are looked at.

    Returns:
        0 for no edges, about 1 for letters that are drawn without smoothing.
    """
    x0, y0, x1, y1 = box.clipped(image.shape[1], image.shape[0])
    part = image[y0:y1, x0:x1]
    if min(part.shape[:2]) < 2:
        return 0.0
    share = 1 / max(min(part.shape[:2]) // settings.large, 1)
    part = np.asarray(cv2.resize(part, None, fx=share, fy=share, interpolation=cv2.INTER_AREA))
    part = part.reshape(*part.shape[:2], -1)
    levels = np.sort(part.reshape(-1, part.shape[2]), axis=0).astype(np.int16)
    low, high = (levels[round(end / 100 * (len(levels) - 1))] for end in settings.ends)
    across, down = cv2.absdiff(part[:, 1:], part[:, :-1]), cv2.absdiff(part[1:], part[:-1])
    steps = np.concatenate([step.reshape(-1, part.shape[2]).max(axis=1) for step in (across, down)])
    count = max(round(settings.steepest * steps.size), 1)
    steepest = np.partition(steps, -count)[-count:]
    return float(steepest.mean() / max((high - low).max(), 1))


def steps(grey: Picture) -> Picture:
    """The larger of the steps to the next pixel along and down, grey levels."""
    along = cv2.copyMakeBorder(grey, 0, 0, 1, 0, cv2.BORDER_REPLICATE)
    down = cv2.copyMakeBorder(grey, 1, 0, 0, 0, cv2.BORDER_REPLICATE)
    along, down = cv2.absdiff(grey, along[:, :-1]), cv2.absdiff(grey, down[:-1])
    return np.asarray(cv2.max(along, down), np.uint8)


def rises(grey: Picture) -> Picture:
    """By how much each pixel is lighter than the darkest of its neighbours, grey levels."""
    return np.asarray(cv2.subtract(grey, cv2.erode(grey, NEIGHBOURS)), np.uint8)


def ranges_around(levels: Values) -> Values:
    """Between the least and the greatest of each pixel and its neighbours."""
    return np.asarray(cv2.morphologyEx(levels, cv2.MORPH_GRADIENT, NEIGHBOURS))


def medians(part: Picture) -> npt.NDArray[np.float64]:
    """The median of each sample of a part of a picture, by its histogram.

    Args:
        part: uint8, (rows, columns) or (rows, columns, samples), not empty.
    """
    samples = 1 if part.ndim == 2 else part.shape[2]
    middles = ((part.size // samples - 1) // 2, part.size // samples // 2)
    found = []
    for k in range(samples):
        counts = cv2.calcHist([part], [k], None, [256], [0, 256]).ravel()
        low, high = np.cumsum(counts, dtype=np.int64).searchsorted(middles, "right")
        found.append((low + high) / 2)
    return np.asarray(found)


def twice_away(part: Picture, levels: npt.NDArray[np.float64]) -> npt.NDArray[np.uint16]:
    """Twice how far each pixel is from a level, in the sample that is furthest.

    Twice, because the median of two levels may lie half-way between them.

    Args:
        part: uint8, (rows, columns) or (rows, columns, samples).
        levels: of each sample, whole or half grey levels.
    """
    ways = np.abs(2 * np.arange(256)[:, None] - np.rint(2 * levels)).astype(np.uint16)
    if part.ndim == 2:
        return np.asarray(cv2.LUT(part, np.ascontiguousarray(ways[:, 0])), np.uint16)
    each = cv2.split(cv2.LUT(part, ways[None]))
    away = each[0]
    for other in each[1:]:
        away = cv2.max(away, other)
    return np.asarray(away, np.uint16)


def is_flat_around(image: Picture, box: Box, settings: MeasureSettings = SETTINGS) -> bool:
    """Whether the ground is flat on two sides of a box, or more.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
        box: in pixels.
        settings: what flat is.
    """
    rows, columns = image.shape[:2]
    (x0, y0, x1, y1), ring = box, settings.ring
    sides = (
        Box(x0 - ring, y0 - ring, x1 + ring, y0),
        Box(x0 - ring, y1, x1 + ring, y1 + ring),
        Box(x0 - ring, y0, x0, y1),
        Box(x1, y0, x1 + ring, y1),
    )
    flat = sum(_is_flat(image, side.clipped(columns, rows), settings) for side in sides)
    return flat >= settings.sides


def _is_flat(image: Picture, side: Box, settings: MeasureSettings) -> bool:
    """Whether most levels are alike and not cut off; what is no longer in the picture is."""
    part = image[side.y0 : side.y1, side.x0 : side.x1]
    levels = (part if part.ndim == 2 else part.max(axis=2, initial=0)).astype(np.float32)
    if not levels.size:
        return True
    flat = levels.ravel()
    middle = _middle(flat)
    if _middle(part.ravel()) >= settings.white:
        return False
    away = np.abs(flat - middle)
    return bool(np.count_nonzero(away <= settings.alike) >= settings.most * away.size)


def _middle(levels: npt.NDArray[np.generic]) -> float:
    return float(np.partition(levels, levels.size // 2)[levels.size // 2])


def ground_of(ink: Picture) -> npt.NDArray[np.bool_]:
    """What is neither ink nor beside it.

    Args:
        ink: uint8, (rows, columns), not 0 where there is ink.
    """
    return np.asarray(cv2.dilate(ink, NEIGHBOURS) == 0)


def unrest(grey: Picture, ink: Picture, settings: MeasureSettings = SETTINGS) -> Values:
    """Standard deviation of the ground in a window around each pixel, grey levels.

    Args:
        grey: uint8, (rows, columns).
        ink: of the same size, not 0 where there is ink; it and its rim are left out.
        settings: size of the window.
    """
    ground = ground_of(ink).astype(np.float32)
    level = grey.astype(np.float32) * ground
    size = (settings.window, settings.window)
    seen = np.maximum(cv2.boxFilter(ground, -1, size), 1e-6)
    mean = cv2.boxFilter(level, -1, size) / seen
    square = cv2.boxFilter(level * grey, -1, size) / seen
    spread: Values = np.sqrt(np.maximum(square - mean * mean, 0))
    spread[seen < settings.seen] = settings.restless
    return spread
