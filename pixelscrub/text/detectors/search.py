"""Find text in one picture by several detectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.findings import Box
from pixelscrub.text.blocks import lines_of, trimmed
from pixelscrub.text.boxes import TextBox, into_lines, unite
from pixelscrub.text.detectors.registry import Cost, chosen
from pixelscrub.text.montage import is_content, tiles_of

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """Which pictures are searched.

    Attributes:
        smallest: pixels of the shorter side; no letter is smaller.
        shortest: pixels of the longer side; in less there is no room for three letters.
        largest: pixels of the largest picture that is searched.
        most: boxes of one picture; with more, text is taken to be everywhere.
    """

    smallest: int = 4
    shortest: int = 24
    largest: int = 2**27
    most: int = 4000


SETTINGS: Final = SearchSettings()


def detect(
    image: Picture, detectors: Sequence[str] = ("strokes", "network", "barcodes")
) -> list[TextBox]:
    """Find text in a picture.

    Args:
        image: uint8, (rows, columns) grey or (rows, columns, 3) RGB, as a viewer shows it.
        detectors: names of detectors; what any of them finds counts.

    Returns:
        Boxes in pixels of `image`; those that overlap or follow one another on a line are one.
        One box over everything where a picture is full of text.

    Raises:
        HeldError: DETECTOR_FAILED, where one fails; TOO_LARGE.
        MissingComponentError: the program of a detector is not installed.
        RecipeError: there is no detector of a name.
    """
    if not _has_room(image):
        return []
    if image.shape[0] * image.shape[1] > SETTINGS.largest:
        raise HeldError(Reason.TOO_LARGE, "picture is too large to be searched for text")
    found = _found(image, detectors)
    rows, columns = image.shape[:2]
    if len(found) > SETTINGS.most:
        return [TextBox(Box(0, 0, columns, rows), 1.0, "everywhere")]
    tiles = tiles_of(image) if found else None
    if tiles is not None:
        found = [text for text in found if not is_content(text.box, tiles)]
    inside = (replace(text, box=text.box.clipped(columns, rows)) for text in found)
    lines = into_lines(unite(text for text in inside if text.box.area))
    return [replace(line, box=box) for line in lines for box in _parts(image, line)]


def _parts(image: Picture, text: TextBox) -> list[Box]:
    """The lines of a text; a code is one whatever is in it."""
    if text.source == "barcodes":
        return [trimmed(image, text.box)]
    return lines_of(image, text.box)


def _has_room(image: Picture) -> bool:
    """Whether a picture shows anything, and is large enough for letters."""
    shorter, longer = sorted(image.shape[:2])
    if shorter < SETTINGS.smallest or longer < SETTINGS.shortest:
        return False
    return bool(image.min() != image.max())


def _found(image: Picture, names: Sequence[str]) -> list[TextBox]:
    """What each detector finds."""
    looking = chosen(names)
    has_cheap = any(one.is_cheap for one in looking)
    found: list[TextBox] = []
    for detector in looking:
        if detector.cost is Cost.COSTLIEST and has_cheap and not found:
            continue
        with guarded(Reason.DETECTOR_FAILED):
            found += detector.find(image)
    return found
