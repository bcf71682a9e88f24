"""Find IDs and dates of birth that stand as numbers: in IS and DS, in binary numbers, in UIDs."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache

_MOST_BYTES = 64
"""Longer values are tables of numbers, in which chance has every number of five digits."""
_FORMATS = ("L", "l", "Q", "q", "f", "d")


@dataclass(frozen=True, slots=True)
class HiddenNumbers:
    """Numbers that identify.

    Attributes:
        numbers: as integers.
        packed: in every binary form of PS3.5, by its length in bytes.
    """

    numbers: frozenset[int] = frozenset()
    packed: dict[int, frozenset[bytes]] = field(default_factory=dict, hash=False)

    def in_text(self, value: bytes) -> bool:
        """Whether an IS, DS, DA or DT holds one of the numbers, however it is written."""
        if not self.numbers or len(value) > _MOST_BYTES:
            return False
        return any(_number(part) in self.numbers for part in value.split(b"\\"))

    def among(self, value: bytes) -> bool:
        """Whether one of the numbers is among the numbers of a short binary value."""
        size = len(value)
        if not self.packed or not 4 <= size <= _MOST_BYTES:
            return False
        if size == 4:
            return value in self.packed.get(4, ())
        for each, forms in self.packed.items():
            parts = (value[at : at + each] for at in range(0, size - each + 1, each))
            if any(part in forms for part in parts):
                return True
        return False

    def in_uid(self, uid: str) -> bool:
        """Whether a component of a UID is one of the numbers."""
        return any(part.isdigit() and int(part) in self.numbers for part in uid.split("."))

    def tells(self, value: bytes, vr: str) -> bool:
        """Whether a plain value holds one of the numbers."""
        return self.in_text(value) if vr in _TEXTUAL else self.among(value)


_TEXTUAL = frozenset({"DA", "DS", "DT", "IS"})


@lru_cache(maxsize=64)
def hidden_numbers(numbers: frozenset[int]) -> HiddenNumbers:
    """The numbers, packed in every form that they fit in."""
    packed: dict[int, set[bytes]] = {}
    for number in numbers:
        for order in "<>":
            for code in _FORMATS:
                try:
                    data = struct.pack(order + code, number)
                    is_exact = struct.unpack(order + code, data)[0] == number
                except (struct.error, OverflowError):
                    continue
                if is_exact:
                    packed.setdefault(len(data), set()).add(data)
    return HiddenNumbers(numbers, {size: frozenset(forms) for size, forms in packed.items()})


def _number(part: bytes) -> int | None:
    part = part.strip(b" \0")
    if part.isdigit():
        return int(part)
    try:
        number = float(part)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None
