"""Whether a NIfTI file is what its header says, before a library makes room for it.

The formats are NIfTI-1.1 (nifti1.h, 2007) and NIfTI-2 (nifti2.h, 2011). A few hundred bytes of
gzip can claim a volume of terabytes, or inflate to one; and a header can name another file.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from pixelscrub.errors import HeldError, Reason
from pixelscrub.untrusted import open_regular

MAX_MASK_BYTES: Final = 2 * 2**30
"""Voxels of a mask: 4,000 slices of 512 x 512 are half of it."""
MAX_VOLUME_BYTES: Final = 16 * 2**30
"""Voxels of a volume or a time series."""
MAX_HEADER: Final = 16 * 2**20
"""Where voxels may begin: extensions of other tools come before them."""
MAX_AFTER: Final = 2**20
"""Bytes that may follow the voxels."""
MAX_DIMENSIONS: Final = 7
FIRST_HEADER: Final = 348
"""Bytes of a NIfTI-1 header; voxels are never read from before its end."""
GZIP: Final = b"\x1f\x8b"
BYTES_OF: Final = {2: 1, 4: 2, 8: 4, 16: 4, 64: 8, 128: 3, 256: 1, 512: 2, 768: 4, 1024: 8,
                   1280: 8}  # fmt: skip
"""Bytes of a voxel by the code of its data type; complex and long numbers are left out."""
CHUNK: Final = 2**20


@dataclass(frozen=True, slots=True)
class _Header:
    """What a header says: sizes along the axes, bytes of a voxel, and where voxels begin."""

    sizes: tuple[int, ...]
    bytes_each: int
    offset: int

    @property
    def voxels(self) -> int:
        """Bytes of all voxels."""
        return math.prod(self.sizes) * self.bytes_each


def check_nifti(path: Path, reason: Reason, limit: int = MAX_MASK_BYTES) -> None:
    """Make sure that a file can be given to a library.

    Args:
        path: `.nii` or `.nii.gz`.
        reason: of the error.
        limit: bytes that its voxels may take, whatever the file's size.

    Raises:
        HeldError: with `reason`, where it is no regular file, no NIfTI, one of two files, too
            large, shorter than its header says, or inflates to more than that.
    """
    try:
        with open_inflated(path) as content:
            header = _read_header(content)
            if header.voxels > limit:
                raise HeldError(reason, "volume is too large")
            needed = header.offset + header.voxels
            length = _length(content, needed + MAX_AFTER)
    except (OSError, EOFError, ValueError, struct.error, zlib.error) as error:
        raise HeldError(reason, f"no NIfTI file ({type(error).__name__})") from None
    if length < needed:
        raise HeldError(reason, "file is cut")
    if length > needed + MAX_AFTER:
        raise HeldError(reason, "file holds more than its header says")


@contextmanager
def open_inflated(path: Path) -> Iterator[IO[bytes]]:
    """The content of a regular file, inflated as it is read where it is gzipped.

    Raises:
        OSError: it is no regular file, or cannot be read.
    """
    with open_regular(path) as file:
        packed = file.read(2) == GZIP
        file.seek(0)
        if not packed:
            yield file
            return
        with gzip.GzipFile(fileobj=file) as content:
            yield cast("IO[bytes]", content)


def _read_header(content: IO[bytes]) -> _Header:
    start = content.read(4)
    for order in "<>":
        (size,) = struct.unpack(f"{order}i", start)
        if size == FIRST_HEADER:
            return _first(start + content.read(size - 4), order)
        if size == 540:
            return _second(start + content.read(size - 4), order)
    raise ValueError


def _first(data: bytes, order: str) -> _Header:
    """NIfTI-1: dim at 40, datatype and bitpix at 70, vox_offset at 108, magic at 344."""
    if data[344:348] != b"n+1\0":
        raise ValueError
    dim = struct.unpack_from(f"{order}8h", data, 40)
    kind, bits = struct.unpack_from(f"{order}2h", data, 70)
    (offset,) = struct.unpack_from(f"{order}f", data, 108)
    return _header(dim, kind, bits, offset)


def _second(data: bytes, order: str) -> _Header:
    """NIfTI-2: magic at 4, datatype and bitpix at 12, dim at 16, vox_offset at 168."""
    if data[4:12] != b"n+2\0\r\n\x1a\n":
        raise ValueError
    kind, bits = struct.unpack_from(f"{order}2h", data, 12)
    dim = struct.unpack_from(f"{order}8q", data, 16)
    (offset,) = struct.unpack_from(f"{order}q", data, 168)
    return _header(dim, kind, bits, offset)


def _header(dim: tuple[int, ...], kind: int, bits: int, offset: float) -> _Header:
    count = dim[0]
    sizes = dim[1 : count + 1]
    sound = 1 <= count <= MAX_DIMENSIONS and all(size >= 1 for size in sizes)
    known = BYTES_OF.get(kind)
    if not sound or known is None or bits != 8 * known:
        raise ValueError
    if not 0 <= offset <= MAX_HEADER:  # no number lies between numbers
        raise ValueError
    return _Header(sizes, known, max(int(offset), FIRST_HEADER))


def _length(content: IO[bytes], enough: int) -> int:
    """Bytes of the content, to its end or a little more than enough."""
    content.seek(0)
    length = 0
    while length <= enough and (block := content.read(CHUNK)):
        length += len(block)
    return length
