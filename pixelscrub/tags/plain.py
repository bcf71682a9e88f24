"""Tell values that are what their VR says, and so can name nobody, from those that hold more."""

from __future__ import annotations

import re
from collections.abc import Callable

_FEW = 8
"""Bytes of a binary number and its neighbour: too few for a name."""


def _is_short(value: bytes) -> bool:
    return len(value) <= _FEW


def _is_wordless(value: bytes) -> bool:
    """Whether it has no more than two letters: digits, signs, and a unit at most."""
    return _NUMERIC(value) is not None or len(_LETTERS(value)) <= _UNIT


_NUMERIC = re.compile(rb"[0-9+\-.,:eE\\ ]*\0?").fullmatch
_LETTERS = re.compile(rb"[^0-9+\-.,:eE\\ \0]").findall
_UNIT = 2
PLAIN: dict[str, Callable[[bytes], bool]] = {
    **dict.fromkeys(("AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"), _is_short),
    **dict.fromkeys(("DA", "DS", "DT", "IS", "TM"), _is_wordless),
}
"""By VR: whether a value is a plain number, date or time."""
