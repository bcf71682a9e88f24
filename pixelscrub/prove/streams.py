"""What a code stream holds besides its frame, by a reader that shares nothing with the steps.

ITU-T T.81 annex B, T.87 annex C, T.800 annex A; PS3.5 annex G; ISO/IEC 18181-2.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Any, Final

LETTERS: Final = 6
DISTINCT: Final = 5
TAIL: Final = re.compile(rb"(?:[\x20-\x7e]\0?){12,}[^\0]{0,2}\Z")
"""Twelve printable bytes before an end marker: chance makes as many once in 100,000 streams."""
TAIL_REACH: Final = 4096
SCAN_END: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
SCAN_END_LS: Final = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")
NEEDED_JPEG: Final = frozenset({*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD, 0xF7, 0xF8}) - {0xC8}
NEEDED_2000: Final = frozenset(
    {0x50, 0x51, 0x52, 0x53, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F, 0x60, 0x61}
)
NEEDED_BOXES: Final = frozenset({b"JXL ", b"ftyp", b"jxll", b"jxlc", b"jxlp"})
MAKERS: Final = re.compile(
    rb"(?i)\W*(created by openjpeg|kakadu|lead technologies|lavc|creator: |"
    rb"jasper|charls|pvrg|intel|file written by adobe)"
)
"""Comments that encoders write by themselves."""


def in_jpeg(stream: bytes) -> Iterator[str]:
    """What a JPEG or JPEG-LS stream holds more than tables, headers and scans."""
    if stream[:2] != b"\xff\xd8":
        yield "no JPEG stream"
        return
    at, is_ls, tables, used = 2, False, set[tuple[int, int]](), set[tuple[int, int]]()
    while stream[at : at + 2] not in (b"\xff\xd9", b""):
        code, length = stream[at + 1], int.from_bytes(stream[at + 2 : at + 4], "big")
        data = stream[at + 4 : at + 2 + length]
        if stream[at] != 0xFF or length < 2:
            yield "bytes between segments"
            return
        if what := _unneeded(code, data):
            yield what
        is_ls |= code == 0xF7
        tables |= _defined(code, data)
        at += 2 + length
        if code == 0xDA:
            used |= _named(data)
            end = (SCAN_END_LS if is_ls else SCAN_END).search(stream, at)
            at = end.start() if end else len(stream)
    if any(kind < 2 and (kind, number) not in used for kind, number in tables):
        yield "tables that no scan uses"
    yield from _behind(stream, at)


def _unneeded(code: int, data: bytes) -> str:
    """What a segment is, where decoding does not need it."""
    if code in NEEDED_JPEG:
        return ""
    colours = {0xE0: (b"JFIF\0", 14), 0xEE: (b"Adobe", 12), 0xE8: (b"mrfx", 5)}
    start, length = colours.get(code, (b"", -1))
    if data.startswith(start) and len(data) == length:
        return ""
    if code == 0xFE:
        return "" if MAKERS.match(data) else "comment"
    return "application segment"


def _defined(code: int, data: bytes) -> set[tuple[int, int]]:
    """Class and number of each Huffman table of a segment: 0 for DC, 1 for AC."""
    found, at = set(), 0
    while code == 0xC4 and at + 17 <= len(data):
        found.add((data[at] >> 4, data[at] & 15))
        at += 17 + sum(data[at + 1 : at + 17])
    return found


def _named(scan: bytes) -> set[tuple[int, int]]:
    """Huffman tables that a scan names."""
    pairs = scan[2 : 1 + 2 * scan[0] : 2] if scan else b""
    return {(0, pair >> 4) for pair in pairs} | {(1, pair & 15) for pair in pairs}


def _behind(stream: bytes, at: int) -> Iterator[str]:
    """What follows an end marker, and text before it."""
    rest = stream[at + 2 :]
    if rest.strip(b"\0") or len(rest) > 1:
        yield "bytes behind the end of the image"
    found = TAIL.search(stream[max(at - TAIL_REACH, 0) : at])
    text = re.findall(rb"[A-Za-z]", found[0]) if found else []
    if len(text) >= LETTERS and len(set(text)) >= DISTINCT:
        yield "text before the end of the image"


def in_jpeg2000(stream: bytes) -> Iterator[str]:
    """What a JPEG 2000 stream holds more than headers and packets."""
    if stream[4:8] == b"jP  ":
        yield "boxes of a JP2 file"
        stream = stream[max(stream.find(b"jp2c") + 4, 0) :]
    at = 2
    while stream[at : at + 2] not in (b"\xff\xd9", b""):
        code, length = struct.unpack(">HH", stream[at : at + 4])
        if code == 0xFF90:
            tile = int.from_bytes(stream[at + 6 : at + 10], "big")
            yield from _in_tile_part(stream[at + 12 : at + tile if tile else None])
            at = at + tile if tile else stream.find(b"\xff\xd9", at)
            continue
        yield from _in_marker(code & 0xFF, stream[at + 4 : at + 2 + length])
        at += 2 + length
    yield from _behind(stream, at)


def _in_tile_part(data: bytes) -> Iterator[str]:
    at = 0
    while data[at : at + 2] not in (b"\xff\x93", b""):
        code, length = struct.unpack(">HH", data[at : at + 4])
        yield from _in_marker(code & 0xFF, data[at + 4 : at + 2 + length])
        at += 2 + length


def _in_marker(code: int, data: bytes) -> Iterator[str]:
    if code not in NEEDED_2000 and not MAKERS.match(data[2:]):
        yield "comment" if code == 0x64 else "marker segment"


def in_jpegxl(stream: bytes) -> Iterator[str]:
    """What a JPEG XL container holds more than code streams."""
    at = 0
    while stream[:2] != b"\xff\x0a" and stream[at:].strip(b"\0"):
        length = int.from_bytes(stream[at : at + 4], "big")
        if stream[at + 4 : at + 8] not in NEEDED_BOXES:
            yield "box"
        if 0 < length < 8:
            yield "box that cannot be followed"
            return
        at = at + length if length else len(stream)
    if TAIL.search(stream[-TAIL_REACH:]):
        yield "text before the end of the image"


def in_rle(stream: bytes, pixels: int, bits: int) -> Iterator[str]:
    """What an RLE frame holds more than its segments."""
    count, *offsets = struct.unpack("<16L", stream[:64])
    if any(offsets[count:]) or offsets[0] != 64:
        yield "RLE header"
    stops = [*offsets[1:count], len(stream)]
    for start, stop in zip(offsets[:count], stops, strict=True):
        if stream[stop - 1] != 128 and _made(stream[start:stop]) in _sizes(pixels, bits):
            continue
        ends = {at for at, made in _runs(stream, start, stop) if made in _sizes(pixels, bits)}
        if not ends:
            yield "RLE segment of another length"
        elif stop - max(ends) > 1 or stream[max(ends) : stop].strip(b"\0"):
            yield "bytes behind an RLE segment"


def _made(segment: bytes) -> int:
    """Bytes that a whole segment makes; -1 where it is not whole."""
    from rle.rle import decode_segment

    try:
        return len(decode_segment(segment))
    except ValueError:
        return -1


def _sizes(pixels: int, bits: int) -> set[int]:
    """Bytes that a segment may stand for."""
    return {pixels} | ({-(-pixels // 8)} if bits == 1 else set())


def _runs(stream: bytes, at: int, stop: int) -> Iterator[tuple[int, int]]:
    """Where each run of an RLE segment ends, and how many bytes are made by then."""
    made = 0
    while at < stop:
        head = stream[at]
        if head != 128:
            made += head + 1 if head < 128 else 257 - head
        at += 1 if head == 128 else head + 2 if head < 128 else 2
        yield at, made


def in_deflated(stream: bytes) -> Iterator[str]:
    """What follows a deflated frame."""
    inflater: Any = zlib.decompressobj(-zlib.MAX_WBITS)
    inflater.decompress(stream)
    if len(inflater.unused_data) > 1 or inflater.unused_data.strip(b"\0"):
        yield "bytes behind a deflated frame"
