"""Words that medicine uses and that therefore identify nobody."""

from __future__ import annotations

from functools import cache

from pixelscrub.tags.table import DATA


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset((DATA / name).read_text(encoding="utf-8").split())


def is_clinical(word: str) -> bool:
    """Whether a word is one of medicine's own (`scripts/derive_words`)."""
    return word.lower() in _words("words.txt")


def is_placeholder(word: str) -> bool:
    """Whether a word stands where a name is missing, or in the name of every hospital."""
    return word.lower() in _words("placeholders.txt")


def is_unit(word: str) -> bool:
    """Whether a word is a unit of measurement."""
    return word.lower() in _words("units.txt")
