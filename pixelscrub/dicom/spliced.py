"""Several parts of files, and bytes, shown as one file."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Piece = bytes | tuple[BinaryIO, int, int]
"""Bytes, or a file and where in it the piece starts and ends."""
BUFFER = 2**18


class Spliced(io.RawIOBase):
    """Pieces one after another. Closes `owner` with itself.

    Attributes:
        name: empty; pydicom asks buffered files for one.
    """

    name = ""

    def __init__(self, pieces: Sequence[Piece], owner: BinaryIO) -> None:
        super().__init__()
        self._pieces = [piece for piece in pieces if _length(piece)]
        self._starts = [0]
        for piece in self._pieces:
            self._starts.append(self._starts[-1] + _length(piece))
        self._owner = owner
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Offset in the whole."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to `offset`."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._starts[-1]}
        self._position = max(base[whence] + offset, 0)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` as far as one piece goes."""
        view = memoryview(buffer).cast("B")
        if self._position >= self._starts[-1]:
            return 0
        index = bisect_right(self._starts, self._position) - 1
        offset = self._position - self._starts[index]
        length = min(len(view), self._starts[index + 1] - self._position)
        data = _bytes(self._pieces[index], offset, length)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        """Close the file that the pieces are of, too."""
        if not self.closed:
            self._owner.close()
        super().close()


def spliced(pieces: Sequence[Piece], owner: BinaryIO) -> BinaryIO:
    """Pieces as one file, buffered; `owner` is closed with it."""
    return cast(BinaryIO, io.BufferedReader(Spliced(pieces, owner), BUFFER))


def _length(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece[2] - piece[1]


def _bytes(piece: Piece, offset: int, length: int) -> bytes:
    if isinstance(piece, bytes):
        return piece[offset : offset + length]
    file, start, _ = piece
    file.seek(start + offset)
    return file.read(length)
