"""RLE Lossless frames reduced to what decoding needs (PS3.5 annex G)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from pixelscrub.errors import HeldError, Reason

Measure = Callable[[bytes], int]

HEADER: Final = 64
MOST_SEGMENTS: Final = 15
_NO_OPERATION: Final = 128


def essential_rle(stream: bytes, decoded: int, measure: Measure) -> bytes:
    """An RLE frame of segments that follow each other and hold the frame, no more.

    Args:
        stream: header and segments of one frame, its padding included.
        decoded: bytes that each segment stands for.
        measure: bytes that a segment makes, or -1 where it is not whole; a fast one.

    Returns:
        Header and segments, each padded to even length; as it was where it held nothing else.

    Raises:
        HeldError: DECODE_FAILED, where offsets do not add up; TRUNCATED_PIXEL_DATA, where a
            segment ends before the frame.
    """
    if len(stream) < HEADER:
        raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "RLE header is cut")
    count, *offsets = struct.unpack("<16L", stream[:HEADER])
    starts = offsets[:count]
    if not 0 < count <= MOST_SEGMENTS or starts[0] < HEADER or starts != sorted(starts):
        raise HeldError(Reason.DECODE_FAILED, "RLE offsets do not add up")
    segments = []
    for start, stop in zip(starts, [*starts[1:], len(stream)], strict=True):
        is_whole = stream[stop - 1] != _NO_OPERATION and measure(stream[start:stop]) == decoded
        used = stop - start if is_whole else _length(stream, start, stop, decoded)
        segments.append(stream[start : start + used] + b"\0" * (used % 2))
    places, at = [], HEADER
    for segment in segments:
        places.append(at)
        at += len(segment)
    header = struct.pack("<16L", count, *places, *[0] * (MOST_SEGMENTS - count))
    return header + b"".join(segments)


def _length(stream: bytes, at: int, stop: int, decoded: int) -> int:
    """Bytes of the segment that stand for the frame: runs of one value, and literal ones."""
    start, left = at, decoded
    while left > 0:
        if at + 1 >= stop:
            raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "RLE segment is cut")
        run = stream[at]
        if run < _NO_OPERATION:
            at, left = at + run + 2, left - run - 1
        elif run > _NO_OPERATION:
            at, left = at + 2, left + run - 257
        else:
            at += 1
    if at > stop or left < -1:  # some pad a run to even length
        raise HeldError(Reason.DECODE_FAILED, "RLE segment is longer than the frame")
    return at - start
