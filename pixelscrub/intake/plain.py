"""What a header says in plain ASCII, without a library that makes objects of its elements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO, Final, Protocol

from pixelscrub.dicom.elements import Element, true_vr
from pixelscrub.dicom.parts import parts_of

PLAIN: Final = re.compile(rb"(?:[!-\[\]-~][ -\[\]-~]*)?\0?")
"""Printable ASCII without backslash, nothing in front of it; spaces behind it are padding."""
FORMS: Final = {"UI": re.compile(rb"[0-9.]*\0?"), "IS": re.compile(rb"(?:[1-9][0-9]* *)?")}
"""Forms of single values that need no closer look; of a number zero does, which is as none."""


class Said(Protocol):
    """Anything that gives values by keyword, as pydicom's data sets do."""

    def get(self, keyword: str, default: Any = None, /) -> Any:
        """The value of an element, or `default`."""
        ...


@dataclass(frozen=True, slots=True)
class PlainHeader:
    """Single values in plain ASCII, by tag."""

    values: dict[int, str]

    def get(self, keyword: str, default: Any = None, /) -> Any:
        """The value of an element as text, or `default`."""
        return self.values.get(tag_of(keyword), default)


@cache
def tag_of(keyword: str) -> int:
    """The number of an attribute of the standard."""
    from pydicom.datadict import tag_for_keyword

    return tag_for_keyword(keyword) or 0


def plain_header(file: BinaryIO, keywords: Sequence[str]) -> tuple[Said, Said] | None:
    """File meta information and header of an instance that says what is asked in plain ASCII.

    Args:
        file: written as PS3.5 and PS3.10 say.
        keywords: of the header's elements that are asked for.

    Returns:
        None where anything asks for a closer look: other characters, several values, padding in
        front, a data set that is deflated or not understood.
    """
    parts = parts_of(file)
    if parts is None:
        return None
    wanted = frozenset(map(tag_of, keywords))
    values = _plain_values(e for e in parts.header.pieces[0][1] if e.tag in wanted)
    if values is None or tag_of("SOPClassUID") not in values:
        return None
    return PlainHeader({tag_of("TransferSyntaxUID"): parts.syntax}), PlainHeader(values)


def _plain_values(elements: Iterable[Element]) -> dict[int, str] | None:
    found = {}
    for element in elements:
        vr, value = true_vr(element.tag, element.vr), element.value
        if element.is_sequence or not FORMS.get(vr, PLAIN).fullmatch(value):
            return None
        found[element.tag] = value.decode("ascii").rstrip(" \0")
    return found
