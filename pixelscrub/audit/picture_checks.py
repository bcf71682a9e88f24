"""Names and numbers of the study that can be read in an output's pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import TYPE_CHECKING, Final

from pixelscrub.audit.issues import Issue
from pixelscrub.audit.pairs import File
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.show import show
from pixelscrub.prove.showing import pictures
from pixelscrub.text.detectors import CHEAP, detect
from pixelscrub.text.reading import read

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

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
        frames = image.info.frames if image.info is not None else 0
        seen: set[str] = set()
        for frame in sorted({0, frames // 2, frames - 1}) if frames else ():
            shown = show(image, frame)
            seen |= (said := _words(shown))
            hidden = (_words(picture) for picture in pictures(image.frame(frame), shown))
            if said & words or any(one & words for one in hidden):
                yield Issue("identifier_in_picture", name, f"frame {frame}")
                return
    if any(len(word) >= SHORTEST and word.isalpha() for word in seen):
        yield Issue(UNKNOWN, name)


def _words(picture: npt.NDArray[np.uint8]) -> set[str]:
    """What can be read, in upper case."""
    boxes = [found.box for found in detect(picture, sorted(CHEAP))]
    said = (text for text in read(picture, boxes) if text.confidence >= CERTAIN)
    return {word for text in said for word in re.findall(r"[^\W_]+", text.text.upper())}
