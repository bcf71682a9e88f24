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
    return all(len(p) <= _SHORT or is_harmless(p) or p in _codes() for p in parts)


_SHORT = 2
"""Letters that name nobody by themselves."""
_PARTS = re.compile(r"[^\W_]+")


def clean_code(value: str, cleaner: Cleaner) -> str:
    """A code string, or nothing where it is no known one or names somebody."""
    upper = set(_PARTS.findall(value.upper()))
    if not is_known_code(value) or not upper.isdisjoint(cleaner.names) and value not in _codes():
        return ""
    return "" if cleaner.is_spelled(value) else value
