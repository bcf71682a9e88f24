"""Letters found by their strokes, without weights: top-hat and connected components.

Burned-in letters are drawn, not imaged: their strokes are thin, stand out sharply from what is
around them, are evenly bright, and come in lines of equal height. Tissue is none of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox

Picture = npt.NDArray[np.uint8]

STROKE: Final = 11
"""Pixels; wider strokes are not taken for letters at this scale."""
CONTRAST: Final = 48
"""Grey levels by which a stroke stands out."""
HEIGHTS: Final = (5, 64)
"""Pixels of the smallest and largest letter at this scale."""
FLAT: Final = 10
"""Grey levels; beneath drawn text the background varies by less."""
SCALES: Final = (1.0, 0.4)
"""Large letters are looked for in a smaller picture."""
LARGE: Final = 800
"""Pixels of the shorter side from which the smaller scale is searched."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One connected component that may be a letter."""

    box: Box
    ink: float


def find_lines(image: Picture) -> list[TextBox]:
    """Find lines of drawn letters, light on dark and dark on light.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
    """
    found: list[TextBox] = []
    channels = [image] if image.ndim == 2 else [image.max(axis=2)]
    for grey in channels:
        for scale in SCALES if min(image.shape[:2]) >= LARGE else SCALES[:1]:
            how = cv2.INTER_AREA
            small = (
                grey
                if scale == 1
                else cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how)
            )
            for polarity in (small, 255 - small):
                found += [_scaled(line, scale) for line in _lines(np.asarray(polarity, np.uint8))]
    return found


def _scaled(text: TextBox, scale: float) -> TextBox:
    x0, y0, x1, y1 = (int(v / scale) for v in text.box)
    return TextBox(Box(x0, y0, x1 + int(scale < 1), y1 + int(scale < 1)), text.score, text.source)


def _lines(grey: Picture) -> list[TextBox]:
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (STROKE, STROKE))
    hat = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, kernel)
    letters = _letters(grey, hat)
    return [line for group in _groups(letters) if (line := _judge(group, grey, hat)) is not None]


def _letters(grey: Picture, hat: Picture) -> list[Letter]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (hat > CONTRAST).astype(np.uint8), connectivity=8
    )
    letters = []
    for x, y, width, height, area in stats[1:count]:
        is_letter = HEIGHTS[0] <= height <= HEIGHTS[1] and width <= 8 * height and area >= 4
        if is_letter and area >= 0.12 * width * height:
            box = Box(int(x), int(y), int(x + width), int(y + height))
            ink = hat[box.y0 : box.y1, box.x0 : box.x1]
            letters.append(Letter(box, float(np.percentile(ink[ink > CONTRAST], 75))))
    return letters


def _groups(letters: list[Letter]) -> list[list[Letter]]:
    """Letters of about one height and brightness, side by side."""
    lines: list[list[Letter]] = []
    for letter in sorted(letters, key=lambda found: found.box.x0):
        for line in lines:
            if _continues(line[-1], letter):
                line.append(letter)
                break
        else:
            lines.append([letter])
    return lines


def _continues(last: Letter, letter: Letter) -> bool:
    a, b = last.box, letter.box
    tall, small = max(a.height, b.height), min(a.height, b.height)
    gap = b.x0 - a.x1
    overlap = min(a.y1, b.y1) - max(a.y0, b.y0)
    even = min(last.ink, letter.ink) >= 0.6 * max(last.ink, letter.ink)
    return -2 <= gap <= 1.2 * tall and overlap >= 0.6 * small and tall <= 2 * small and even


def _judge(line: list[Letter], grey: Picture, hat: Picture) -> TextBox | None:
    """Whether a line is drawn: enough letters, on a background flat enough for their number."""
    box = line[0].box
    for letter in line[1:]:
        box = box.union(letter.box)
    around = box.padded(2).clipped(grey.shape[1], grey.shape[0])
    region = (slice(around.y0, around.y1), slice(around.x0, around.x1))
    ink = hat[region] > CONTRAST
    near = cv2.dilate(ink.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    paper = grey[region][~near]
    if paper.size < 8 or len(line) < 2:
        return None
    unrest = float(paper.std())
    sharp = _sharpness(grey[region], ink)
    limit = FLAT * min(len(line), 4) / 2
    if unrest > limit or sharp < 0.45:
        return None
    score = min(0.5 + 0.1 * len(line), 0.95)
    return TextBox(box, score, "strokes")


def _sharpness(grey: Picture, ink: npt.NDArray[np.bool_]) -> float:
    """How much of the contrast is won within one pixel of the edge, 0 to 1."""
    levels = grey.astype(np.float32)
    edge = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    steep = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    contrast = float(levels[ink].mean() - np.median(levels[~ink])) if (~ink).any() else 0.0
    return float(np.median(steep[edge > 0])) / contrast if contrast > 0 else 0.0
