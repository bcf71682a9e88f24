"""Frames of native (uncompressed) pixel data, read and written one at a time (PS3.5 section 8).

Single-bit frames follow each other without padding, so that a frame may start inside a byte. In
big endian, 8-bit and 1-bit cells in OW are stored as 16-bit words with the bytes swapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.dicom.pixel_element import PixelElement
from pixelscrub.errors import HeldError, Reason
from pixelscrub.pixels.info import PixelInfo

Cells = npt.NDArray[Any]

BLOCK: Final = 2**22
"""Bytes that are looked at together; a multiple of every size of cell."""
SUBSAMPLED: Final = "YBR_FULL_422"


class NativeFrames:
    """The frames of native pixel data.

    Raises:
        HeldError: TRUNCATED_PIXEL_DATA or FRAME_COUNT, where the length does not fit the header.
    """

    def __init__(
        self, file: BinaryIO, element: PixelElement, info: PixelInfo, big_endian: bool
    ) -> None:
        self._file = file
        self._element = element
        self._info = info
        self._layout = CellLayout(info, big_endian, element.vr)
        self._check_length()

    def cells(self, index: int) -> Cells:
        """Cells of one frame, in the machine's byte order, pixel by pixel."""
        bits = self._layout.frame_bits
        first, skip = divmod(index * bits, 8)
        last = -(-(index + 1) * bits // 8)
        return self._layout.unpack(self._read(first, last), skip)

    def _read(self, first: int, last: int) -> bytes:
        even = (first // 2 * 2, last + last % 2) if self._layout.is_swapped else (first, last)
        self._file.seek(self._element.start + even[0])
        data = self._file.read(even[1] - even[0])
        if len(data) < last - even[0]:
            raise HeldError(Reason.TRUNCATED_PIXEL_DATA)
        return self._layout.swapped(data)[first - even[0] :][: last - first]

    def _check_length(self) -> None:
        length = self._element.end - self._element.start
        if length < expected_length(self._info):
            raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "fewer bytes than frames need")

    def is_exact(self) -> bool:
        """Whether the element holds the frames and no more, and cells no more than their values.

        Padding to even length is one zero.
        """
        expected = expected_length(self._info)
        surplus = self._element.end - self._element.start - expected
        if surplus != expected % 2:
            return False
        self._file.seek(self._element.start + expected)
        if self._file.read(surplus) != bytes(surplus) or not self._ends_with_zero_bits():
            return False
        return self._info.is_whole_cell or all(
            map(self._info.has_values_only, self._blocks(expected))
        )

    def _ends_with_zero_bits(self) -> bool:
        """Whether bits behind the last of a series of single-bit frames are zero."""
        used = self._layout.frame_bits * self._info.frames % 8
        if not used:
            return True
        index = self._info.frames * self._layout.frame_bits // 8
        return self._read(index, index + 1)[0] >> used == 0

    def _blocks(self, expected: int) -> Iterator[Cells]:
        self._file.seek(self._element.start)
        for start in range(0, expected, BLOCK):
            data = self._file.read(min(BLOCK, expected - start))
            yield self._layout.flat(data)


def expected_length(info: PixelInfo) -> int:
    """Bytes that the frames take, without padding."""
    samples = 2 if info.photometric == SUBSAMPLED else info.samples
    bits = info.rows * info.columns * samples * info.bits_allocated
    return -(-bits * info.frames // 8)


def agreed(info: PixelInfo, length: int) -> PixelInfo:
    """The description that fits native pixel data of `length` bytes.

    A header that gives no usable number of frames, or a larger one than the single frame that is
    there, is corrected; so is one that calls samples subsampled which are not (PS3.3 C.7.6.3.1.2).

    Raises:
        HeldError: FRAME_COUNT, where the number of frames is not known.
    """
    one = replace(info, frames=1)
    if info.photometric == SUBSAMPLED:
        whole = replace(info, photometric="YBR_FULL")
        frames = max(info.frames, 1)
        if length >= expected_length(replace(whole, frames=frames)):
            info, one = whole, replace(whole, frames=1)
    single = expected_length(one)
    if not info.frames:
        frames = length // single
        if not frames:
            raise HeldError(Reason.FRAME_COUNT, "NumberOfFrames cannot be used")
        return replace(info, frames=frames)
    return one if single <= length <= single + 1 else info


class CellLayout:
    """How the cells of one frame lie in the bytes of native pixel data.

    Attributes:
        frame_bits: bits that one frame takes.
        is_swapped: whether bytes are swapped in pairs.
    """

    def __init__(self, info: PixelInfo, big_endian: bool, vr: str) -> None:
        self._info = info
        self._dtype = info.cell_dtype.newbyteorder(">" if big_endian else "<")
        self._is_subsampled = info.photometric == SUBSAMPLED
        if self._is_subsampled and info.columns % 2:
            raise HeldError(Reason.BAD_PIXEL_DESCRIPTION, "odd columns cannot be subsampled")
        samples = 2 if self._is_subsampled else info.samples
        self.frame_bits = info.rows * info.columns * samples * info.bits_allocated
        self.is_swapped = big_endian and vr == "OW" and info.bits_allocated <= 8

    def swapped(self, data: bytes) -> bytes:
        """`data` with bytes swapped in pairs, where that is how they are stored."""
        if not self.is_swapped:
            return data
        even = data + b"\0" * (len(data) % 2)
        return np.frombuffer(even, "u2").byteswap().tobytes()

    def flat(self, data: bytes) -> Cells:
        """Cells in the order of the bytes, in the machine's byte order."""
        return np.frombuffer(data, self._dtype).astype(self._info.cell_dtype, copy=False)

    def unpack(self, data: bytes, skip: int = 0) -> Cells:
        """Cells from the bytes of one frame, leaving out `skip` leading bits."""
        info = self._info
        if info.bits_allocated == 1:
            bits = np.unpackbits(np.frombuffer(data, "u1"), bitorder="little")
            return bits[skip : skip + self.frame_bits].reshape(info.shape)
        flat = self.flat(data)
        if self._is_subsampled:
            return _upsampled(flat.reshape(info.rows, info.columns // 2, 4))
        if info.planar and info.samples > 1:
            planes = flat.reshape(info.samples, info.rows, info.columns)
            return np.ascontiguousarray(np.moveaxis(planes, 0, -1))
        return flat.reshape(info.shape)

    def pack(self, frames: Iterable[Cells]) -> Iterator[bytes]:
        """Bytes of all frames in pieces of even length; the last is padded with a zero."""
        rest = np.zeros(0, "u1")
        for cells in frames:
            rest = np.concatenate([rest, self._flat(cells)])
            unit = 16 if self._info.bits_allocated == 1 else 2
            whole = len(rest) // unit * unit
            yield self.swapped(self._bytes(rest[:whole]))
            rest = rest[whole:]
        last = self._bytes(rest)
        yield self.swapped(last + b"\0" * (len(last) % 2))

    def _flat(self, cells: Cells) -> npt.NDArray[np.uint8]:
        """Bytes of one frame, or its bits where a cell is one bit."""
        if self._info.bits_allocated == 1:
            return cells.ravel().astype("u1")
        if self._is_subsampled:
            cells = _subsampled(cells)
        elif self._info.planar and self._info.samples > 1:
            cells = np.moveaxis(cells, -1, 0)
        return np.frombuffer(cells.astype(self._dtype).tobytes(), "u1")

    def _bytes(self, flat: npt.NDArray[np.uint8]) -> bytes:
        if self._info.bits_allocated == 1:
            return np.packbits(flat, bitorder="little").tobytes()
        return flat.tobytes()


def _upsampled(pairs: Cells) -> Cells:
    """Y1 Y2 CB CR of two pixels become Y CB CR of each (PS3.3 C.7.6.3.1.2)."""
    rows, half, _ = pairs.shape
    cells = np.empty((rows, half * 2, 3), pairs.dtype)
    cells[:, 0::2, 0], cells[:, 1::2, 0] = pairs[..., 0], pairs[..., 1]
    cells[..., 1:] = np.repeat(pairs[..., 2:], 2, axis=1)
    return cells


def _subsampled(cells: Cells) -> Cells:
    """Undoes `_upsampled`; chroma of a pair is that of its first pixel."""
    pairs = np.empty((cells.shape[0], cells.shape[1] // 2, 4), cells.dtype)
    pairs[..., 0], pairs[..., 1] = cells[:, 0::2, 0], cells[:, 1::2, 0]
    pairs[..., 2:] = cells[:, 0::2, 1:]
    return pairs
