"""Table E.1-1 of PS3.15 2026d and the additions of ours: what each attribute's codes are.

`data/ps3_15.csv` is the one place to look up the rule of any tag. An `x` in a tag stands for
any digit; `private` for every odd group.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

DATA = resources.files("pixelscrub.identity") / "data"


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One row of the table.

    Attributes:
        basic: action code of the Basic Profile, maybe compound (`X/Z/D`).
        options: action code of each option that speaks of the attribute.
        source: `E.1-1`, or `ours` for additions.
    """

    basic: str
    options: dict[str, str]
    source: str

    def code(self, active: frozenset[str]) -> tuple[str, str]:
        """The code that holds under the `active` options, and the option it comes from.

        Where options disagree (eleven dates of devices), cleaning wins over keeping: the device
        option lets such a date stay, the dates option says in which form.
        """
        spoken = [(code, name) for name, code in self.options.items() if name in active]
        return min(spoken, default=(self.basic, ""))


def read_records(name: str) -> list[dict[str, str]]:
    """The rows of one of our data files."""
    return list(csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines()))


def pairs(text: str) -> dict[str, str]:
    """Options and their codes, from `name=code name=code`."""
    return dict(pair.split("=", 1) for pair in text.split())


@cache
def _rows() -> dict[str, ProfileRow]:
    return {
        record["tag"]: ProfileRow(record["basic"], pairs(record["options"]), record["source"])
        for record in read_records("ps3_15.csv")
    }


@cache
def row(tag: int) -> ProfileRow | None:
    """The row of a standard `tag`, found by its number or its repeating group; None: unlisted."""
    digits = f"{tag:08X}"
    repeating = (digits[:2] + "xx" + digits[4:], digits[:2] + "xxxxxx")
    return next((_rows()[key] for key in (digits, *repeating) if key in _rows()), None)


@cache
def safe_private() -> dict[tuple[str, int, int], str]:
    """VR of each safe private element by creator, group and element (Table E.3.10-1)."""
    return {
        (record["creator"], int(record["group"], 16), int(record["element"], 16)): record["vr"]
        for record in read_records("safe_private.csv")
    }


def safe_vr(creator: str, tag: int) -> str:
    """VR of a safe private element by its creator and its tag without the block; empty: unknown."""
    found = safe_private().get((creator, tag >> 16, tag & 0xFF), "")
    return found[:2]
