"""Where pixels lie in the patient (PS3.3 C.7.6.2, C.7.6.16.2): the same before and after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from pixelscrub.findings import Box
from pixelscrub.prove.places import bytes_of

POSITION: Final = "ImagePositionPatient"
GRID: Final = ("ImageOrientationPatient", "PixelSpacing")
NUMBERS: Final = (
    POSITION,
    *GRID,
    "ImagerPixelSpacing",
    "SliceThickness",
    "SpacingBetweenSlices",
)
GROUPS: Final = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
MACROS: Final = ("PixelMeasuresSequence", "PlanePositionSequence", "PlaneOrientationSequence")
NEAR: Final = 0.01
"""Millimetres; positions that were moved are written with ten digits."""

Numbers = npt.NDArray[np.float64]


def moved(before: Dataset, after: Dataset, crop: Box | None = None) -> list[str]:
    """Keywords of what two headers say differently of the place of their pixels.

    Args:
        before: the original's header.
        after: the output's. What it does not say is no difference: a rule may take it away.
        crop: the part of the original that the output shows.
    """
    old, new = list(_places(before)), list(_places(after))
    if len(old) != len(new):
        return [keyword for keyword in GROUPS if keyword in after]
    shift = np.zeros(3) if crop is None else _shift(old, crop)
    pairs = zip(old, new, strict=True)
    return sorted({k for a, b in pairs for k in NUMBERS if k in b and not _is_same(k, a, b, shift)})


def _places(header: Dataset) -> Iterator[Dataset]:
    """The data sets that may say where pixels lie, of enhanced images too."""
    yield header
    for keyword in GROUPS:
        for group in header.get(keyword) or ():
            yield from (group[macro].value[0] for macro in MACROS if group.get(macro))


def _is_same(keyword: str, before: Dataset, after: Dataset, shift: Numbers) -> bool:
    by = shift if keyword == POSITION else np.zeros(3)
    old, new = (bytes_of(d.get_item(keyword)).strip(b" \0") for d in (before, after))
    if old == new and not by.any():
        return True
    was, now = _numbers(old), _numbers(new)
    expected = was + by if was.size == by.size else was
    return was.shape == now.shape and bool(np.allclose(expected, now, 0, NEAR))


def _shift(places: list[Dataset], crop: Box) -> Numbers:
    """How far the first pixel of a crop lies from that of the whole."""
    told = {k: bytes_of(p.get_item(k)) for p in reversed(places) for k in GRID if k in p}
    along, down = (_numbers(told.get(keyword, b"")) for keyword in GRID)
    if along.size != 6 or down.size != 2:
        return np.zeros(3)
    return np.asarray(along[:3] * down[1] * crop.x0 + along[3:] * down[0] * crop.y0)


def _numbers(data: bytes) -> Numbers:
    """The numbers of a decimal string; not a number for what is none."""
    return np.array([_number(part) for part in data.split(b"\\") if part.strip(b" \0")])


def _number(data: bytes) -> float:
    try:
        return float(data.strip(b" \0"))
    except ValueError:
        return np.nan
