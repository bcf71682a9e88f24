"""JPEG and JPEG-LS streams reduced to what decoding needs (ITU-T T.81 annex B, T.87 annex C).

Entropy-coded data and the tables that they use are kept byte for byte. Comments, application
segments, tables that nothing uses, fill bytes and whatever follows the end are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pixelscrub.errors import HeldError, Reason

SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
DHT, DQT, DAC, DNL, DRI, LSE = 0xC4, 0xDB, 0xCC, 0xDC, 0xDD, 0xF8
APP0, APP8, APP14, APP15, COM = 0xE0, 0xE8, 0xEE, 0xEF, 0xFE
JPEG_LS: Final = 0xF7
LOSSLESS: Final = frozenset({0xC3, 0xC7, 0xCB, 0xCF, JPEG_LS})
"""Frame headers of processes that quantise nothing."""
FRAMES: Final = frozenset({*range(0xC0, 0xC4), *range(0xC9, 0xCC), JPEG_LS})
"""Frame headers of processes that are not hierarchical."""
_AFTER_JPEG: Final = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]").search
_AFTER_JPEG_LS: Final = re.compile(rb"\xff+[\x80-\xcf\xd8-\xfe]").search
"""The marker that ends entropy-coded data: stuffed bytes and restart markers belong to them."""
_SIZES: Final = {DRI: 2, DNL: 2}
_JFIF_LENGTH, _ADOBE_LENGTH, _HP_LENGTH = 12, 12, 5
_PRESET, _TABLE, _MORE_TABLE, _LARGE = 1, 2, 3, 4
_PRESET_LENGTH: Final = 11
_COUNTS: Final = 17
_HALF_TABLE: Final = 64


@dataclass(slots=True)
class _Segment:
    """A marker segment; of a scan header also the entropy-coded data that follow it."""

    code: int
    data: bytes
    coded: bytes = b""
    tables: list[_Table] = field(default_factory=list)


class _Table(NamedTuple):
    """One table of a DQT or DHT segment: its class and number, and its bytes."""

    kind: tuple[int, int]
    data: bytes


def essential_jpeg(stream: bytes) -> bytes:
    """A JPEG or JPEG-LS stream without anything that decoding does not need.

    Args:
        stream: the code stream of one frame, its padding included.

    Returns:
        The stream from SOI to EOI; as it was where it held nothing else.

    Raises:
        HeldError: DECODE_FAILED, where segments do not add up.
    """
    found = list(_segments(stream))
    frame = _frame(found)
    needed = _needed(found, frame)
    pieces = [b"\xff\xd8"]
    seen: set[int] = set()
    for segment in found:
        data = _kept(segment, frame, needed)
        is_repeated = APP0 <= segment.code <= APP15 and segment.code in seen
        if data is not None and not is_repeated:
            seen.add(segment.code)
            length = (len(data) + 2).to_bytes(2, "big")
            pieces.append(bytes((0xFF, segment.code)) + length + data + segment.coded)
    return b"".join([*pieces, b"\xff\xd9"])


def _segments(stream: bytes) -> Iterator[_Segment]:
    """Every marker segment up to the end of the image."""
    if stream[:2] != b"\xff\xd8":
        raise _broken("no JPEG stream")
    at, ends_coded = 2, _AFTER_JPEG
    while True:
        code, at = _marker(stream, at)
        if code == EOI:
            return
        length = int.from_bytes(stream[at : at + 2], "big")
        segment = _Segment(code, stream[at + 2 : at + length])
        if length < 2 or len(segment.data) != length - 2:
            raise _broken("marker segment is cut")
        at += length
        if code == JPEG_LS:
            ends_coded = _AFTER_JPEG_LS
        if code == SOS:
            end = ends_coded(stream, at)
            stop = end.start() if end else len(stream)
            segment.coded = stream[at:stop] if end else stream[at:stop].rstrip(b"\0")
            at = stop
        yield segment
        if at >= len(stream) and segment.coded:
            return  # some writers leave the end marker out


def _marker(stream: bytes, at: int) -> tuple[int, int]:
    """The code of the marker that starts `at`, before which fill bytes may stand; what follows."""
    if stream[at : at + 1] != b"\xff":
        raise _broken("marker expected")
    while stream[at : at + 1] == b"\xff":
        at += 1
    if at >= len(stream):
        raise _broken("no end of image")
    return stream[at], at + 1


def _frame(found: list[_Segment]) -> _Segment:
    frames = [s for s in found if s.code in FRAMES]
    if len(frames) != 1 or len(frames[0].data) < 6:
        raise _broken("not one frame header")
    data = frames[0].data
    if len(data) != 6 + 3 * data[5]:
        raise _broken("frame header is of another length")
    return frames[0]


def _needed(found: list[_Segment], frame: _Segment) -> set[int]:
    """Identity of each table that a scan uses: the last one of its number before the scan."""
    used: set[int] = set()
    current: dict[tuple[int, tuple[int, int]], _Table] = {}
    for segment in found:
        if segment.code in (DQT, DHT):
            segment.tables = list(_tables(segment))
            current |= {(segment.code, table.kind): table for table in segment.tables}
        elif segment.code == SOS:
            keys = _used_by(segment.data, frame)
            used |= {id(current[key]) for key in keys if key in current}
    return used


def _used_by(header: bytes, frame: _Segment) -> set[tuple[int, tuple[int, int]]]:
    """Tables that a scan may use."""
    count = header[0] if header else 0
    if len(header) != 4 + 2 * count:
        raise _broken("scan header is of another length")
    keys: set[tuple[int, tuple[int, int]]] = set()
    for index in range(count):
        tables = header[2 + 2 * index]
        keys |= {(DHT, (0, tables >> 4)), (DHT, (1, tables & 15))}
    if frame.code in LOSSLESS:
        return keys - {key for key in keys if key[1][0]}
    components = frame.data[6:]
    return keys | {(DQT, (0, components[3 * i + 2])) for i in range(frame.data[5])}


def _tables(segment: _Segment) -> Iterator[_Table]:
    data, at = segment.data, 0
    while at < len(data):
        high, low = data[at] >> 4, data[at] & 15
        if segment.code == DQT:
            kind, end = (0, low), at + 1 + _HALF_TABLE * (1 + min(high, 1))
        else:
            kind, end = (high, low), at + _COUNTS + sum(data[at + 1 : at + _COUNTS])
        if end > len(data):
            raise _broken("table is cut")
        yield _Table(kind, data[at:end])
        at = end


def _kept(segment: _Segment, frame: _Segment, needed: set[int]) -> bytes | None:
    """What of a segment stays; None for nothing."""
    code, data = segment.code, segment.data
    if code in (DQT, DHT):
        return b"".join(t.data for t in segment.tables if id(t) in needed) or None
    if APP0 <= code <= APP15:
        return colours(code, data, frame.code) or None
    if code == COM:
        return None
    if code == LSE and frame.code == JPEG_LS:
        return _presets(data)
    is_known = code in (SOS, DAC) or segment is frame or len(data) == _SIZES.get(code)
    if not is_known:
        raise _broken("marker segment of an unknown kind")
    return data


def colours(code: int, data: bytes, process: int = 0) -> bytes:
    """What of an application segment says how colours are meant; nothing of any other.

    JFIF comes without its thumbnail. Of JPEG-LS the colour transform that HP's coder writes stays.
    """
    if code == APP0 and data[:5] == b"JFIF\0" and len(data) >= _JFIF_LENGTH:
        return data[:_JFIF_LENGTH] + b"\0\0"
    if code == APP14 and data[:5] == b"Adobe" and len(data) >= _ADOBE_LENGTH:
        return data[:_ADOBE_LENGTH]
    if code == APP8 and data[:4] == b"mrfx" and process == JPEG_LS:
        return data[:_HP_LENGTH]
    return b""


def _presets(data: bytes) -> bytes:
    """Preset parameters or a mapping table of JPEG-LS."""
    kind = data[0] if data else 0
    is_whole = len(data) == _PRESET_LENGTH if kind == _PRESET else len(data) > 3
    if kind not in (_PRESET, _TABLE, _MORE_TABLE, _LARGE) or not is_whole:
        raise _broken("preset parameters are of an unknown kind")
    return data


def _broken(detail: str) -> HeldError:
    return HeldError(Reason.DECODE_FAILED, detail)
