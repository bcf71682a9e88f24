"""What texts say, as Tesseract reads them: many boxes a call, one under the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.errors import Reason, guarded
from pixelscrub.findings import Box
from pixelscrub.text.reading.tesseract import Word, require, words

Picture = npt.NDArray[np.uint8]

HEIGHT: Final = 48
"""Pixels to which every text is enlarged or made smaller."""
WIDEST: Final = 2400
"""Pixels; longer texts are not read, and count as unread."""
ROOM: Final = 3
"""Pixels around a text that are read with it."""
CALL: Final = 60
"""Texts of one call."""
BLOCK: Final = 6
"""Tesseract's page segmentation mode for lines, one under the other."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the text, and how sure the least certain word is, 0 to 1."""

    text: str
    confidence: float


UNREAD: Final = Reading("", 0.0)


def read_lines(picture: Picture, boxes: Sequence[Box]) -> list[Reading]:
    """Read the texts in boxes.

    Args:
        picture: uint8, (rows, columns) or (rows, columns, 3).
        boxes: in pixels, one line of text each.

    Returns:
        As many readings as boxes; what cannot be read is empty and has confidence 0.

    Raises:
        MissingComponentError: Tesseract is not installed.
        HeldError: DETECTOR_FAILED, where it fails or takes too long.
    """
    require()
    readings: list[Reading] = []
    for start in range(0, len(boxes), CALL):
        strips = [_strip(picture, box) for box in boxes[start : start + CALL]]
        with guarded(Reason.DETECTOR_FAILED):
            readings += _read(strips)
    return readings


def _strip(picture: Picture, box: Box) -> Picture:
    """The text dark on light, of one height; all white where it is too long."""
    rows, columns = picture.shape[:2]
    part = box.padded(ROOM).clipped(columns, rows)
    cut = picture[part.y0 : part.y1, part.x0 : part.x1]
    grey = cut if cut.ndim == 2 else cut.max(axis=2)
    width = max(1, round(part.width * HEIGHT / max(part.height, 1)))
    if width > WIDEST or not grey.size:
        return np.full((HEIGHT, 1), 255, np.uint8)
    sized = cv2.resize(grey, (width, HEIGHT), interpolation=cv2.INTER_CUBIC)
    full = cv2.normalize(sized, None, 0, 255, cv2.NORM_MINMAX)
    return np.asarray(255 - full if np.median(full) < 128 else full, np.uint8)


def _read(strips: Sequence[Picture]) -> list[Reading]:
    page = np.full((2 * HEIGHT * len(strips), max(s.shape[1] for s in strips) + HEIGHT), 255)
    for k, strip in enumerate(strips):
        top = 2 * HEIGHT * k + HEIGHT // 2
        page[top : top + HEIGHT, HEIGHT // 2 : HEIGHT // 2 + strip.shape[1]] = strip
    lines: list[list[Word]] = [[] for _ in strips]
    for word in words(page.astype(np.uint8), BLOCK):
        lines[(word.box.y0 + word.box.y1) // (4 * HEIGHT)].append(word)
    return [_joined(line) for line in lines]


def _joined(line: list[Word]) -> Reading:
    if not line:
        return UNREAD
    text = " ".join(word.text for word in sorted(line, key=lambda w: w.box))
    return Reading(text, min(word.score for word in line))
