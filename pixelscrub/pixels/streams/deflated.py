"""Deflated image frames reduced to what decoding needs (PS3.5 annex A.4.13, RFC 1951)."""

from __future__ import annotations

import zlib

from pixelscrub.errors import HeldError, Reason


def inflated(stream: bytes, expected: int) -> bytes:
    """The bytes of one frame.

    Args:
        stream: one deflate stream, its padding included.
        expected: bytes of the frame.

    Raises:
        HeldError: DECODE_FAILED, TRUNCATED_PIXEL_DATA or CODESTREAM_MISMATCH.
    """
    return _inflate(stream, expected)[0]


def essential_deflated(stream: bytes, expected: int) -> bytes:
    """The deflate stream of a frame without what follows its end. Arguments as `inflated`."""
    rest = _inflate(stream, expected)[1]
    return stream[: len(stream) - len(rest)]


def _inflate(stream: bytes, expected: int) -> tuple[bytes, bytes]:
    """The frame, and what follows the stream."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflater.decompress(stream, expected + 1)
    except zlib.error:
        raise HeldError(Reason.DECODE_FAILED, "deflated frame is damaged") from None
    if len(data) > expected:
        raise HeldError(Reason.CODESTREAM_MISMATCH, "deflated frame is too long")
    if len(data) < expected or not inflater.eof:
        raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "deflated frame is cut")
    return data, inflater.unused_data
