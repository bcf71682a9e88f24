"""Is a file written as it says? A strict reader of PS3.5 section 7 and PS3.10 section 7.

It forgives nothing: each element is to be in the encoding that the transfer syntax names, in the
order of tags, of even length, with a VR of PS3.5 6.2, at every depth.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pixelscrub.prove.parsed import Parsed, Span

SHORT: Final = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO"}
    | {b"LT", b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
)
LONG: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
UNDEFINED: Final = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
IMPLICIT, BIG_ENDIAN = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
DEEPEST: Final = 100
HEADER_LIMIT: Final = 2**28
UIDS: Final = (("MediaStorageSOPClassUID", "SOPClassUID"),
               ("MediaStorageSOPInstanceUID", "SOPInstanceUID"))  # fmt: skip


class MalformedError(Exception):
    """An element is not as the transfer syntax says."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How elements are written."""

    implicit: bool
    order: str


def malformed(parsed: Parsed) -> Iterator[str]:
    """What is not written as the file says: a few words each, without values."""
    meta = parsed.header.file_meta
    syntax = str(meta.get("TransferSyntaxUID") or "")
    yield from _in_meta(parsed)
    way = _Way(syntax == IMPLICIT, ">" if syntax == BIG_ENDIAN else "<")
    start = _data_set_start(parsed)
    pixels = parsed.pixels
    try:
        stop = parsed.rest.end if pixels is None else _pixel_tag(parsed, pixels, way)
        _elements(_Bytes(parsed.read(Span(start, min(stop, start + HEADER_LIMIT)))), way)
        if pixels is not None:
            end = pixels.end + (8 if parsed.fragments else 0)
            _elements(_Bytes(parsed.read(Span(end, parsed.rest.end))), way)
    except (MalformedError, struct.error) as error:
        yield f"data set: {error}" if isinstance(error, MalformedError) else "data set is cut"


def _in_meta(parsed: Parsed) -> Iterator[str]:
    meta = parsed.header.file_meta
    for keyword, own in UIDS:
        if str(meta.get(keyword, "")) != str(parsed.header.get(own, "")):
            yield f"file meta: {keyword}"
    parsed.file.seek(128)
    start = parsed.file.read(16)
    if start[:12] != b"DICM\2\0\0\0UL\4\0":
        yield "file meta: group length"


def _data_set_start(parsed: Parsed) -> int:
    """Where the data set starts, by the length of the file meta information."""
    parsed.file.seek(140)
    return 144 + int.from_bytes(parsed.file.read(4), "little")


def _pixel_tag(parsed: Parsed, pixels: Span, way: _Way) -> int:
    """Where the pixel data element starts, whose value starts at `pixels`."""
    start = pixels.start - (8 if way.implicit else 12)
    parsed.file.seek(start)
    (group,) = struct.unpack(way.order + "H", parsed.file.read(2))
    if group != 0x7FE0:
        raise MalformedError("head of the pixel data")
    return start


class _Bytes:
    """Bytes that are read from front to back."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def unpack(self, form: str) -> tuple[int, ...]:
        found = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return found

    @property
    def is_over(self) -> bool:
        return self.at >= len(self.data)


def _head(data: _Bytes, way: _Way) -> tuple[int, bytes, int]:
    """Tag, VR and length of the next element."""
    group, number = data.unpack(way.order + "HH")
    tag = group << 16 | number
    if way.implicit or group == 0xFFFE:
        return tag, b"", data.unpack(way.order + "L")[0]
    vr = data.data[data.at : data.at + 2]
    data.at += 2
    if vr in LONG:
        if data.unpack("<H")[0]:
            raise MalformedError("reserved bytes")
        return tag, vr, data.unpack(way.order + "L")[0]
    if vr not in SHORT:
        raise MalformedError("no VR where one is to be")
    return tag, vr, data.unpack(way.order + "H")[0]


def _elements(data: _Bytes, way: _Way, depth: int = 0, *, to_delimiter: bool = False) -> None:
    """Elements to the end of the bytes, or to a delimiter."""
    if depth > DEEPEST:
        raise MalformedError("nested too deep")
    last = -1
    while not data.is_over:
        tag, vr, length = _head(data, way)
        if to_delimiter and tag == ITEM_END:
            return
        if tag <= last or tag >> 16 == 0xFFFE:
            raise MalformedError("tags are not in order")
        last = tag
        if length == UNDEFINED:
            inner = _Way(implicit=True, order="<") if vr == b"UN" else way
            _items(data, inner, depth, to_delimiter=True)
            continue
        value = _value(data, length)
        if vr == b"SQ":
            _items(_Bytes(value), way, depth)
    if to_delimiter:
        raise MalformedError("delimiter is missing")


def _items(data: _Bytes, way: _Way, depth: int, *, to_delimiter: bool = False) -> None:
    while not data.is_over:
        tag, _, length = _head(data, way)
        if to_delimiter and tag == SEQUENCE_END:
            return
        if tag != ITEM:
            raise MalformedError("no item where one is to be")
        if length == UNDEFINED:
            _elements(data, way, depth + 1, to_delimiter=True)
        else:
            _elements(_Bytes(_value(data, length)), way, depth + 1)
    if to_delimiter:
        raise MalformedError("delimiter is missing")


def _value(data: _Bytes, length: int) -> bytes:
    if length % 2:
        raise MalformedError("odd length")
    if data.at + length > len(data.data):
        raise MalformedError("length beyond the end")
    value = data.data[data.at : data.at + length]
    data.at += length
    return value
