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
        frames: how many there are: as many as are asked for; as many as are found where that is 0,
            or where there is a single one.

    Raises:
        HeldError: FRAME_COUNT, where fragments cannot be told apart into frames.
    """

    def __init__(
        self,
        file: BinaryIO,
        element: PixelElement,
        frames: int,
        extended: bytes | None,
        lengths: bytes | None = None,
    ) -> None:
        self._file = file
        items = element.items or ()
        if len(items) < 2:
            raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "no fragments")
        self._table, self._extended, self._lengths = items[0], extended, lengths
        self._fragments = list(items[1:])
        self.has_table = items[0][1] > 0 or bool(extended)
        self.frames = frames if frames > 0 else self._count()
        try:
            self._spans = self._group(self.frames)
        except HeldError:
            if self._count() > 1:
                raise
            self.frames, self._spans = 1, self._group(1)

    def is_exact(self) -> bool:
        """Whether all fragments belong to frames, and offset tables say where those are.

        Lengths of the extended table may count the padding or not.
        """
        if [span for group in self._spans for span in group] != self._fragments:
            return False
        base = self._fragments[0][0]
        starts = np.array([group[0][0] - base for group in self._spans], "<u8")
        if self._extended is not None or self._lengths is not None:
            is_told = self._table[1] == 0 and self._extended == starts.tobytes()
            return is_told and self._has_lengths()
        return self._table[1] == 0 or self._read(self._table) == starts.astype("<u4").tobytes()

    def _has_lengths(self) -> bool:
        """Whether the extended table says how long frames are, a fragment each."""
        exact = [group[0][1] for group in self._spans]
        found = np.frombuffer((self._lengths or b"")[: len(self._lengths or b"") // 8 * 8], "<u8")
        padding = np.array(exact, "<u8")[: len(found)] - found
        is_whole = len(self._lengths or b"") == 8 * len(exact) == 8 * len(self._fragments)
        return bool(is_whole and (padding <= 1).all())

    def stream(self, index: int) -> bytes:
        """The code stream of one frame, its fragments joined."""
        return b"".join(self._read(span) for span in self._spans[index])

    def _read(self, span: Span) -> bytes:
        self._file.seek(span[0])
        return self._file.read(span[1])

    def _group(self, frames: int) -> list[list[Span]]:
        """Fragments of each frame: by the ends of images, else by the offset table.

        A single frame takes all fragments. A table is believed only where it adds up. Frames that
        the header does not count are shown by nobody, and are left out.
        """
        fragments = self._fragments
        if frames == 1:
            return [fragments]
        if len(fragments) == frames:
            return [[fragment] for fragment in fragments]
        groups = self._by_end(fragments)
        if len(groups) != frames:
            offsets = self._offsets()
            told = _by_offset(fragments, offsets) if offsets else None
            groups = told or (groups if len(groups) > 1 else [[f] for f in fragments])
        if len(groups) < frames:
            raise HeldError(Reason.FRAME_COUNT, "fragments do not make up the frames")
        return groups[:frames]

    def _offsets(self) -> list[int] | None:
        if self._extended:
            whole = self._extended[: len(self._extended) // 8 * 8]
            return [int(x) for x in np.frombuffer(whole, "<u8")]
        if self._table[1] == 0 or self._table[1] % 4:
            return None
        return [int(x) for x in np.frombuffer(self._read(self._table), "<u4")]

    def _count(self) -> int:
        """How many frames there are: by the ends of images, else by fragments."""
        groups = self._by_end(self._fragments)
        is_told = any(self._ends_frame(fragment) for fragment in self._fragments)
        return len(groups) if is_told else len(self._fragments)

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


def _by_offset(fragments: list[Span], offsets: list[int]) -> list[list[Span]] | None:
    """Fragments of each frame by the offset table; None where that lies."""
    base = fragments[0][0] - 8
    starts = {offset + base for offset in offsets}
    if offsets[0] or offsets != sorted(set(offsets)):
        return None
    groups: list[list[Span]] = []
    for fragment in fragments:
        if fragment[0] - 8 in starts:
            groups.append([])
        groups[-1].append(fragment)
    return groups if len(groups) == len(offsets) else None


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
