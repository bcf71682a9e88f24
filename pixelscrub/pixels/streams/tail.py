"""Text among the last entropy-coded bytes of a stream, which decoders pass over in silence."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError

Decode = Callable[[bytes], npt.NDArray[Any]]

END: Final = b"\xff\xd9"
LEAST: Final = 10
"""Printable bytes in a row; chance makes a run as long once in twenty thousand streams."""
REACH: Final = 2**16
"""Bytes before the end that are looked at."""
MOST_TRIES: Final = 16
"""Bytes at the start of a run that may belong to the picture after all."""
_TEXT: Final = re.compile(rb"[\t\n\r\x20-\x7e\0]{%d,}[^\0]{0,2}\Z" % LEAST).search


def has_text_tail(stream: bytes) -> bool:
    """Whether printable bytes stand before the end of image."""
    return _text_start(stream) is not None


def without_text_tail(stream: bytes, decode: Decode) -> bytes:
    """The stream without printable bytes before its end that decoding does not need.

    Args:
        stream: from its first marker to its end of image.
        decode: gives the frame, or raises where the stream is cut short.
    """
    start = _text_start(stream)
    if start is None:
        return stream
    whole = decode(stream)
    for at in range(start, min(start + MOST_TRIES, len(stream) - LEAST // 2)):
        shorter = stream[:at] + END
        if _is_same(whole, shorter, decode):
            return shorter
    return stream


def _text_start(stream: bytes) -> int | None:
    body = stream.removesuffix(END)
    if body is stream:
        return None
    first = max(len(body) - REACH, 0)
    found = _TEXT(body[first:])
    is_text = found is not None and len(found[0].replace(b"\0", b"")) >= LEAST // 2
    return first + found.start() if found is not None and is_text else None


def _is_same(whole: npt.NDArray[Any], shorter: bytes, decode: Decode) -> bool:
    try:
        return np.array_equal(whole, decode(shorter))
    except HeldError:
        return False


def without_surplus(stream: bytes, decode: Decode) -> bytes:
    """The shortest beginning of the stream that decodes; for decoders that miss what is cut.

    Args:
        stream: code stream of a frame, its padding included.
        decode: gives the frame, or raises where the stream is cut short.
    """
    body = stream.rstrip(b"\0")
    if not _is_whole(body[:-1], decode):
        return body if _is_whole(body, decode) else stream
    least, enough = 0, len(body) - 1
    while least + 1 < enough:
        middle = (least + enough) // 2
        if _is_whole(body[:middle], decode):
            enough = middle
        else:
            least = middle
    return body[:enough]


def _is_whole(stream: bytes, decode: Decode) -> bool:
    try:
        decode(stream)
    except HeldError:
        return False
    return True
