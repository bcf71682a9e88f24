"""What texts say, as Tesseract reads them: many boxes a call, one under the other."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.errors import Reason, guarded
from pixelscrub.findings import Box
from pixelscrub.text.tesseract import TIMEOUT, require

Picture = npt.NDArray[np.uint8]

HEIGHT: Final = 48
"""Pixels to which every text is enlarged or made smaller."""
WIDEST: Final = 2400
"""Pixels; longer texts are not read, and count as unread."""
ROOM: Final = 3
"""Pixels around a text that are read with it."""
CALL: Final = 60
"""Texts of one call."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the text, and how sure the least certain word is, 0 to 1."""

    text: str
    confidence: float


UNREAD: Final = Reading("", 0.0)


def read(picture: Picture, boxes: Sequence[Box]) -> list[Reading]:
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
    import pytesseract

    os.environ["OMP_THREAD_LIMIT"] = "1"
    page = np.full((2 * HEIGHT * len(strips), max(s.shape[1] for s in strips) + HEIGHT), 255)
    for k, strip in enumerate(strips):
        top = 2 * HEIGHT * k + HEIGHT // 2
        page[top : top + HEIGHT, HEIGHT // 2 : HEIGHT // 2 + strip.shape[1]] = strip
    data = pytesseract.image_to_data(
        page.astype(np.uint8),
        config="--psm 6 --oem 1",
        timeout=TIMEOUT,
        output_type=pytesseract.Output.DICT,
    )
    words: list[list[tuple[int, str, float]]] = [[] for _ in strips]
    keys = ("left", "top", "height", "conf", "text")
    for left, top, height, confidence, text in zip(*(data[k] for k in keys), strict=True):
        if text.strip():
            words[(top + height // 2) // (2 * HEIGHT)].append((left, text, float(confidence)))
    return [_joined(line) for line in words]


def _joined(words: list[tuple[int, str, float]]) -> Reading:
    if not words:
        return UNREAD
    text = " ".join(text for _, text, _ in sorted(words))
    return Reading(text, max(min(confidence for *_, confidence in words) / 100, 0.0))
