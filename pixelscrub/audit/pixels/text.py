"""Names and numbers of the study that can be read in an output's pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from pydicom.uid import UID

from pixelscrub.audit.document_checks import pages_of
from pixelscrub.audit.issues import Issue
from pixelscrub.audit.pairs import File
from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.show import show
from pixelscrub.prove.nested import frames_of, items_with_pictures
from pixelscrub.prove.showing import pictures
from pixelscrub.text.detectors import cheap, detect
from pixelscrub.text.reading.lines import read_lines

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Picture = npt.NDArray[np.uint8]
    Values = npt.NDArray[Any]

CERTAIN: Final = 0.5
"""Reading confidence from which a word that equals a term is no chance."""
UNKNOWN: Final = "words_in_picture"
"""Words that no header knows: no leak that can be proved, but a person should look."""
SHORTEST: Final = 4
SHORTEST_NUMBER: Final = 6
"""Characters; shorter words and numbers stand in many pictures."""


def telling(words: Set[str]) -> frozenset[str]:
    """Those of a study's words, in upper case, that do not stand in a picture by chance."""
    return frozenset(
        word for word in words if len(word) >= (SHORTEST_NUMBER if _has_digit(word) else SHORTEST)
    )


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)


def check_picture(output: File, name: str, words: Set[str]) -> Iterator[Issue]:
    """Read the first, middle and last frame, and look for `words`, in any window.

    Yields:
        one issue, `identifier_in_picture`, or `UNKNOWN` where only other words can be read.

    Raises:
        HeldError: a frame cannot be shown, or reading failed.
        MissingComponentError: Tesseract is not installed.
    """
    with output.open() as file:
        image = Image(file)
        seen: set[str] = set()
        pages = ((place, page, page) for place, page in pages_of(output))
        for place, shown, values in chain(_frames(image), _nested(image), pages):
            said = _words(shown)
            hidden = (_words(picture) for picture in pictures(values, shown))
            if said & words or any(one & words for one in hidden):
                yield Issue("identifier_in_picture", name, place)
                return
            seen |= said if image.info is not None else set()  # documents are read by words
    if any(len(word) >= SHORTEST and word.isalpha() for word in seen):
        yield Issue(UNKNOWN, name)


def _frames(image: Image) -> Iterator[tuple[str, Picture, Values]]:
    """The first, middle and last frame: which it is, as a viewer shows it, and what is stored."""
    frames = image.info.frames if image.info is not None else 0
    for frame in sorted({0, frames // 2, frames - 1}) if frames else ():
        yield f"frame {frame}", show(image, frame), image.frame(frame)


def _nested(image: Image) -> Iterator[tuple[str, Picture, Values]]:
    """The pictures inside sequences; those that cannot be decoded show nothing.

    Raises:
        HeldError: UNREADABLE, where the header cannot be followed.
    """
    syntax = UID(str(image.header.file_meta.TransferSyntaxUID))
    with guarded(Reason.UNREADABLE):
        items = list(items_with_pictures(image.header))
    for item in items:
        with suppress(HeldError), guarded(Reason.BAD_PIXEL_DATA):
            for values in frames_of(item, syntax):
                shown = next(pictures(values), None)
                if shown is not None:
                    yield "a picture inside a sequence", shown, values


def _words(picture: npt.NDArray[np.uint8]) -> set[str]:
    """What can be read, in upper case."""
    boxes = [found.box for found in detect(picture, cheap())]
    said = (text for text in read_lines(picture, boxes) if text.confidence >= CERTAIN)
    return {word for text in said for word in re.findall(r"[^\W_]+", text.text.upper())}
