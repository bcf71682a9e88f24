"""The table of transfer syntaxes: one row each. To add a codec, add a row.

Lossless syntaxes are written as they were; lossy ones but 8-bit JPEG are stored losslessly in the
same family, because compressing again would change every pixel. Rows without `decode` are native;
what is in no row is held. Transfer syntaxes are PS3.5 section 10.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.pixels import libraries as lib
from pixelscrub.pixels.codestream import CodeStream, read_jpeg, read_jpeg2000
from pixelscrub.pixels.info import PixelInfo

Cells = npt.NDArray[Any]

_ROOT: Final = "1.2.840.10008.1.2."
_LOSSY: Final = (0xC0, 0xC1, 0xC2)


@dataclass(frozen=True, slots=True)
class Codec:
    """One transfer syntax.

    Attributes:
        name: what people call it.
        decode: code stream to an array with samples last; None where pixel data are native.
        encode: array to code stream, losslessly; None where native, or where 8-bit JPEG is edited.
        header: reads the frame header of a code stream, or None where it has none.
        processes: SOF codes that the syntax may hold.
        lossless: UID that changed frames are written under, where not under their own.
        method: Lossy Image Compression Method (PS3.3 C.7.6.1.1.5.1), where frames may have lost
            something.
    """

    name: str
    decode: Callable[[bytes, PixelInfo], Cells] | None = None
    encode: Callable[[Cells, PixelInfo, CodeStream | None], bytes] | None = None
    header: Callable[[bytes], CodeStream] | None = None
    processes: tuple[int, ...] = ()
    lossless: str = ""
    method: str = ""


TABLE: Final = {
    "1.2.840.10008.1.2": Codec("Implicit VR Little Endian"),
    _ROOT + "1": Codec("Explicit VR Little Endian"),
    _ROOT + "1.99": Codec("Deflated Explicit VR Little Endian"),
    _ROOT + "2": Codec("Explicit VR Big Endian"),
    _ROOT + "5": Codec("RLE Lossless", lib.decode_rle, lib.encode_rle),
    _ROOT + "4.50": Codec(
        "JPEG Baseline", lib.decode_jpeg, None, read_jpeg, _LOSSY, _ROOT + "4.70", "ISO_10918_1"
    ),
    _ROOT + "4.51": Codec(
        "JPEG Extended", lib.decode_jpeg, None, read_jpeg, _LOSSY, _ROOT + "4.70", "ISO_10918_1"
    ),
    _ROOT + "4.57": Codec(
        "JPEG Lossless", lib.decode_jpeg, lib.encode_lossless_jpeg, read_jpeg, (0xC3,)
    ),
    _ROOT + "4.70": Codec(
        "JPEG Lossless SV1", lib.decode_jpeg, lib.encode_lossless_jpeg, read_jpeg, (0xC3,)
    ),
    _ROOT + "4.80": Codec(
        "JPEG-LS Lossless", lib.decode_jpeg_ls, lib.encode_jpeg_ls, read_jpeg, (0xF7,)
    ),
    _ROOT + "4.81": Codec(
        "JPEG-LS Near-lossless",
        lib.decode_jpeg_ls,
        lib.encode_jpeg_ls,
        read_jpeg,
        (0xF7,),
        _ROOT + "4.80",
        "ISO_14495_1",
    ),
    _ROOT + "4.90": Codec(
        "JPEG 2000 Lossless", lib.decode_jpeg2000, lib.encode_jpeg2000, read_jpeg2000, (0x51,)
    ),
    _ROOT + "4.91": Codec(
        "JPEG 2000",
        lib.decode_jpeg2000,
        lib.encode_jpeg2000,
        read_jpeg2000,
        (0x51,),
        _ROOT + "4.90",
        "ISO_15444_1",
    ),
    _ROOT + "4.201": Codec(
        "HTJ2K Lossless", lib.decode_jpeg2000, lib.encode_htj2k, read_jpeg2000, (0x51,)
    ),
    _ROOT + "4.202": Codec(
        "HTJ2K Lossless RPCL", lib.decode_jpeg2000, lib.encode_htj2k, read_jpeg2000, (0x51,)
    ),
    _ROOT + "4.203": Codec(
        "HTJ2K",
        lib.decode_jpeg2000,
        lib.encode_htj2k,
        read_jpeg2000,
        (0x51,),
        _ROOT + "4.201",
        "ISO_15444_15",
    ),
}
"""Every transfer syntax whose pixel data are understood."""


def codec_of(transfer_syntax: str) -> Codec:
    """The row of a transfer syntax.

    Raises:
        HeldError: UNSUPPORTED_TRANSFER_SYNTAX for one of the standard's that has no row (MPEG,
            HEVC, JPIP...), UNKNOWN_TRANSFER_SYNTAX for any other.
    """
    codec = TABLE.get(transfer_syntax)
    if codec is None:
        is_known = transfer_syntax.startswith(_ROOT)
        raise HeldError(
            Reason.UNSUPPORTED_TRANSFER_SYNTAX if is_known else Reason.UNKNOWN_TRANSFER_SYNTAX
        )
    return codec


def read_stream(codec: Codec, stream: bytes, info: PixelInfo) -> CodeStream | None:
    """The frame header of a code stream, found to agree with the instance's header.

    Raises:
        HeldError: CODESTREAM_MISMATCH, DECODE_FAILED or TRUNCATED_PIXEL_DATA.
    """
    if codec.header is None:
        return None
    with guarded(Reason.DECODE_FAILED):
        found = codec.header(stream)
    expected = (info.rows, info.columns, info.samples)
    if found.process not in codec.processes:
        raise HeldError(Reason.CODESTREAM_MISMATCH, "process does not fit the transfer syntax")
    if (found.rows, found.columns, found.components) != expected:
        raise HeldError(Reason.CODESTREAM_MISMATCH, "size or samples differ from the header's")
    if found.precision > info.bits_allocated:
        raise HeldError(Reason.CODESTREAM_MISMATCH, "more bits than are allocated")
    _check_colour(found, info)
    return found


def _check_colour(found: CodeStream, info: PixelInfo) -> None:
    """Raise where a lossy JPEG says that its colours are not what the header says."""
    if found.components != 3 or found.process not in _LOSSY:
        return
    says_rgb = found.transform == 0 or found.identifiers == (82, 71, 66)
    is_contradicted = says_rgb if info.photometric.startswith("YBR") else found.transform == 1
    if is_contradicted:
        raise HeldError(Reason.CODESTREAM_MISMATCH, "colour transform differs from the header's")


def decode(codec: Codec, stream: bytes, info: PixelInfo) -> Cells:
    """Cells of one frame.

    Raises:
        HeldError: MISSING_CODEC, DECODE_FAILED, CODESTREAM_MISMATCH or TRUNCATED_PIXEL_DATA.
    """
    read_stream(codec, stream, info)
    with _library(Reason.DECODE_FAILED):
        array = codec.decode(stream, info)  # type: ignore[misc]
    if array.shape != info.shape or array.dtype.kind not in "ui":
        raise HeldError(Reason.CODESTREAM_MISMATCH, "decoded frame is of another shape")
    kind = f"{array.dtype.kind}{info.cell_dtype.itemsize}"
    cells: Cells = np.ascontiguousarray(array).astype(kind, copy=False).view(info.cell_dtype)
    return cells


def encode(codec: Codec, cells: Cells, info: PixelInfo, found: CodeStream | None) -> bytes:
    """The code stream of one frame, losslessly.

    Args:
        codec: the row to write in.
        cells: (rows, columns[, samples]), in `info.cell_dtype`.
        info: what the frames of the original are.
        found: frame header of the original's code stream, whose depth and transform are kept.

    Raises:
        HeldError: MISSING_CODEC or ENCODE_FAILED.
    """
    if codec.encode is None:
        raise HeldError(Reason.CANNOT_CHANGE, "no encoder")
    with _library(Reason.ENCODE_FAILED):
        return codec.encode(_samples(cells, info, found), info, found)


def _samples(cells: Cells, info: PixelInfo, found: CodeStream | None) -> Cells:
    """Cells as samples of the code stream: of its depth, and signed where it is."""
    if found is None:
        return cells
    size = next(size for size in (1, 2, 4) if found.precision <= 8 * size)
    kind = "i" if found.signed else "u"
    unused = info.bits_allocated - found.precision
    raised = (cells << info.cell_dtype.type(unused)).view(f"{kind}{info.cell_dtype.itemsize}")
    kept: Cells = np.right_shift(raised, raised.dtype.type(unused))
    return kept.astype(f"{kind}{size}")


@contextmanager
def _library(reason: Reason) -> Iterator[None]:
    """Like `guarded`, but a package that is not installed gets its own reason."""
    with guarded(reason):
        try:
            yield
        except ImportError:
            raise HeldError(Reason.MISSING_CODEC) from None
