"""The deflated data set as a file that can seek, without inflating it whole.

Deflated Explicit VR Little Endian (PS3.5 A.5) deflates everything after the file meta
information. `Inflated` keeps a copy of the decompressor every few megabytes and starts again from
the nearest one, so that memory stays small however much there is to inflate.
"""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, BinaryIO, Final

from pixelscrub.errors import HeldError, Reason

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STEP: Final = 2**16
CHECKPOINT_EVERY: Final = 32 * 2**20
HEADER_LIMIT: Final = 256 * 2**20
"""Bytes that the elements before the pixel data may take once inflated."""


class Inflated(io.RawIOBase):
    """The inflated bytes that follow the current position of `file`.

    Attributes:
        limit: first offset that may not be reached; keeps a bomb from being followed.

    Raises:
        HeldError: BAD_PIXEL_DATA, where the stream is damaged; TOO_LARGE, beyond `limit`.
    """

    def __init__(self, file: BinaryIO, limit: int = HEADER_LIMIT) -> None:
        super().__init__()
        self.limit = limit
        self._file = file
        self._marks = [(0, file.tell(), zlib.decompressobj(-zlib.MAX_WBITS))]
        self._rewind(0)

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Offset in the inflated bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to `offset`; forwards by inflating, backwards from the nearest checkpoint."""
        if whence == io.SEEK_CUR:
            offset += self._position
        elif whence == io.SEEK_END:
            raise io.UnsupportedOperation("the end is not known")
        if offset < self._position:
            self._rewind(offset)
        while self._position < offset and self._next(offset - self._position):
            pass
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill `buffer` as far as the stream goes."""
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view) and (piece := self._next(len(view) - done)):
            view[done : done + len(piece)] = piece
            done += len(piece)
        return done

    def _rewind(self, offset: int) -> None:
        start, where, inflater = max(
            (mark for mark in self._marks if mark[0] <= offset), key=lambda mark: mark[0]
        )
        self._position, self._where, self._inflater = start, where, inflater.copy()

    def _next(self, most: int) -> bytes:
        """Up to `most` bytes; none at the end of the stream."""
        piece = b""
        while not piece and not self._inflater.eof:
            data = self._inflater.unconsumed_tail or self._refill()
            try:
                piece = self._inflater.decompress(data, min(most, STEP))
            except zlib.error:
                raise HeldError(Reason.BAD_PIXEL_DATA, "deflated data set is damaged") from None
            if not data and not piece:
                break
        self._position += len(piece)
        if self._position > self.limit:
            raise HeldError(Reason.TOO_LARGE, "deflated data set inflates to too much")
        self._mark()
        return piece

    def _refill(self) -> bytes:
        self._file.seek(self._where)
        data = self._file.read(STEP)
        self._where += len(data)
        return data

    def _mark(self) -> None:
        if self._position - self._marks[-1][0] >= CHECKPOINT_EVERY:
            self._marks.append((self._position, self._where, self._inflater.copy()))


class Deflating(io.RawIOBase):
    """Deflates what is written to it into `out`; `close` ends the stream, not `out`."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__()
        self._out = out
        self._deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        self._length = 0
        self._written = 0

    def writable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Bytes taken so far, before deflation."""
        return self._length

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Deflate `data`."""
        self._length += len(data)
        self._emit(self._deflater.compress(data))
        return len(data)

    def close(self) -> None:
        """End the stream, padded to even length (PS3.5 A.5)."""
        if not self.closed:
            self._emit(self._deflater.flush())
            self._emit(b"\0" * (self._written % 2))
        super().close()

    def _emit(self, data: bytes) -> None:
        self._out.write(data)
        self._written += len(data)
