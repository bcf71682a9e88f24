"""Data elements in bytes (PS3.5 chapter 7): read them into a tree, write one's head.

Working on bytes leaves what is kept as it was, and is faster than making objects.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from pydicom.datadict import dictionary_VR

from pixelscrub.errors import HeldError, Reason

ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
UNDEFINED = 0xFFFFFFFF
MAX_DEPTH = 64
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
        value: its value; for a sequence empty, but at the top the bytes of its items, which
            `start` and `end` of what is inside refer to.
        items: the items of a sequence, or None.
        inner: how the items are written.
        undefined: the sequence is ended by a delimiter.
    """

    tag: int
    vr: str | None
    start: int
    end: int
    value: bytes
    items: list[Item] | None
    inner: Encoding
    undefined: bool


class Item(NamedTuple):
    """An item: its elements, how they are written, and whether a delimiter ends it."""

    elements: list[Element]
    how: Encoding
    undefined: bool


class _Head(NamedTuple):
    tag: int
    vr: str | None
    value: int
    length: int


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
            head = self._head(at, how)
            if head.tag == SEQUENCE_END and stop == UNDEFINED:
                return found, head.value
            if head.tag != ITEM:
                raise broken()
            undefined = head.length == UNDEFINED
            end = UNDEFINED if undefined else head.value + head.length
            written = self._as_written(head.value, how)
            elements, at = self.elements(head.value, end, written, depth)
            found.append(Item(elements, written, undefined))
        return found, self._arrived(at, stop)

    def elements(
        self, at: int, stop: int, how: Encoding, depth: int = 0
    ) -> tuple[list[Element], int]:
        """The elements of a data set that starts `at`, and where it ends; else as `items`."""
        found: list[Element] = []
        while at < stop:
            head = self._head(at, how)
            if head.tag == ITEM_END and stop == UNDEFINED:
                return found, head.value
            element = self._element(head, at, how, depth)
            found.append(element)
            at = element.end
        return found, self._arrived(at, stop)

    def _as_written(self, at: int, how: Encoding) -> Encoding:
        """Some writers change to implicit VR inside sequences; two capitals tell a VR."""
        vr = self.data[at + 4 : at + 6]
        is_vr = vr.isalpha() and vr.isupper()
        is_delimiter = self.data[at : at + 2] in {b"\xfe\xff", b"\xff\xfe"}
        return how if is_vr or is_delimiter else Encoding(implicit=True, little=how.little)

    def _element(self, head: _Head, start: int, how: Encoding, depth: int) -> Element:
        undefined = head.length == UNDEFINED
        end = UNDEFINED if undefined else head.value + head.length
        value = b"" if undefined else self.data[head.value : end]
        inner = IMPLICIT_LITTLE if head.vr == "UN" else how
        if not undefined and not is_sequence(head.tag, head.vr, value):
            return Element(head.tag, head.vr, start, end, value, None, how, undefined=False)
        items, end = self.items(head.value, end, inner, depth + 1)
        return Element(head.tag, head.vr, start, end, b"", items, inner, undefined)

    def _head(self, at: int, how: Encoding) -> _Head:
        order = "<" if how.little else ">"
        try:
            group, number, vr, short = struct.unpack_from(f"{order}HH2sH", self.data, at)
            tag, at, code = group << 16 | number, at + 8, None
            if how.implicit or group == 0xFFFE:
                (length,) = struct.unpack_from(f"{order}L", self.data, at - 4)
            elif (code := vr.decode("ascii")) in LONG:
                (length,) = struct.unpack_from(f"{order}L", self.data, at)
                at += 4
            else:
                length = short
        except (struct.error, UnicodeDecodeError):
            raise broken() from None
        if length != UNDEFINED and at + length > len(self.data):
            raise broken()
        return _Head(tag, code, at, length)

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


def true_vr(tag: int, written: str | None) -> str:
    """VR as written, or that of the dictionary where it is implicit or `UN`."""
    return standard_vr(tag) if written is None or written == "UN" else written


def is_sequence(tag: int, written: str | None, value: bytes) -> bool:
    """Whether an element of defined length is a sequence, also in disguise (PS3.5 6.2.2)."""
    vr = true_vr(tag, written)
    starts_as_item = value[:4] in {b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00"}
    return vr == "SQ" or (vr == "UN" and starts_as_item)


def head_of(tag: int, vr: str | None, length: int, how: Encoding) -> bytes:
    """Tag, VR and length as they are written before a value of `length` bytes."""
    order = "<" if how.little else ">"
    start = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
    if vr is None:
        return start + struct.pack(f"{order}L", length)
    if vr in LONG:
        return start + vr.encode("ascii") + b"\0\0" + struct.pack(f"{order}L", length)
    return start + vr.encode("ascii") + struct.pack(f"{order}H", length)
