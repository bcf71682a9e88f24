"""Resolve compound action codes by the Type of the attribute in the instance's IOD.

PS3.15 E.1.1: `X/Z/D` and the like mean the first that leaves the instance conformant with its
IOD. The Types come from PS3.3 through `scripts/derive_types.py`.
"""

from __future__ import annotations

from functools import cache

from pixelscrub.identity.tables import read_records

_CHOICE = {
    "X/D": {"1": "D", "1C": "D", "2": "D", "2C": "D"},
    "X/Z": {"1": "D", "1C": "D", "2": "Z", "2C": "Z"},
    "X/Z/D": {"1": "D", "1C": "D", "2": "Z", "2C": "Z"},
    "Z/D": {"1": "D", "1C": "D"},
    # The table gives these without a choice; where the IOD leaves none, a dummy or an empty
    # value does the same for privacy and keeps the instance conformant.
    "X": {"1": "D", "2": "Z", "2C": "D"},
    "Z": {"1": "D"},
}


@cache
def _types() -> dict[tuple[str, str], list[tuple[str, frozenset[str]]]]:
    found: dict[tuple[str, str], list[tuple[str, frozenset[str]]]] = {}
    for record in read_records("types.csv"):
        place = (record["keyword"], record["within"])
        found.setdefault(place, []).append((record["type"], frozenset(record["iods"].split())))
    return found


def type_of(keyword: str, within: str, iod: str) -> str:
    """Type of an attribute: `1`, `1C`, `2`, `2C` or `3` (also for what the IOD does not list).

    Args:
        keyword: the attribute's keyword.
        within: keyword of the sequence it stands in, empty at the top.
        iod: name of the IOD.
    """
    levels = _types().get((keyword, within), [])
    return next((level for level, iods in levels if "*" in iods or iod in iods), "3")


def resolve(code: str, keyword: str, within: str, iod: str) -> str:
    """One of `X Z D U K C` for a code of the table that may be compound.

    `X/Z/U*` is always taken as `U`: a reference that is kept with new UIDs tells no more than
    one that is gone, and leaves the study whole.
    """
    if code == "X/Z/U*":
        return "U"
    return _CHOICE.get(code, {}).get(type_of(keyword, within, iod), code.split("/", maxsplit=1)[0])
