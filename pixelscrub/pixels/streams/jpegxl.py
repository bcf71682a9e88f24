"""JPEG XL frames reduced to what decoding needs (ISO/IEC 18181-2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pixelscrub.errors import HeldError, Reason

SIGNATURE: Final = b"\0\0\0\x0cJXL \r\n\x87\n"
BARE: Final = b"\xff\x0a"
_TYPE: Final = b"\0\0\0\x14ftypjxl \0\0\0\0jxl "
_NEEDED: Final = frozenset({b"jxll", b"jxlc", b"jxlp"})
_EXTENDED: Final = 16


def essential_jpegxl(stream: bytes) -> bytes:
    """A JPEG XL stream without boxes for metadata: EXIF, XML, JUMBF, or what is unknown.

    What rebuilds the JPEG that it was made of goes too: it holds that one's comments.

    Args:
        stream: a bare code stream, or a container; padding included.

    Raises:
        HeldError: DECODE_FAILED, where boxes do not add up.
    """
    if stream[:2] == BARE:
        return stream
    if not stream.startswith(SIGNATURE):
        raise HeldError(Reason.DECODE_FAILED, "no JPEG XL stream")
    kept = [box for kind, box in _boxes(stream) if kind in _NEEDED]
    return b"".join([SIGNATURE, _TYPE, *kept])


def _boxes(stream: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and bytes of each box; zeros at the end are padding."""
    at = 0
    while stream[at:].strip(b"\0"):
        length = int.from_bytes(stream[at : at + 4], "big")
        if length == 1:
            length = int.from_bytes(stream[at + 8 : at + _EXTENDED], "big")
        end = at + length if length else len(stream)
        if len(stream) < at + 8 or end < at + 8 or end > len(stream):
            raise HeldError(Reason.DECODE_FAILED, "box is cut")
        yield stream[at + 4 : at + 8], stream[at:end]
        at = end
