"""Who writes the texts that no table lists: the maker, the device or a person."""

from __future__ import annotations

from enum import StrEnum
from functools import cache

from pixelscrub.identity.tables import DATA


class Origin(StrEnum):
    """Who writes the texts of an attribute that no table lists."""

    MAKER = "maker"
    DEVICE = "device"
    PERSON = "person"


@cache
def _origins() -> dict[str, Origin]:
    found: dict[str, Origin] = {}
    origin = Origin.PERSON
    for line in (DATA / "technical.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            origin = Origin.MAKER if line == "[makers]" else Origin.DEVICE
        elif not line.startswith("#"):
            found |= dict.fromkeys(line.split(), origin)
    return found


def origin(keyword: str) -> Origin:
    """Who writes an attribute's text: the maker, the device, or a person, so that it is free."""
    return _origins().get(keyword, Origin.PERSON)
