"""Elements as PS3.5 section 7 has them, by a reader that forgives nothing.

Each element is to be in the encoding that the transfer syntax names, in the order of tags, of even
length, with a VR of PS3.5 6.2, at every depth.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

SHORT: Final = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO"}
    | {b"LT", b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
)
LONG: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
UNDEFINED: Final = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
DEEPEST: Final = 100


class MalformedError(Exception):
    """An element is not as the transfer syntax says."""


class Way(NamedTuple):
    """How elements are written; `order` as in `struct`."""

    implicit: bool
    order: str


class StrictElement(NamedTuple):
    """An element: where it starts, where its value does, and where it ends."""

    tag: int
    vr: bytes
    start: int
    at: int
    end: int


Unpack = Callable[[bytes, int], tuple[Any, ...]]
_HEADS: Final[dict[str, Unpack]] = {o: struct.Struct(o + "HH2sH").unpack_from for o in "<>"}
_LENGTHS: Final[dict[str, Unpack]] = {o: struct.Struct(o + "L").unpack_from for o in "<>"}


def elements(
    data: bytes, at: int, stop: int, way: Way, depth: int = 0, *, is_open: bool = False
) -> Iterator[StrictElement]:
    """The elements from `at` to `stop`, or to the delimiter of their item.

    Args:
        data: bytes of a data set.
        at: where its first element starts.
        stop: where it ends at the latest.
        way: how it is written.
        depth: how many sequences it stands in.
        is_open: a delimiter ends it, which is given as the last element.

    Raises:
        MalformedError: an element is not as `way` says.
    """
    if depth > DEEPEST:
        raise MalformedError("nested too deep")
    last = -1
    while at < stop:
        tag, vr, value, length = _head(data, at, stop, way)
        if is_open and tag == ITEM_END:
            yield StrictElement(tag, vr, at, value, value)
            return
        if tag <= last or tag >> 16 == 0xFFFE:
            raise MalformedError("tags are not in order")
        last = tag
        if length == UNDEFINED:
            end = _end_of_items(data, value, stop, _inside(vr, way), depth, is_open=True)
        else:
            end = _end_of(value, length, stop)
            if vr == b"SQ":
                _end_of_items(data, value, end, way, depth)
        yield StrictElement(tag, vr, at, value, end)
        at = end
    if is_open:
        raise MalformedError("delimiter is missing")


def items(
    data: bytes, element: StrictElement, way: Way, depth: int = 0
) -> Iterator[list[StrictElement]]:
    """The elements of each item of a sequence.

    Raises:
        MalformedError: as of `elements`.
    """
    inner, at = _inside(element.vr, way), element.at
    while at < element.end:
        tag, _, value, length = _head(data, at, element.end, inner)
        if tag == SEQUENCE_END:
            return
        if tag != ITEM:
            raise MalformedError("no item where one is to be")
        is_open = length == UNDEFINED
        stop = element.end if is_open else _end_of(value, length, element.end)
        found = list(elements(data, value, stop, inner, depth + 1, is_open=is_open))
        at = found.pop().end if is_open else stop
        yield found


def _inside(vr: bytes, way: Way) -> Way:
    """How the items of a sequence are written: those in UN are implicit (PS3.5 6.2.2)."""
    return Way(implicit=True, order="<") if vr == b"UN" else way


def _head(data: bytes, at: int, stop: int, way: Way) -> tuple[int, bytes, int, int]:
    """Tag and VR of the next element, where its value starts, and its length."""
    if at + 8 > stop:
        raise MalformedError("is cut")
    group, number, vr, length = _HEADS[way.order](data, at)
    tag = group << 16 | number
    if way.implicit or group == 0xFFFE:
        return tag, b"", at + 8, _LENGTHS[way.order](data, at + 4)[0]
    if vr in SHORT:
        return tag, vr, at + 8, length
    if vr not in LONG:
        raise MalformedError("no VR where one is to be")
    if length:
        raise MalformedError("reserved bytes")
    if at + 12 > stop:
        raise MalformedError("is cut")
    return tag, vr, at + 12, _LENGTHS[way.order](data, at + 8)[0]


def _end_of(at: int, length: int, stop: int) -> int:
    if length % 2:
        raise MalformedError("odd length")
    if at + length > stop:
        raise MalformedError("length beyond the end")
    return at + length


def _end_of_items(
    data: bytes, at: int, stop: int, way: Way, depth: int, *, is_open: bool = False
) -> int:
    """Where a sequence ends, after all that is in it was read."""
    while at < stop:
        tag, _, value, length = _head(data, at, stop, way)
        if is_open and tag == SEQUENCE_END:
            return value
        if tag != ITEM:
            raise MalformedError("no item where one is to be")
        at = value
        is_open_item = length == UNDEFINED
        end = stop if is_open_item else _end_of(value, length, stop)
        for element in elements(data, at, end, way, depth + 1, is_open=is_open_item):
            at = element.end
        at = at if is_open_item else end
    if is_open:
        raise MalformedError("delimiter is missing")
    return at
