"""What a recipe's own rules keep in headers, by the recipe alone: the steps are not asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydicom.datadict import keyword_for_tag

from pixelscrub.prove.places import FoundValue
from pixelscrub.recipe import TagRule


def kept(
    rules: Sequence[TagRule], header: Iterable[FoundValue], *actions: str
) -> Iterator[tuple[str, str]]:
    """Place and text of the values that a recipe's rules say one of `actions` of.

    The first rule that matches decides. The name of a private creator is kept with its elements.
    """
    if not rules:
        return
    found = list(header)
    creators = {v.place: _text(v.data) for v in found if _is_creator(_tag(v.place))}
    used: set[str] = set()
    for value in found:
        block = _block(value.place)
        rule = _first(rules, value, creators.get(block, ""))
        if rule is not None and rule.action in actions:
            used.add(block)
            yield value.place, _text(value.data)
    yield from ((place, creators[place]) for place in used & creators.keys())


def _tag(place: str) -> str:
    """Eight hexadecimal digits of the last element on a path."""
    return place[-10:-1].replace(",", "")


def _is_creator(tag: str) -> bool:
    return int(tag[:4], 16) % 2 == 1 and 0x10 <= int(tag[4:], 16) <= 0xFF


def _block(place: str) -> str:
    """Where the name of a private element's creator stands; of others it is no creator's place."""
    return f"{place[:-5]}00{place[-5:-3]})"


def _first(rules: Sequence[TagRule], value: FoundValue, creator: str) -> TagRule | None:
    tag = _tag(value.place)
    told: Mapping[str, object] = {
        "keyword": keyword_for_tag(tag),
        "creator": creator,
        "element": tag[6:].upper() if creator else None,
        "vr": value.vr,
        "group": tag[:4].upper(),
    }
    short = f"{tag[:4]}00{tag[6:]}" if creator else tag
    return next(
        (r for r in rules if _names(r, told) and _fits(r, short, str(told["keyword"]))), None
    )


def _names(rule: TagRule, told: Mapping[str, object]) -> bool:
    given = {name: getattr(rule, name) for name in told}
    return all(
        wanted == told[name] or (name in ("element", "group") and wanted.upper() == told[name])
        for name, wanted in given.items()
        if wanted is not None
    )


def _fits(rule: TagRule, tag: str, keyword: str) -> bool:
    shape = None if rule.tag is None else rule.tag.lower().replace("x", ".")
    is_tag = shape is None or re.fullmatch(shape, tag.lower()) is not None
    return is_tag and (rule.pattern is None or bool(re.fullmatch(rule.pattern, keyword)))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8").strip(" \0")
    except UnicodeDecodeError:
        return data.decode("latin-1").strip(" \0")
