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


_LEAST_TEXT = 6
_TEXT = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]+").fullmatch
_READABLE = re.compile(rb"[A-Za-z]{3}|[0-9]{6}").search
_MOST_TEXT = 4096


def is_text(value: bytes) -> bool:
    """Whether a binary value is text from beginning to end, so that it may name somebody."""
    body = value.rstrip(b"\0 ")
    if not _LEAST_TEXT <= len(body) <= _MOST_TEXT or _READABLE(body) is None:
        return False
    return _TEXT(body) is not None or (
        _TEXT(body.replace(b"\0", b"")) is not None and _is_wide(body)
    )


def _is_wide(body: bytes) -> bool:
    """Whether every other byte is zero, as in Latin letters in UTF-16."""
    return not any(body[0::2]) or not any(body[1::2])
