"""Make what is kept of a person coarser, so that more people look alike.

Ages in bands of five years and 90 and over as one, sizes to five centimetres, weights to five
kilograms, times to the hour; serial numbers of devices go. The bands are those that
`identity.rarity` counts by.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from pixelscrub.identity.rarity import AGE_BAND, OLDEST, size_band, weight_band

SERIALS: Final = frozenset(
    {"DeviceSerialNumber", "DetectorID", "PlateID", "GantryID", "CassetteID", "StationName"}
)
"""Keywords that tell one device from another of its model."""
_AGE: Final = re.compile(r"(\d{1,3})([DWMY])")


def is_banded(keyword: str, vr: str) -> bool:
    """Whether an attribute that is kept is to be made coarser."""
    return keyword in _BY_KEYWORD or vr in _BY_VR


def to_band(keyword: str, vr: str, text: str) -> str:
    """One value, made coarser; as it is where it has another form.

    Args:
        keyword: of the attribute.
        vr: its value representation.
        text: the value, without padding.
    """
    change = _BY_KEYWORD.get(keyword) or _BY_VR[vr]
    return change(text.strip())


def _age(text: str) -> str:
    """The first age of its band, as an age string (AS)."""
    found = _AGE.fullmatch(text)
    if found is None:
        return text
    years = int(found[1]) if found[2] == "Y" else 0
    return f"{min(years // AGE_BAND * AGE_BAND, OLDEST):03d}Y"


def _hour(text: str) -> str:
    """A time (TM) without minutes; a range of times as well."""
    return "-".join(part[:2] for part in text.split("-"))


def _date_and_hour(text: str) -> str:
    """A date and time (DT) without minutes."""
    found = re.match(r"\d{1,10}", text)
    return found[0] if found else text


_BY_KEYWORD: Final[dict[str, Callable[[str], str]]] = {
    "PatientAge": _age,
    "PatientSize": size_band,
    "PatientWeight": weight_band,
}
_BY_VR: Final[dict[str, Callable[[str], str]]] = {
    "AS": _age,
    "TM": _hour,
    "DT": _date_and_hour,
}
