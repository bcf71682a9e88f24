"""Tesseract, the program: words of a picture.

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

import numpy as np
import numpy.typing as npt

from pixelscrub.compat.pytesseract import Command, image_to_table
from pixelscrub.errors import MissingComponentError
from pixelscrub.findings import Box
from pixelscrub.isolation import SAFE_FOLDER, environment, find_program
from pixelscrub.text.reading.memory import memory_folder

Picture = npt.NDArray[np.uint8]

ENGLISH: Final = "eng"
"""What is read unless a recipe says otherwise; it also reads figures and most Latin letters."""
_languages: ContextVar[str] = ContextVar("languages", default=ENGLISH)
TIMEOUT: Final = 20
"""Seconds for one picture; noise can keep Tesseract busy for minutes."""
HEAD: Final = "level\tpage_num\t"
"""How a table begins, even that of a picture without words."""


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
