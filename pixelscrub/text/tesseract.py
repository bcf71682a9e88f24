"""Words that Tesseract reads, sparse mode, on an enlarged picture.

Each call is a process; one call a picture. With more than one thread it is ten times slower. The
picture goes through a pipe: a file would stay behind where the process is killed.
"""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.errors import MissingComponentError
from pixelscrub.findings import Box
from pixelscrub.isolation import SAFE_FOLDER, environment, find_program
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.drawn import is_drawn

Picture = npt.NDArray[np.uint8]

SPARSE: Final = 11
"""Page segmentation mode: as many words as there are, in no order."""
TIMEOUT: Final = 20
"""Seconds for one picture; noise can keep Tesseract busy for minutes."""
LONGEST: Final = 2600
"""Pixels of the longer side after enlarging."""
HEAD: Final = "level\tpage_num\t"
"""How a table begins, even that of a picture without words."""
MIN_CONFIDENCE: Final = 0.3
TALLEST: Final = 0.2
"""No word is taller than this share of the picture: Tesseract takes shapes for letters."""


def require() -> None:
    """Make sure that Tesseract is installed.

    Raises:
        MissingComponentError: it is not on the path.
    """
    _program()


def _program() -> str:
    found = find_program("tesseract")
    if found is None:
        raise MissingComponentError(
            "tesseract", "install it with: apt-get install tesseract-ocr (or your system's way)"
        )
    return found


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its box in the picture that was read, how sure it is (0 to 1), what it says."""

    box: Box
    score: float
    text: str


def words(grey: Picture, mode: int) -> list[Word]:
    """What Tesseract reads.

    Args:
        grey: uint8, (rows, columns).
        mode: of page segmentation, as Tesseract numbers them.

    Raises:
        MissingComponentError: Tesseract is not installed.
        subprocess.SubprocessError: it fails, or does not answer in time.
    """
    program = _program()
    rows, columns = grey.shape
    answer = subprocess.run(  # noqa: S603
        [program, "stdin", "stdout", "--psm", str(mode), "--oem", "1", "tsv"],
        input=b"P5 %d %d 255\n" % (columns, rows) + grey.tobytes(),
        env=environment(OMP_THREAD_LIMIT="1"),
        cwd=SAFE_FOLDER,  # the working directory may hold a file "tsv", which it would read
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=TIMEOUT,
        check=True,
    )
    return list(_table(answer.stdout.decode("utf-8", "replace")))


def _table(answer: str) -> Iterator[Word]:
    if not answer.startswith(HEAD):
        raise subprocess.SubprocessError("no table: Tesseract is too old, or something else")
    for row in csv.DictReader(answer.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        x, y, width, height = (int(row[key]) for key in ("left", "top", "width", "height"))
        text = (row["text"] or "").strip()
        if text:
            box = Box(x, y, x + width, y + height)
            yield Word(box, min(max(float(row["conf"]) / 100, 0.0), 1.0), text)


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
