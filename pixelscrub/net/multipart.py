"""Messages of several parts (RFC 2046 section 5.1), read as they come over the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.message import Message

from pixelscrub.net.peer import UnreachableError


def bodies(content_type: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What a message holds: the bodies of its parts, or its own where it has no parts.

    Args:
        content_type: the header field of that name.
        chunks: the message, cut anywhere; no more than one part is gathered at a time.

    Raises:
        UnreachableError: `incomplete`, where the message ends before its last boundary; the part
            that was cut is not given.
    """
    told = Message()
    told["Content-Type"] = content_type
    boundary = told.get_param("boundary")
    if isinstance(boundary, str):
        yield from _parts(boundary.encode(), chunks)
    else:
        yield b"".join(chunks)


def _parts(boundary: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    delimiter = b"\r\n--" + boundary
    data, searched, begun = bytearray(b"\r\n"), 0, False
    for chunk in chunks:
        data += chunk
        while (end := data.find(delimiter, searched)) >= 0:
            if begun:
                yield bytes(data[:end]).partition(b"\r\n\r\n")[2]
            del data[: end + len(delimiter)]
            begun, searched = True, 0
        searched = max(0, len(data) - len(delimiter))
    if not (begun and data.startswith(b"--")):
        raise UnreachableError("incomplete")
