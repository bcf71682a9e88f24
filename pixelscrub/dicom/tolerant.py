"""Data sets that are not written as PS3.5 says, read as far as they have one meaning.

Each element is taken as explicit or implicit VR by what stands there. Sequences are read whatever
VR they are given, also `UN`; what ends too early or follows at the end is left out.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Final

from pydicom.datadict import dictionary_VR

from pixelscrub.dicom.constants import (
    ITEM,
    ITEM_END,
    LONG,
    PIXEL_TAGS,
    SEQUENCE_END,
    SHORT,
    UNDEFINED,
)
from pixelscrub.dicom.elements import standard_vr
from pixelscrub.errors import HeldError, Reason

MOST_ELEMENTS: Final = 300_000
"""Elements of one file that are read in this way; more are not believed."""
MAX_DEPTH: Final = 64
_BULK: Final = frozenset({"OB", "OW"})
_VRS: Final = {vr.encode(): vr for vr in SHORT | LONG}
_LITTLE_ITEM, _BIG_ITEM = b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00"


class NeedsMoreError(Exception):
    """The data set goes on behind the bytes that were given."""


@dataclass(slots=True)
class Node:
    """One element.

    Attributes:
        tag: number.
        vr: as written, `UN` and all; None in implicit VR.
        value: bytes, where it is no sequence.
        items: elements of each item, where it is one.
        little: whether numbers in it are little endian.
    """

    tag: int
    vr: str | None
    value: bytes = b""
    items: list[list[Node]] | None = None
    little: bool = True


@dataclass(slots=True)
class ElementHead:
    """Tag, VR, length and the place of the value of an element."""

    tag: int
    vr: str | None
    length: int
    at: int


@cache
def _vrs_of(tag: int) -> frozenset[str]:
    """VRs that the dictionary gives a tag, and `UN` for pixel data."""
    with suppress(KeyError):
        return frozenset(dictionary_VR(tag).split(" or ")) | (
            {"UN"} if tag in PIXEL_TAGS else set()
        )
    return frozenset()


@dataclass(slots=True)
class TolerantReader:
    """Reads a data set from the bytes of a file.

    Attributes:
        data: the beginning of the file, or all of it.
        is_whole: whether it is all of it.
        implicit: how elements are taken where they can be read either way.
        count: elements that were read.
    """

    data: bytes
    is_whole: bool = True
    implicit: bool = False
    count: int = 0

    def top(self, at: int, little: bool) -> tuple[list[Node], ElementHead | None, int]:
        """Elements from `at` on, to the pixel data or the end.

        Returns:
            The elements; the head of the pixel data, if there are any; where reading ended.

        Raises:
            NeedsMoreError: the bytes end before that.
            HeldError: DAMAGED_FILE, where the file ends inside an element.
        """
        found: list[Node] = []
        stop = len(self.data)
        while at < stop:
            if not self.data[at : at + 4096].strip(b"\0") and not self.data[at:].strip(b"\0"):
                self._want_whole()
                return found, None, stop  # a tail of zeros
            head = self.head(at, stop, little)
            if head is None:
                self._want_whole()
                return found, None, at
            if head.tag in PIXEL_TAGS:
                return found, head, at
            if head.tag >> 16 == 0xFFFE:  # a delimiter that nothing has begun
                at = head.at
                continue
            node, at = self._node(head, stop, little, 0)
            if node is not None:
                found.append(node)
        self._want_whole()
        return found, None, at

    def has_vr(self, at: int) -> bool:
        """Whether a VR is in the head of the element that starts `at`."""
        return self.data[at + 4 : at + 6] in _VRS

    def _want_whole(self) -> None:
        if not self.is_whole:
            raise NeedsMoreError

    def head(self, at: int, stop: int, little: bool) -> ElementHead | None:
        """The head of the element that starts `at`; None where there is none.

        A VR that is the dictionary's is one; else what can be either is taken as the transfer
        syntax says, where the value then ends in what there is.
        """
        order = "<" if little else ">"
        if at + 8 > stop:
            return None
        group, number = struct.unpack_from(order + "HH", self.data, at)
        tag = group << 16 | number
        (length,) = struct.unpack_from(order + "L", self.data, at + 4)
        implicit = ElementHead(tag, None, length, at + 8)
        if group == 0xFFFE:
            return implicit
        explicit = self._explicit(tag, at, stop, order)
        is_named = explicit is not None and explicit.vr in _vrs_of(tag)
        is_first = self.implicit and not is_named
        choices = (implicit, explicit) if is_first else (explicit, implicit)
        fitting = [head for head in choices if head is not None and self._fits(head, stop)]
        return fitting[0] if fitting else explicit

    def _explicit(self, tag: int, at: int, stop: int, order: str) -> ElementHead | None:
        vr = _VRS.get(self.data[at + 4 : at + 6])
        if vr is None:
            return None
        if vr not in LONG:
            (length,) = struct.unpack_from(order + "H", self.data, at + 6)
            return ElementHead(tag, vr, length, at + 8)
        if at + 12 > stop:
            return None
        (length,) = struct.unpack_from(order + "L", self.data, at + 8)
        return ElementHead(tag, vr, length, at + 12)

    def _fits(self, head: ElementHead, stop: int) -> bool:
        """Whether the value ends inside what there is; pixel data may be beyond what was read."""
        return head.length == UNDEFINED or head.at + head.length <= stop or head.tag in PIXEL_TAGS

    def _node(
        self, head: ElementHead, stop: int, little: bool, depth: int
    ) -> tuple[Node | None, int]:
        """The element, None where it can be no one's, and where the next one starts."""
        self.count += 1
        if self.count > MOST_ELEMENTS:
            raise HeldError(Reason.DAMAGED_FILE, "more elements than are believed")
        if head.length == UNDEFINED:
            return self._endless(head, stop, depth)
        end = head.at + head.length
        if end > stop:
            self._want_whole()
            raise HeldError(Reason.DAMAGED_FILE, "file ends inside an element")
        value = self.data[head.at : end]
        if not self._is_sequence(head, value):
            return Node(head.tag, head.vr, value, little=little), end
        try:
            items, _ = self._items(head.at, end, depth + 1)
        except HeldError:
            if head.vr in {None, "UN"} and standard_vr(head.tag) != "SQ":
                return Node(head.tag, head.vr, value, little=little), end
            if not head.tag & 0x10000:  # a standard one is missed
                raise
            return None, end
        return Node(head.tag, "SQ", items=items), end

    def _endless(self, head: ElementHead, stop: int, depth: int) -> tuple[Node | None, int]:
        """A sequence that a delimiter ends; fragments of a picture in an item are left out."""
        if head.vr in _BULK or head.tag in PIXEL_TAGS:
            return None, self._behind_fragments(head.at, stop)
        items, end = self._items(head.at, stop, depth + 1, to_delimiter=True)
        return Node(head.tag, "SQ", items=items), end

    def _behind_fragments(self, at: int, stop: int) -> int:
        while at + 8 <= stop:
            group, number, length = struct.unpack_from("<HHL", self.data, at)
            at += 8
            if group << 16 | number == SEQUENCE_END:
                return at
            at += length if group << 16 | number == ITEM else stop
        raise HeldError(Reason.DAMAGED_FILE, "fragments have no end")

    def _is_sequence(self, head: ElementHead, value: bytes) -> bool:
        if head.vr == "SQ":
            return True
        if head.vr not in {None, "UN"}:
            return False
        known = standard_vr(head.tag)
        return known == "SQ" or (known == "UN" and value[:4] in {_LITTLE_ITEM, _BIG_ITEM})

    def _items(
        self, at: int, stop: int, depth: int, *, to_delimiter: bool = False
    ) -> tuple[list[list[Node]], int]:
        if depth > MAX_DEPTH:
            raise HeldError(Reason.DAMAGED_FILE, "sequences are nested too deep")
        items: list[list[Node]] = []
        while at + 8 <= stop:
            little = self.data[at : at + 2] == _LITTLE_ITEM[:2]
            head = self.head(at, stop, little)
            if head is None or head.tag >> 16 != 0xFFFE:
                if to_delimiter:  # the delimiter is missing: an element goes on outside
                    return items, at
                raise HeldError(Reason.DAMAGED_FILE, "no item where one is expected")
            at = head.at
            if head.tag == SEQUENCE_END and to_delimiter:
                return items, at
            if head.tag == ITEM:
                nodes, at = self._item(head, stop, little, depth)
                items.append(nodes)
        if to_delimiter:
            self._want_whole()
        return items, stop

    def _item(
        self, head: ElementHead, stop: int, little: bool, depth: int
    ) -> tuple[list[Node], int]:
        is_open = head.length == UNDEFINED
        end = stop if is_open else min(head.at + head.length, stop)
        nodes: list[Node] = []
        at = head.at
        while at < end:
            inner = self.head(at, end, little)
            if inner is None:
                if is_open:
                    self._want_whole()
                return nodes, end
            if inner.tag == ITEM_END:
                at = inner.at
                if is_open:
                    return nodes, at
                continue
            if inner.tag >> 16 == 0xFFFE:  # the next item, or the end of the sequence
                return nodes, at
            node, at = self._node(inner, end, little, depth)
            if node is not None:
                nodes.append(node)
        return nodes, end
