"""Data elements in bytes (PS3.5 chapter 7): read them into a tree, write one's head.

Working on bytes leaves what is kept as it was, and is faster than making objects.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from pydicom.datadict import dictionary_VR, keyword_for_tag

from pixelscrub.errors import HeldError, Reason

ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
UNDEFINED = 0xFFFFFFFF
MAX_DEPTH = 64
_ITEM_STARTS = frozenset([b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00"])
LONG = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})


class Encoding(NamedTuple):
    """How elements are written: implicit or explicit VR, little or big endian."""

    implicit: bool
    little: bool


IMPLICIT_LITTLE = Encoding(implicit=True, little=True)


class Element(NamedTuple):
    """One element as it stands in the bytes.

    Attributes:
        tag: number.
        vr: value representation as written, or None in implicit VR.
        start, end: where it starts and ends, head and delimiter included.
        at: where its value starts.
        value: its value; for a sequence at the top the bytes that positions inside refer to.
        is_sequence: whether it is a sequence.
        items: the items of a sequence that had to be read to find its end, or None.
        inner: how the items are written.
        undefined: the sequence is ended by a delimiter.
    """

    tag: int
    vr: str | None
    start: int
    at: int
    end: int
    value: bytes
    is_sequence: bool
    items: list[Item] | None
    inner: Encoding
    undefined: bool


class Item(NamedTuple):
    """An item: its elements, how they are written, and whether a delimiter ends it."""

    elements: list[Element]
    how: Encoding
    undefined: bool


_HEADS = {little: struct.Struct(order + "HH2sH") for little, order in ((True, "<"), (False, ">"))}
_LENGTHS = {little: struct.Struct(order + "L") for little, order in ((True, "<"), (False, ">"))}
_SHORT = {
    vr.encode(): vr
    for vr in [
        "AE",
        "AS",
        "AT",
        "CS",
        "DA",
        "DS",
        "DT",
        "FD",
        "FL",
        "IS",
        "LO",
        "LT",
        "PN",
        "SH",
        "SL",
        "SS",
        "ST",
        "TM",
        "UI",
        "UL",
        "US",
    ]
}


def items_of(element: Element, source: bytes, depth: int = 0) -> list[Item]:
    """The items of a sequence that stands in `source`, in `depth` other sequences.

    Raises:
        HeldError: TAGS_FAILED, where they do not add up.
    """
    if element.items is not None:
        return element.items
    return Reader(source).items(element.at, element.end, element.inner, depth + 1)[0]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads elements from `data`; the methods raise HeldError where they do not add up."""

    data: bytes

    def items(self, at: int, stop: int, how: Encoding, depth: int = 0) -> tuple[list[Item], int]:
        """The items of a sequence whose value starts `at`, and where the sequence ends.

        Args:
            at: where its first item starts.
            stop: where its value ends, or `UNDEFINED`.
            how: how its elements are written.
            depth: how many sequences it stands in.
        """
        if depth > MAX_DEPTH:
            raise HeldError(Reason.TAGS_FAILED, "sequences are nested too deep")
        found: list[Item] = []
        while at < stop:
            tag, _, at, length = self._head(at, how)
            if tag == SEQUENCE_END and stop == UNDEFINED:
                return found, at
            if tag != ITEM:
                raise broken()
            undefined = length == UNDEFINED
            written = self._as_written(at, how)
            end = UNDEFINED if undefined else at + length
            elements, at = self.elements(at, end, written, depth)
            found.append(Item(elements, written, undefined))
        return found, self._arrived(at, stop)

    def elements(
        self, at: int, stop: int, how: Encoding, depth: int = 0
    ) -> tuple[list[Element], int]:
        """The elements of a data set that starts `at`, and where it ends; else as `items`."""
        found: list[Element] = []
        while at < stop:
            start = at
            tag, vr, at, length = self._head(start, how)
            if tag == ITEM_END and stop == UNDEFINED:
                return found, at
            undefined = length == UNDEFINED
            end = UNDEFINED if undefined else at + length
            value, items = b"" if undefined else self.data[at:end], None
            nested = undefined or is_sequence(tag, vr, value)
            inner = IMPLICIT_LITTLE if nested and vr == "UN" else how
            if undefined:
                items, end = self.items(at, end, inner, depth + 1)
            found.append(Element(tag, vr, start, at, end, value, nested, items, inner, undefined))
            at = end
        return found, self._arrived(at, stop)

    def _as_written(self, at: int, how: Encoding) -> Encoding:
        """Some writers change to implicit VR inside sequences; two capitals tell a VR."""
        vr = self.data[at + 4 : at + 6]
        is_vr = vr.isalpha() and vr.isupper()
        is_delimiter = self.data[at : at + 2] in {b"\xfe\xff", b"\xff\xfe"}
        return how if is_vr or is_delimiter else Encoding(implicit=True, little=how.little)

    def _head(self, at: int, how: Encoding) -> tuple[int, str | None, int, int]:
        """Tag, VR, where the value starts, and its length."""
        implicit, little = how
        try:
            group, number, code, length = _HEADS[little].unpack_from(self.data, at)
            at, vr = at + 8, None
            if implicit or group == 0xFFFE:
                (length,) = _LENGTHS[little].unpack_from(self.data, at - 4)
            elif (vr := _SHORT.get(code)) is None and (vr := code.decode("ascii")) in LONG:
                (length,) = _LENGTHS[little].unpack_from(self.data, at)
                at += 4
        except (struct.error, UnicodeDecodeError):
            raise broken() from None
        if length != UNDEFINED and at + length > len(self.data):
            raise broken()
        return group << 16 | number, vr, at, length

    @staticmethod
    def _arrived(at: int, stop: int) -> int:
        if at != stop:
            raise broken()
        return at


def broken() -> HeldError:
    """For elements that do not add up."""
    return HeldError(Reason.TAGS_FAILED, "elements do not add up")


@cache
def standard_vr(tag: int) -> str:
    """VR of a standard tag, the first of a choice such as `US or SS`; `UN` where unknown."""
    try:
        return dictionary_VR(tag)[:2]
    except KeyError:
        return "UN"


@cache
def keyword_of(tag: int) -> str:
    """Keyword of a standard tag, empty where unknown."""
    return keyword_for_tag(tag)


def true_vr(tag: int, written: str | None) -> str:
    """VR as written, or that of the dictionary where it is implicit or `UN`."""
    return standard_vr(tag) if written is None or written == "UN" else written


def is_sequence(tag: int, written: str | None, value: bytes) -> bool:
    """Whether an element of defined length is a sequence, also in disguise (PS3.5 6.2.2)."""
    vr = true_vr(tag, written)
    return vr == "SQ" or (vr == "UN" and value[:4] in _ITEM_STARTS)


def head_of(tag: int, vr: str | None, length: int, how: Encoding) -> bytes:
    """Tag, VR and length as they are written before a value of `length` bytes."""
    order = "<" if how.little else ">"
    start = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
    if vr is None:
        return start + struct.pack(f"{order}L", length)
    if vr in LONG:
        return start + vr.encode("ascii") + b"\0\0" + struct.pack(f"{order}L", length)
    return start + vr.encode("ascii") + struct.pack(f"{order}H", length)
