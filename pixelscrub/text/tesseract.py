"""Words that Tesseract reads, sparse mode, on an enlarged picture.

Each call is a process; one call a picture. With more than one thread it is ten times slower.
pytesseract, which calls it, exchanges files with it; they are in a folder in memory that is gone
however this process ends (`memory`). Where there is none, pictures go through a pipe.
"""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.compat.pytesseract import Command, image_to_table
from pixelscrub.errors import MissingComponentError
from pixelscrub.findings import Box
from pixelscrub.isolation import SAFE_FOLDER, environment, find_program
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.drawn import is_drawn
from pixelscrub.text.memory import memory_folder

Picture = npt.NDArray[np.uint8]

ENGLISH: Final = "eng"
"""What is read unless a recipe says otherwise; it also reads figures and most Latin letters."""
_languages: ContextVar[str] = ContextVar("languages", default=ENGLISH)
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


def require(languages: str = ENGLISH) -> None:
    """Make sure that Tesseract and its languages are installed.

    Args:
        languages: as Tesseract names them, joined by `+`.

    Raises:
        MissingComponentError: it is not on the path, or has no data of a language.
    """
    _program()
    wanted = set(languages.split("+")) - {ENGLISH}
    for language in sorted(wanted - installed_languages() if wanted else ()):
        package = language.replace("_", "-")
        raise MissingComponentError(
            f"Tesseract's language {language}",
            f"install it with: apt-get install tesseract-ocr-{package} (or your system's way)",
        )


def _program() -> str:
    found = find_program("tesseract")
    if found is None:
        raise MissingComponentError(
            "tesseract", "install it with: apt-get install tesseract-ocr (or your system's way)"
        )
    return found


@lru_cache(maxsize=1)
def installed_languages() -> frozenset[str]:
    """What Tesseract has data of, as it names them."""
    try:
        answer = subprocess.run(  # noqa: S603
            [_program(), "--list-langs"],
            env=environment(),
            cwd=SAFE_FOLDER,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(answer.stdout.decode("utf-8", "replace").split("\n")[1:])


@contextmanager
def reading_in(languages: str) -> Iterator[None]:
    """Within, texts are read in these languages."""
    token = _languages.set(languages)
    try:
        yield
    finally:
        _languages.reset(token)


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
    languages = _languages.get()
    require(languages)
    options = f"--psm {mode} --oem 1"
    folder = memory_folder()
    if folder is None:
        return list(_table(_piped(grey, languages, options)))
    command = Command(_program(), languages, options, TIMEOUT)
    return list(_table(image_to_table(grey, command, folder)))


def _piped(grey: Picture, languages: str, options: str) -> str:
    """The table by pipes alone, where there is no memory to keep files in."""
    rows, columns = grey.shape
    answer = subprocess.run(  # noqa: S603
        [_program(), "stdin", "stdout", "-l", languages, *options.split(), "tsv"],
        input=b"P5 %d %d 255\n" % (columns, rows) + grey.tobytes(),
        env=environment(OMP_THREAD_LIMIT="1"),
        cwd=SAFE_FOLDER,  # the working directory may hold a file "tsv", which it would read
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=TIMEOUT,
        check=True,
    )
    return answer.stdout.decode("utf-8", "replace")


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
