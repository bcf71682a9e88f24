"""Messages of several parts (RFC 2046 section 5.1), read as they come over the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.message import Message
from typing import Final

from pixelscrub.net.limits import MultipartLimits
from pixelscrub.net.peer import UnreachableError

END_OF_PART: Final = None
BLANK_LINE: Final = b"\r\n\r\n"
LONGEST_BOUNDARY: Final = 70
"""Characters of a boundary (RFC 2046 section 5.1.1)."""


def pieces(
    content_type: str,
    chunks: Iterable[bytes],
    limits: MultipartLimits = MultipartLimits(),  # noqa: B008 (frozen)
) -> Iterator[bytes | None]:
    """What a message holds: the bodies of its parts, or its own where it has no parts.

    Args:
        content_type: the header field of that name.
        chunks: the message, cut anywhere.
        limits: of one part, and of their number.

    Yields:
        Pieces of a body, none larger than a chunk and a boundary; None after the last of each.

    Raises:
        UnreachableError: `incomplete`, where the message ends before its last boundary;
            `too_large` or `too_many_parts`, where it goes beyond the limits;
            `no_multipart`, where its boundary cannot be one.
    """
    told = Message()
    told["Content-Type"] = " ".join(content_type.split())
    boundary = told.get_param("boundary")
    if not isinstance(boundary, str):
        yield from _counted(chunks, limits)
        yield END_OF_PART
        return
    if not 0 < len(boundary) <= LONGEST_BOUNDARY or not boundary.isascii():
        raise UnreachableError("no_multipart")
    yield from _parts(boundary.encode(), chunks, limits)


def _counted(chunks: Iterable[bytes], limits: MultipartLimits) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limits.part_bytes:
            raise UnreachableError("too_large")
        yield chunk


def _parts(
    boundary: bytes, chunks: Iterable[bytes], limits: MultipartLimits
) -> Iterator[bytes | None]:
    reader = _Reader(b"\r\n--" + boundary, limits)
    for chunk in chunks:
        yield from reader.read(chunk)
        if reader.has_ended:  # an epilogue is not waited for
            return
    raise UnreachableError("incomplete")


class _Reader:
    """Finds the bodies between delimiters; keeps no more than a head or a delimiter."""

    def __init__(self, delimiter: bytes, limits: MultipartLimits) -> None:
        self._delimiter, self._limits = delimiter, limits
        self._data = bytearray(b"\r\n")  # a message may begin with its first delimiter
        self._state = self._preamble
        self._size = self._parts = 0

    @property
    def has_ended(self) -> bool:
        """Whether the last delimiter was read: two hyphens follow it."""
        return self._parts > 0 and self._state == self._head and self._data[:2] == b"--"

    def read(self, chunk: bytes) -> Iterator[bytes | None]:
        self._data += chunk
        while True:
            state = self._state
            yield from state()
            if self._state == state:
                return

    def _preamble(self) -> Iterator[bytes | None]:
        at = self._data.find(self._delimiter)
        if at >= 0:
            self._begin(at)
        else:
            self._drop_all_but(len(self._delimiter) - 1)
        if self._size > self._limits.head_bytes:
            raise UnreachableError("too_large")
        yield from ()

    def _head(self) -> Iterator[bytes | None]:
        if self.has_ended:
            return
        head, end = self._data.find(BLANK_LINE), self._data.find(self._delimiter)
        if end >= 0 and (head < 0 or end < head + len(BLANK_LINE)):  # a part without a body
            self._begin(end)
            yield END_OF_PART
        elif head >= 0:
            del self._data[: head + len(BLANK_LINE)]
            self._state, self._size = self._body, 0
        elif len(self._data) > self._limits.head_bytes:
            raise UnreachableError("too_large")

    def _body(self) -> Iterator[bytes | None]:
        at = self._data.find(self._delimiter)
        size = at if at >= 0 else max(0, len(self._data) - len(self._delimiter) + 1)
        self._size += size
        if self._size > self._limits.part_bytes:
            raise UnreachableError("too_large")
        if size:
            yield bytes(self._data[:size])
        if at < 0:
            del self._data[:size]
            return
        self._begin(at)
        yield END_OF_PART

    def _begin(self, at: int) -> None:
        """What follows a delimiter is the head of a part, or nothing any more."""
        del self._data[: at + len(self._delimiter)]
        self._state = self._head
        self._parts += 1
        if self._parts > self._limits.parts:
            raise UnreachableError("too_many_parts")

    def _drop_all_but(self, count: int) -> None:
        dropped = max(0, len(self._data) - count)
        del self._data[:dropped]
        self._size += dropped
