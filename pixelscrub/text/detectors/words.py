"""Words that Tesseract reads, sparse mode, on an enlarged picture."""

from __future__ import annotations

import subprocess
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors.drawn import is_drawn
from pixelscrub.text.detectors.registry import Cost, Detector
from pixelscrub.text.reading.tesseract import Word, require, words

Picture = npt.NDArray[np.uint8]

SPARSE: Final = 11
"""Page segmentation mode: as many words as there are, in no order."""
LONGEST: Final = 2600
"""Pixels of the longer side after enlarging."""
MIN_CONFIDENCE: Final = 0.3
TALLEST: Final = 0.2
"""No word is taller than this share of the picture: Tesseract takes shapes for letters."""


def find_words(image: Picture) -> list[TextBox]:
    """Find words, light on dark and dark on light.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).

    Raises:
        MissingComponentError: Tesseract is not installed.
        subprocess.SubprocessError: it fails, or does not answer in time.
    """
    try:
        return _read(image, _scale(image))
    except subprocess.TimeoutExpired:  # noise is easier to read when it is not enlarged
        return _read(image, min(1.0, _scale(image) / 2))


def _read(image: Picture, scale: float) -> list[TextBox]:
    found = [_word(word, scale) for word in words(_enlarged(image, scale), SPARSE)]
    grey = image if image.ndim == 2 else image.max(axis=2)
    plausible = (word for word in found if word is not None and _is_plausible(word.box, image))
    return [word for word in plausible if is_drawn(grey, word)]


def _scale(image: Picture) -> float:
    longest = int(max(image.shape[:2]))
    return min(3.0 if longest <= 900 else 2.0, LONGEST / longest)


def _enlarged(image: Picture, scale: float) -> Picture:
    """Grey by the brightest channel, so that coloured letters keep their contrast."""
    grey = image if image.ndim == 2 else image.max(axis=2)
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    rows, columns = (max(1, round(scale * side)) for side in grey.shape)
    return np.asarray(cv2.resize(grey, (columns, rows), interpolation=how), np.uint8)


def _word(word: Word, scale: float) -> TextBox | None:
    if word.score < MIN_CONFIDENCE or not any(character.isalnum() for character in word.text):
        return None
    low, high = word.box[:2], word.box[2:]
    box = Box(*(int(v / scale) for v in low), *(int(-(-v // scale)) for v in high))
    return TextBox(box, word.score, "tesseract", word.text) if box.area else None


def _is_plausible(box: Box, image: Picture) -> bool:
    rows, columns = image.shape[:2]
    is_small = box.area < 0.25 * rows * columns
    return bool(4 <= box.height <= max(TALLEST * rows, 24) and is_small)


DETECTOR: Final = Detector("tesseract", Cost.COSTLIEST, find_words, require)
