"""The table of text detectors: adding one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pixelscrub.errors import HeldError, Reason, RecipeError, guarded
from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox, into_lines, unite
from pixelscrub.text.montage import is_content, tiles_of
from pixelscrub.text.whole import trimmed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Picture = npt.NDArray[np.uint8]
    Detector = Callable[[Picture], list[TextBox]]

SMALLEST = 4
"""Pixels; no letter is smaller, so smaller pictures are not searched."""
SHORTEST = 24
"""Pixels of the longer side; in less there is no room for three letters."""
LARGEST = 2**27
"""Pixels of the largest picture that is searched."""
MOST: Final = 4000
"""Boxes of one picture; with more, text is taken to be everywhere."""


def _tesseract(image: Picture) -> list[TextBox]:
    from pixelscrub.text.tesseract import find_words

    return find_words(image)


def _strokes(image: Picture) -> list[TextBox]:
    from pixelscrub.text.strokes import find_lines

    return find_lines(image)


def _network(image: Picture) -> list[TextBox]:
    from pixelscrub.text.network import find_lines

    return find_lines(image)


def _network_and_strokes(image: Picture) -> list[TextBox]:
    from pixelscrub.text.network import find_lines

    return find_lines(image, DETECTORS["strokes"])


def _barcodes(image: Picture) -> list[TextBox]:
    from pixelscrub.text.barcodes import find_codes

    return find_codes(image)


def _ppocr(image: Picture) -> list[TextBox]:
    from pixelscrub.text.ppocr import find_lines

    return find_lines(image)


def _require_ppocr() -> None:
    from pixelscrub.text.ppocr import require

    require()


def _require_tesseract() -> None:
    from pixelscrub.text.tesseract import require

    require()


def _require_network() -> None:
    from pixelscrub.text.probability import require

    require()


CHEAP = frozenset({"strokes", "network"})
"""Detectors that may see every frame of a cine."""
SECOND = frozenset({"tesseract"})
"""Costly detectors: they look where a cheap one sees something, to see more of it."""
DETECTORS: dict[str, Detector] = {
    "strokes": _strokes,
    "network": _network,
    "tesseract": _tesseract,
    "barcodes": _barcodes,
    "ppocr": _ppocr,
}
REQUIREMENTS: dict[str, Callable[[], None]] = {
    "tesseract": _require_tesseract,
    "network": _require_network,
    "ppocr": _require_ppocr,
}


def require(names: Sequence[str]) -> None:
    """Make sure that detectors exist and that their programs are installed.

    Raises:
        RecipeError: there is no detector of that name.
        MissingComponentError: its program is not installed.
    """
    for name in names:
        if name not in DETECTORS:
            known = ", ".join(DETECTORS)
            raise RecipeError(f"no such text detector; there are: {known}")
        if name in REQUIREMENTS:
            REQUIREMENTS[name]()


def detect(
    image: Picture, detectors: Sequence[str] = ("strokes", "network", "barcodes")
) -> list[TextBox]:
    """Find text in a picture.

    Args:
        image: uint8, (rows, columns) grey or (rows, columns, 3) RGB, as a viewer shows it.
        detectors: names from the table; what any of them finds counts.

    Returns:
        Boxes in pixels of `image`; those that overlap or follow one another on a line are one.
        One box over everything where a picture is full of text.

    Raises:
        HeldError: DETECTOR_FAILED, where one fails; TOO_LARGE.
        MissingComponentError: the program of a detector is not installed.
    """
    if min(image.shape[:2]) < SMALLEST or max(image.shape[:2]) < SHORTEST:
        return []
    if image.min() == image.max():
        return []
    if image.shape[0] * image.shape[1] > LARGEST:
        raise HeldError(Reason.TOO_LARGE, "picture is too large to be searched for text")
    found: list[TextBox] = []
    for name in sorted(detectors, key=lambda name: name in SECOND):
        if name in SECOND and not found and not CHEAP.isdisjoint(detectors):
            continue
        with guarded(Reason.DETECTOR_FAILED):
            found += _finder(name, detectors)(image)
    if len(found) > MOST:
        return [TextBox(Box(0, 0, image.shape[1], image.shape[0]), 1.0, "everywhere")]
    rows, columns = image.shape[:2]
    tiles = tiles_of(image) if found else None
    if tiles is not None:
        found = [text for text in found if not is_content(text.box, tiles)]
    inside = (replace(text, box=text.box.clipped(columns, rows)) for text in found)
    lines = into_lines(unite(text for text in inside if text.box.area))
    return [replace(line, box=trimmed(image, line.box)) for line in lines]


def _finder(name: str, others: Sequence[str]) -> Detector:
    """The detector of that name; beside the network, strokes look only where it is not sure."""
    if not CHEAP.issubset(others) or name not in CHEAP:
        return DETECTORS[name]
    return _network_and_strokes if name == "network" else lambda _: []
