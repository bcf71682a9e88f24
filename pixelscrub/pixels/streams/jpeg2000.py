"""JPEG 2000 and HTJ2K streams reduced to what decoding needs (ITU-T T.800 annexes A and I).

Packets are kept byte for byte. Comments, boxes around the code stream, component registration,
length tables that do not add up, and whatever follows the end are left out; lengths of tile parts
and tables of them are made anew where that changes them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pixelscrub.errors import HeldError, Reason
from pixelscrub.pixels.codestream import unboxed

SIZ, CAP, PRF, CPF = 0xFF51, 0xFF50, 0xFF56, 0xFF59
COD, COC, RGN, QCD, QCC, POC = 0xFF52, 0xFF53, 0xFF5E, 0xFF5C, 0xFF5D, 0xFF5F
TLM, PLM, PLT, PPM, PPT = 0xFF55, 0xFF57, 0xFF58, 0xFF60, 0xFF61
CRG, COM = 0xFF63, 0xFF64
SOT, SOD, EOC = 0xFF90, 0xFF93, 0xFFD9
NEEDED: Final = frozenset({SIZ, CAP, PRF, CPF, COD, COC, RGN, QCD, QCC, POC, PPM, PPT})
DROPPED: Final = frozenset({COM, CRG, PLM})
_SOT_LENGTH: Final = 12
_FOREIGN: Final = re.compile(rb"\xff[\x90\x93-\xff]").search
"""Markers that cannot stand among packets (T.800 B.10.1); those of packets themselves may."""


@dataclass(slots=True)
class _TilePart:
    """A tile part: index, number, count of parts, its other segments, and its packets.

    `is_open` says that its length is not given: it reaches to the end marker.
    """

    is_open: bool
    tile: int
    number: int
    parts: int
    segments: list[tuple[int, bytes]]
    packets: bytes

    def header(self) -> bytes:
        """Segments between SOT and SOD that decoding needs, or that add up."""
        tables = [data for code, data in self.segments if code == PLT]
        keeps_lengths = bool(tables) and _packet_bytes(tables) == len(self.packets)
        kept = [
            _segment(code, data)
            for code, data in self.segments
            if code in NEEDED or (code == PLT and keeps_lengths)
        ]
        return b"".join(kept)


def essential_jpeg2000(stream: bytes) -> bytes:
    """A JPEG 2000 code stream without anything that decoding does not need.

    Args:
        stream: the code stream of one frame, or a JP2 file that holds one; padding included.

    Returns:
        The bare code stream from SOC to EOC; as it was where it held nothing else.

    Raises:
        HeldError: DECODE_FAILED or TRUNCATED_PIXEL_DATA, where markers do not add up;
            CODESTREAM_MISMATCH, where a JP2 file has a palette.
    """
    bare = _unboxed(stream)
    if bare[:4] != b"\xff\x4f\xff\x51":
        raise _broken("no JPEG 2000 code stream")
    main, at = _header(bare, 2, (SOT,))
    parts = list(_tile_parts(bare, at))
    if not parts:
        raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "no tile part")
    written = [(part, part.header()) for part in parts]
    lengths = [_SOT_LENGTH + len(head) + 2 + len(part.packets) for part, head in written]
    pieces = [b"\xff\x4f", _main(main, parts, lengths)]
    for (part, head), length in zip(written, lengths, strict=True):
        told = 0 if part.is_open else length
        start = struct.pack(">HHHLBB", SOT, 10, part.tile, told, part.number, part.parts)
        pieces += [start, head, b"\xff\x93", part.packets]
    return b"".join([*pieces, b"\xff\xd9"])


def with_last_length(stream: bytes) -> bytes:
    """The stream after its last tile part was shortened: the length is what is there.

    Args:
        stream: a bare code stream that ends with EOC.
    """
    _, at = _header(stream, 2, (SOT,))
    last, end = at, len(stream) - 2
    while at < end:
        last = at
        length = int.from_bytes(stream[at + 6 : at + 10], "big")
        if not length:
            return stream
        at += length
    return stream[: last + 6] + (end - last).to_bytes(4, "big") + stream[last + 10 :]


def _unboxed(stream: bytes) -> bytes:
    bare = unboxed(stream)
    if bare is not stream and b"pclr" in stream[: len(stream) - len(bare)]:
        raise HeldError(Reason.CODESTREAM_MISMATCH, "colours are in a palette of the JP2 file")
    return bare


def _header(stream: bytes, at: int, stops: tuple[int, ...]) -> tuple[list[tuple[int, bytes]], int]:
    """Marker segments from `at` to before a marker of `stops`."""
    found: list[tuple[int, bytes]] = []
    while True:
        if at + 4 > len(stream):
            raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "code stream is cut")
        code, length = struct.unpack(">HH", stream[at : at + 4])
        if code in stops:
            return found, at
        data = stream[at + 4 : at + 2 + length]
        if length < 2 or len(data) != length - 2 or code not in NEEDED | DROPPED | {TLM, PLT}:
            raise _broken("marker segment is cut or of an unknown kind")
        found.append((code, data))
        at += 2 + length


def _tile_parts(stream: bytes, at: int) -> Iterator[_TilePart]:
    while stream[at : at + 2] != b"\xff\xd9":
        if stream[at : at + 2] == b"" or not stream[at:].rstrip(b"\0"):
            return  # some writers leave the end marker out
        if len(stream) < at + _SOT_LENGTH:
            raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "tile part is cut")
        code, size, tile, length, number, parts = struct.unpack(
            ">HHHLBB", stream[at : at + _SOT_LENGTH]
        )
        if code != SOT or size != _SOT_LENGTH - 2:
            raise _broken("tile part expected")
        segments, start = _header(stream, at + _SOT_LENGTH, (SOD,))
        end = at + length if length else _end(stream, start)
        if not start + 2 <= end <= len(stream):
            raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "tile part is cut")
        packets = stream[start + 2 : end]
        if _FOREIGN(packets):
            raise _broken("marker among packets")
        yield _TilePart(not length, tile, number, parts, segments, packets)
        at = end


def _end(stream: bytes, start: int) -> int:
    """Where a tile part ends whose length is not given: before the end marker."""
    end = stream.find(b"\xff\xd9", start)
    return end if end > 0 else len(stream)


def _main(main: list[tuple[int, bytes]], parts: list[_TilePart], lengths: list[int]) -> bytes:
    """The main header; a table of tile-part lengths is made anew where there was one."""
    kept: list[bytes] = []
    has_table = False
    for code, data in main:
        if code == TLM and not has_table:
            kept.append(_lengths_table(parts, lengths, data))
            has_table = True
        elif code in NEEDED:
            kept.append(_segment(code, data))
    return b"".join(kept)


def _lengths_table(parts: list[_TilePart], lengths: list[int], old: bytes) -> bytes:
    """A TLM segment in the widths of the old one, as far as the numbers fit; else none."""
    style = old[1] if len(old) > 1 else 0x60
    wide, index = 4 if style & 0x40 else 2, (style >> 4) & 3
    entries = b""
    for part, length in zip(parts, lengths, strict=True):
        if length >= 1 << 8 * wide or (part.tile >= 1 << 8 * index and index):
            return b""
        entries += part.tile.to_bytes(index, "big") + length.to_bytes(wide, "big")
    is_usable = index < 3 and len(entries) + 4 < 2**16
    return _segment(TLM, bytes((0, style & 0x70)) + entries) if is_usable else b""


def _packet_bytes(tables: list[bytes]) -> int:
    """Sum of the packet lengths that PLT segments list (T.800 A.7.3)."""
    total = value = 0
    for data in tables:
        for byte in data[1:]:
            value = value << 7 | byte & 0x7F
            if not byte & 0x80:
                total, value = total + value, 0
    return total


def _segment(code: int, data: bytes) -> bytes:
    return struct.pack(">HH", code, len(data) + 2) + data


def _broken(detail: str) -> HeldError:
    return HeldError(Reason.DECODE_FAILED, detail)
