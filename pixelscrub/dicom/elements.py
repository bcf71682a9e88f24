"""Data elements in bytes (PS3.5 chapter 7): read them into a tree, write one's head.

Working on bytes leaves what is kept as it was, and is faster than making objects.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple, Self

from pydicom.datadict import dictionary_VR, keyword_for_tag

from pixelscrub.dicom.constants import (
    EXPLICIT_BIG_UID,
    IMPLICIT_LITTLE_UID,
    ITEM,
    ITEM_END,
    LONG,
    SEQUENCE_END,
    SHORT,
    UNDEFINED,
)
from pixelscrub.errors import HeldError, Reason

MAX_DEPTH = 64
_ITEM_STARTS = frozenset([b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00"])


class Encoding(NamedTuple):
    """How elements are written: implicit or explicit VR, little or big endian."""

    implicit: bool
    little: bool

    @classmethod
    def of_syntax(cls, uid: str) -> Self:
        """How data sets of a transfer syntax are written: all but two are as one."""
        return cls(uid == IMPLICIT_LITTLE_UID, uid != EXPLICIT_BIG_UID)


IMPLICIT_LITTLE = Encoding(implicit=True, little=True)
EXPLICIT_LITTLE = Encoding(implicit=False, little=True)


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


_new = tuple.__new__
"""Makes a named tuple without the detour over its class: there are many elements."""
_ORDERS = ((True, "<"), (False, ">"))
_HEADS = {little: struct.Struct(order + "HH2sH").unpack_from for little, order in _ORDERS}
_LENGTHS = {little: struct.Struct(order + "L").unpack_from for little, order in _ORDERS}
_SHORT = {vr.encode(): vr for vr in SHORT}


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
            tag, _, at, length = self.head(at, how)
            if tag == SEQUENCE_END and stop == UNDEFINED:
                return found, at
            if tag != ITEM:
                raise broken()
            undefined = length == UNDEFINED
            written = self._as_written(at, how)
            end = UNDEFINED if undefined else self._within(at, length)
            elements, at = self.elements(at, end, written, depth)
            found.append(Item(elements, written, undefined))
        return found, self._arrived(at, stop)

    def elements(
        self, at: int, stop: int, how: Encoding, depth: int = 0, before: int = 1 << 32
    ) -> tuple[list[Element], int]:
        """The elements of a data set that starts `at`, and where it ends; else as `items`.

        The first element whose tag is not `before` ends it as well.
        """
        found: list[Element] = []
        data, size, unpack = self.data, len(self.data), _HEADS[how.little]
        while at < stop:
            start = at
            if at + 8 > size:
                raise broken()
            group, number, code, length = unpack(data, at)
            vr = None if how.implicit else _SHORT.get(code)
            if vr is None:
                tag, vr, at, length = self.head(start, how)
            else:
                tag, at = group << 16 | number, at + 8
            if tag >= before:
                return found, start
            if length == UNDEFINED:
                element = self._endless(tag, vr, start, at, how, depth)
            elif tag == ITEM_END and stop == UNDEFINED:
                return found, at
            elif (end := at + length) > size:
                raise broken()
            else:
                value = data[at:end]
                nested = vr not in SHORT and is_sequence(tag, vr, value)
                inner = IMPLICIT_LITTLE if nested and vr == "UN" else how
                element = _new(
                    Element, (tag, vr, start, at, end, value, nested, None, inner, False)
                )
            found.append(element)
            at = element.end
        return found, self._arrived(at, stop)

    def _endless(
        self, tag: int, vr: str | None, start: int, at: int, how: Encoding, depth: int
    ) -> Element:
        """A sequence that a delimiter ends."""
        inner = IMPLICIT_LITTLE if vr == "UN" else how
        items, end = self.items(at, UNDEFINED, inner, depth + 1)
        return Element(tag, vr, start, at, end, b"", True, items, inner, True)

    def _as_written(self, at: int, how: Encoding) -> Encoding:
        """Some writers change to implicit VR inside sequences; two capitals tell a VR."""
        vr = self.data[at + 4 : at + 6]
        if vr in _SHORT or (vr.isalpha() and vr.isupper()):
            return how
        is_delimiter = self.data[at : at + 2] in {b"\xfe\xff", b"\xff\xfe"}
        return how if is_delimiter else Encoding(implicit=True, little=how.little)

    def head(self, at: int, how: Encoding) -> tuple[int, str | None, int, int]:
        """Tag, VR, where the value starts, and its length, of the element that starts `at`."""
        implicit, little = how
        try:
            group, number, code, length = _HEADS[little](self.data, at)
            vr = _SHORT.get(code)
            if implicit or group == 0xFFFE:
                (length,) = _LENGTHS[little](self.data, at + 4)
                vr = None
            elif vr is None and (vr := code.decode("ascii")) in LONG:
                (length,) = _LENGTHS[little](self.data, at + 8)
                return group << 16 | number, vr, at + 12, length
        except (struct.error, UnicodeDecodeError):
            raise broken() from None
        return group << 16 | number, vr, at + 8, length

    def _within(self, at: int, length: int) -> int:
        """Where a value of `length` bytes ends."""
        if at + length > len(self.data):
            raise broken()
        return at + length

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
    start, pack = _start_of(tag, vr, how)
    return start + pack(length)


@lru_cache(maxsize=4096)
def _start_of(tag: int, vr: str | None, how: Encoding) -> tuple[bytes, Callable[[int], bytes]]:
    """What stands before the length, and what writes that."""
    order = "<" if how.little else ">"
    start = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
    if vr is None:
        return start, struct.Struct(f"{order}L").pack
    if vr in LONG:
        return start + vr.encode("ascii") + b"\0\0", struct.Struct(f"{order}L").pack
    return start + vr.encode("ascii"), struct.Struct(f"{order}H").pack
