"""What a JPEG, JPEG-LS or JPEG 2000 code stream says of itself, before anything is decoded.

Marker segments: ITU-T T.81 annex B, T.87 annex C, T.800 annex A.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pixelscrub.errors import HeldError, Reason

START_OF_FRAME: Final = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xDA)})
START_OF_SCAN: Final = 0xDA


@dataclass(frozen=True, slots=True)
class CodeStream:
    """The frame header of a code stream.

    Attributes:
        process: the code of the SOF marker (0xC0 baseline...); 0x51 for JPEG 2000.
        rows, columns, components, precision: as decoded; precision in bits.
        signed: whether samples are signed (JPEG 2000 only).
        factors: horizontal and vertical sampling factor of each component (JPEG).
        identifiers: identifier of each component (JPEG).
        transform: colour transform that the stream declares: JPEG: 1 for YCbCr (JFIF or Adobe),
            0 for none (Adobe), None where nothing is said; JPEG 2000: 0 or 1.
        is_reversible: whether the wavelet is (JPEG 2000).
    """

    process: int
    rows: int
    columns: int
    components: int
    precision: int
    signed: bool = False
    factors: tuple[tuple[int, int], ...] = ()
    identifiers: tuple[int, ...] = ()
    transform: int | None = None
    is_reversible: bool = True


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker segment: its code, where it begins, and what it holds after the length."""

    code: int
    offset: int
    data: bytes = field(repr=False)

    @property
    def end(self) -> int:
        """First offset after the segment."""
        return self.offset + 4 + len(self.data)


def segments(stream: bytes) -> Iterator[Segment]:
    """Marker segments of a JPEG or JPEG-LS stream up to and with the first SOS.

    Raises:
        HeldError: DECODE_FAILED, where a marker is missing or a segment is cut.
    """
    if stream[:2] != b"\xff\xd8":
        raise HeldError(Reason.DECODE_FAILED, "no JPEG stream")
    at = 2
    while True:
        while stream[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if at + 4 > len(stream) or stream[at] != 0xFF:
            raise HeldError(Reason.DECODE_FAILED, "marker expected")
        code = stream[at + 1]
        if code in STANDALONE:
            raise HeldError(Reason.DECODE_FAILED, "marker out of place")
        length = int.from_bytes(stream[at + 2 : at + 4], "big")
        data = stream[at + 4 : at + 2 + length]
        if length < 2 or len(data) != length - 2:
            raise HeldError(Reason.DECODE_FAILED, "marker segment is cut")
        yield Segment(code, at, data)
        if code == START_OF_SCAN:
            return
        at += 2 + length


def read_jpeg(stream: bytes) -> CodeStream:
    """The frame header of a JPEG or JPEG-LS stream.

    Raises:
        HeldError: DECODE_FAILED.
    """
    frame: Segment | None = None
    transform: int | None = None
    for segment in segments(stream):
        if segment.code in START_OF_FRAME:
            frame = segment
        elif segment.code == 0xEE and segment.data[:5] == b"Adobe" and len(segment.data) >= 12:
            transform = min(segment.data[11], 1)
        elif segment.code == 0xE0 and segment.data[:5] == b"JFIF\0" and transform is None:
            transform = 1
    if frame is None or len(frame.data) < 6 or len(frame.data) < 6 + 3 * frame.data[5]:
        raise HeldError(Reason.DECODE_FAILED, "no frame header")
    precision, rows, columns, components = struct.unpack(">BHHB", frame.data[:6])
    table = [frame.data[6 + 3 * i : 9 + 3 * i] for i in range(components)]
    return CodeStream(
        process=frame.code,
        rows=rows,
        columns=columns,
        components=components,
        precision=precision,
        factors=tuple((entry[1] >> 4, entry[1] & 15) for entry in table),
        identifiers=tuple(entry[0] for entry in table),
        transform=transform if components == 3 else None,
    )


def unboxed(stream: bytes) -> bytes:
    """The code stream inside a JP2 file, which some put where a bare one belongs (T.800 annex I).

    Raises:
        HeldError: DECODE_FAILED, where the file holds none.
    """
    if stream[4:8] != b"jP  ":
        return stream
    at = 0
    while at + 8 <= len(stream):
        length = int.from_bytes(stream[at : at + 4], "big")
        if stream[at + 4 : at + 8] == b"jp2c":
            return stream[at + 8 : at + length if length else None]
        at += max(length, 8)
    raise HeldError(Reason.DECODE_FAILED, "no code stream in the JP2 file")


def read_jpeg2000(stream: bytes) -> CodeStream:
    """The main header of a JPEG 2000 stream; its tile parts are checked for completeness.

    Raises:
        HeldError: DECODE_FAILED or TRUNCATED_PIXEL_DATA.
    """
    stream = unboxed(stream)
    if stream[:4] != b"\xff\x4f\xff\x51":
        raise HeldError(Reason.DECODE_FAILED, "no JPEG 2000 code stream")
    siz = stream[4:]
    columns, rows, left, top = struct.unpack(">4L", siz[4:20])
    components = int.from_bytes(siz[36:38], "big")
    depths = {siz[38 + 3 * i] for i in range(components)}
    steps = {siz[39 + 3 * i : 41 + 3 * i] for i in range(components)}
    if len(depths) != 1 or steps != {b"\x01\x01"}:
        raise HeldError(Reason.CODESTREAM_MISMATCH, "components differ in depth or sampling")
    (depth,) = depths
    transform, is_reversible = _walk_jpeg2000(stream)
    return CodeStream(
        process=0x51,
        rows=rows - top,
        columns=columns - left,
        components=components,
        precision=(depth & 0x7F) + 1,
        signed=bool(depth & 0x80),
        transform=transform,
        is_reversible=is_reversible,
    )


def _walk_jpeg2000(stream: bytes) -> tuple[int, bool]:
    """Go from marker to marker and tile part to tile part; give transform and reversibility."""
    at, transform, is_reversible = 2, 0, False
    while stream[at : at + 2] != b"\xff\xd9":
        if len(stream) < at + 12:
            raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "tile part is cut")
        code, length = struct.unpack(">HH", stream[at : at + 4])
        if code == 0xFF52:
            transform, is_reversible = stream[at + 8], stream[at + 13] == 1
        if code == 0xFF90:
            length = int.from_bytes(stream[at + 6 : at + 10], "big")
            if length == 0:  # the last tile part reaches to the end marker
                length = stream.rstrip(b"\0").rfind(b"\xff\xd9") - at
            at += length if length > 0 else len(stream)
        else:
            at += 2 + length
    return transform, is_reversible
