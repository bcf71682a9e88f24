"""Words that Tesseract reads, sparse mode, on an enlarged picture.

Each call is a process; one call a picture. With more than one thread it is ten times slower.
"""

from __future__ import annotations

import os
import shutil
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.errors import MissingComponentError
from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.drawn import is_drawn

Picture = npt.NDArray[np.uint8]

CONFIG: Final = "--psm 11 --oem 1 -c tessedit_do_invert=1"
TIMEOUT: Final = 20
"""Seconds for one picture; noise can keep Tesseract busy for minutes."""
LONGEST: Final = 2600
"""Pixels of the longer side after enlarging."""
MIN_CONFIDENCE: Final = 0.3
TALLEST: Final = 0.2
"""No word is taller than this share of the picture: Tesseract takes shapes for letters."""


def require() -> None:
    """Make sure that Tesseract is installed.

    Raises:
        MissingComponentError: it is not on the path.
    """
    if shutil.which("tesseract") is None:
        raise MissingComponentError(
            "tesseract", "install it with: apt-get install tesseract-ocr (or your system's way)"
        )


def find_words(image: Picture) -> list[TextBox]:
    """Find words, light on dark and dark on light.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).

    Raises:
        MissingComponentError: Tesseract is not installed.
        RuntimeError: it does not answer in time.
    """
    require()
    os.environ["OMP_THREAD_LIMIT"] = "1"
    try:
        return _read(image, _scale(image))
    except RuntimeError:  # too slow: noise is easier to read when it is not enlarged
        return _read(image, min(1.0, _scale(image) / 2))


def _read(image: Picture, scale: float) -> list[TextBox]:
    import pytesseract

    data = pytesseract.image_to_data(
        _enlarged(image, scale),
        config=CONFIG,
        timeout=TIMEOUT,
        output_type=pytesseract.Output.DICT,
    )
    words = zip(*(data[k] for k in ("left", "top", "width", "height", "conf", "text")), strict=True)
    found = [_word(word, scale) for word in words]
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


def _word(word: tuple[Any, ...], scale: float) -> TextBox | None:
    left, top, width, height, confidence, text = word
    score = float(confidence) / 100
    if score < MIN_CONFIDENCE or not any(character.isalnum() for character in text):
        return None
    x1, y1 = -(-(left + width) // scale), -(-(top + height) // scale)
    box = Box(int(left / scale), int(top / scale), int(x1), int(y1))
    return TextBox(box, min(score, 1.0), "tesseract", text) if box.area else None


def _is_plausible(box: Box, image: Picture) -> bool:
    rows, columns = image.shape[:2]
    is_small = box.area < 0.25 * rows * columns
    return bool(4 <= box.height <= max(TALLEST * rows, 24) and is_small)
