"""Rules of the recipe: which one matches an element first."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from pixelscrub.dicom.elements import keyword_of
from pixelscrub.recipe import TagRule

if TYPE_CHECKING:
    from pixelscrub.tags.policy import ElementPlace


@lru_cache(maxsize=256)
def _tag_pattern(tag: str) -> re.Pattern[str]:
    return re.compile(tag.upper().replace("X", "[0-9A-F]"))


def _is_whole(pattern: str, keyword: str) -> bool:
    return re.fullmatch(pattern, keyword) is not None


_TESTS: dict[str, Callable[[str, ElementPlace], bool]] = {
    "keyword": lambda wanted, p: keyword_of(p.tag) == wanted,
    "tag": lambda wanted, p: _tag_pattern(wanted).fullmatch(f"{p.tag:08X}") is not None,
    "creator": lambda wanted, p: p.creator == wanted,
    "element": lambda wanted, p: bool(p.creator) and p.tag & 0xFF == int(wanted, 16),
    "vr": lambda wanted, p: p.vr == wanted,
    "group": lambda wanted, p: p.tag >> 16 == int(wanted, 16),
    "pattern": lambda wanted, p: _is_whole(wanted, keyword_of(p.tag)),
}


def matches(rule: TagRule, place: ElementPlace) -> bool:
    """Whether every field that the rule gives holds for `place`."""
    given = {name: getattr(rule, name) for name in _TESTS}
    return all(_TESTS[name](wanted, place) for name, wanted in given.items() if wanted is not None)


def first_match(rules: Sequence[TagRule], place: ElementPlace) -> tuple[int, TagRule | None]:
    """The first rule that matches and its number from 1, or 0 and None."""
    found = ((n, rule) for n, rule in enumerate(rules, 1) if matches(rule, place))
    return next(found, (0, None))
