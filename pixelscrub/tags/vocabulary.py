"""Words that medicine uses and that therefore identify nobody.

`data/words.txt` comes out of `scripts/derive_words`; the other lists are written by hand.
"""

from __future__ import annotations

from functools import cache

from pixelscrub.tags.table import DATA


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset((DATA / name).read_text(encoding="utf-8").split())


def is_clinical(word: str) -> bool:
    """Whether a word is one of medicine's own, or is usual in descriptions."""
    lower = word.lower()
    return lower in _words("words.txt") or lower in _words("descriptions.txt")


def is_placeholder(word: str) -> bool:
    """Whether a word stands where a name is missing, or in the name of every hospital."""
    return word.lower() in _words("placeholders.txt")


def is_unit(word: str) -> bool:
    """Whether a word is a unit of measurement."""
    return word.lower() in _words("units.txt")


def is_public_scheme(designator: str) -> bool:
    """Whether a coding scheme is public, so that its codes say nothing of a person."""
    return designator in _words("public_schemes.txt")
