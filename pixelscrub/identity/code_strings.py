"""Code strings (CS): which are known, so that they name nobody."""

from __future__ import annotations

import re
from functools import cache

from pixelscrub.identity.free_text import Cleaner, is_harmless
from pixelscrub.identity.tables import DATA


@cache
def _codes() -> frozenset[str]:
    lines = (DATA / "code_strings.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def is_known_code(value: str) -> bool:
    """Whether a code string (CS) is a defined term, or made of words and numbers of technique."""
    if value in _codes() or not value:
        return True
    parts = _PARTS.findall(value)
    return all(len(p) <= _SHORT or is_harmless(p) or p in _codes() or _SIZE(p) for p in parts)


_SHORT = 3
"""Letters that name nobody by themselves."""
_SIZE = re.compile(r"\d{1,2}0000|0\d{3}|\d{1,3}(?:CM|IN|MM)(?:X\d{1,3}(?:CM|IN|MM))?").fullmatch
"""Numbers that makers write into Image Type, and sizes of cassettes."""
_PARTS = re.compile(r"[^\W_]+")


def clean_code(value: str, cleaner: Cleaner) -> str:
    """A code string, or nothing where it is no known one or names somebody."""
    upper = set(_PARTS.findall(value.upper()))
    if not is_known_code(value) or (not upper.isdisjoint(cleaner.names) and value not in _codes()):
        return ""
    return "" if cleaner.is_spelled(value) else value


_CODE = re.compile(r"[A-Z0-9]{0,4}[-_.]?[0-9A-F]{2,18}(?:[-.][0-9A-Z]{1,8})*|[0-9]{1,18}")
_LOCAL = re.compile(r"(?!.*\d{5})[A-Z0-9_.+/-]{1,16}")


def is_code_value(value: str, is_public: bool) -> bool:
    """Whether a code's value or scheme looks as codes do: no words, local ones no long numbers."""
    is_local = _LOCAL.fullmatch(value) is not None
    return is_local or (is_public and _CODE.fullmatch(value) is not None)
