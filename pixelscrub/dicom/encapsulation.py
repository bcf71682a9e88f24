"""Frames of encapsulated pixel data: which fragments make up a frame, and how to write them.

PS3.5 A.4: the first item is the basic offset table, every other a fragment. The extended offset
table (PS3.3 C.7.6.3.1.8) lies in elements of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import BinaryIO, Final

import numpy as np

from pixelscrub.dicom.pixel_element import PixelElement
from pixelscrub.errors import HeldError, Reason

ITEM: Final = b"\xfe\xff\x00\xe0"
END: Final = b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
END_OF_IMAGE: Final = b"\xff\xd9"
EXTENDED_OFFSETS: Final = 0x7FE00001
EXTENDED_LENGTHS: Final = 0x7FE00002

Span = tuple[int, int]


class EncapsulatedFrames:
    """The code streams of encapsulated pixel data.

    Attributes:
        has_table: whether there is an offset table, basic or extended.

    Raises:
        HeldError: FRAME_COUNT, where fragments cannot be told apart into frames.
    """

    def __init__(
        self, file: BinaryIO, element: PixelElement, frames: int, extended: bytes | None
    ) -> None:
        self._file = file
        items = element.items or ()
        if len(items) < 2:
            raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "no fragments")
        self.has_table = items[0][1] > 0 or bool(extended)
        self._spans = self._group(items[0], list(items[1:]), frames, extended)

    def stream(self, index: int) -> bytes:
        """The code stream of one frame, its fragments joined."""
        pieces = []
        for offset, length in self._spans[index]:
            self._file.seek(offset)
            pieces.append(self._file.read(length))
        return b"".join(pieces)

    def _group(
        self, table: Span, fragments: list[Span], frames: int, extended: bytes | None
    ) -> list[list[Span]]:
        if len(fragments) == frames:
            return [[fragment] for fragment in fragments]
        offsets = self._offsets(table, extended)
        if offsets is not None and len(offsets) == frames:
            groups = _by_offset(fragments, offsets)
        else:
            groups = self._by_end(fragments)
        if len(groups) != frames:
            raise HeldError(Reason.FRAME_COUNT, "fragments do not make up the frames")
        return groups

    def _offsets(self, table: Span, extended: bytes | None) -> list[int] | None:
        if extended:
            return [int(x) for x in np.frombuffer(extended[: len(extended) // 8 * 8], "<u8")]
        if table[1] == 0 or table[1] % 4:
            return None
        self._file.seek(table[0])
        return [int(x) for x in np.frombuffer(self._file.read(table[1]), "<u4")]

    def _by_end(self, fragments: list[Span]) -> list[list[Span]]:
        """A frame ends where a fragment ends with the end marker that all JPEGs share."""
        groups: list[list[Span]] = [[]]
        for fragment in fragments:
            groups[-1].append(fragment)
            if self._ends_frame(fragment):
                groups.append([])
        return [group for group in groups if group]

    def _ends_frame(self, fragment: Span) -> bool:
        offset, length = fragment
        self._file.seek(offset + max(0, length - 16))
        return self._file.read(min(length, 16)).rstrip(b"\0").endswith(END_OF_IMAGE)


def _by_offset(fragments: list[Span], offsets: list[int]) -> list[list[Span]]:
    base = fragments[0][0] - 8
    starts = {offset + base: index for index, offset in enumerate(offsets)}
    groups: list[list[Span]] = []
    for fragment in fragments:
        if starts.get(fragment[0] - 8) == len(groups):
            groups.append([])
        if not groups:
            raise HeldError(Reason.FRAME_COUNT, "offset table does not begin with the first frame")
        groups[-1].append(fragment)
    return groups


def write_items(out: BinaryIO, streams: Iterable[bytes], with_table: int) -> list[Span]:
    """Write the items and the delimiter of encapsulated pixel data, one fragment a frame.

    Args:
        out: positioned after the element's header; must be able to seek.
        streams: the code stream of each frame.
        with_table: entries of the basic offset table, filled in at the end; 0 for an empty table.

    Returns:
        Offset (counted as in the offset tables) and length of each frame.
    """
    out.write(ITEM + struct.pack("<L", 4 * with_table) + bytes(4 * with_table))
    first = out.tell()
    spans: list[Span] = []
    for stream in streams:
        spans.append((out.tell() - first, len(stream)))
        padded = stream + b"\0" * (len(stream) % 2)
        out.write(ITEM + struct.pack("<L", len(padded)) + padded)
    out.write(END)
    if with_table:
        if spans[-1][0] >= 2**32:
            raise HeldError(Reason.ENCODE_FAILED, "frames lie beyond the basic offset table")
        patch(out, first - 4 * with_table, np.array([s[0] for s in spans], "<u4").tobytes())
    return spans


def patch(out: BinaryIO, offset: int, data: bytes) -> None:
    """Overwrite what was written at `offset`, and return to the end."""
    end = out.tell()
    out.seek(offset)
    out.write(data)
    out.seek(end)
