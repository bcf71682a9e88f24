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
Decode = Callable[[bytes, PixelInfo], Cells]
Encode = Callable[[Cells, PixelInfo, CodeStream | None], bytes]

_ROOT: Final = "1.2.840.10008.1.2."
LOSSY: Final = (0xC0, 0xC1, 0xC2)
"""Frame headers of lossy JPEG."""
DEFLATED_FRAMES: Final = _ROOT + "8.1"
"""Each frame is native, and deflated."""
RGB_IDENTIFIERS: Final = (82, 71, 66)
"""Identifiers of components that are named by their colours."""


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
        essential: what decoding needs of a code stream, and nothing else.
        method: Lossy Image Compression Method (PS3.3 C.7.6.1.1.5.1), where frames may have lost
            something.
    """

    name: str
    decode: Decode | None = None
    encode: Encode | None = None
    header: Callable[[bytes], CodeStream] | None = None
    processes: tuple[int, ...] = ()
    lossless: str = ""
    method: str = ""
    essential: Callable[[bytes, PixelInfo], bytes] | None = None


def _jpeg(name: str, *processes: int, lossless: str = "", method: str = "") -> Codec:
    """A row of ISO 10918-1: 8-bit frames of lossy processes are edited, never encoded again."""
    encode = None if lossless else lib.encode_lossless_jpeg
    return Codec(
        name, lib.decode_jpeg, encode, read_jpeg, processes, lossless, method, lib.essential_jpeg
    )


def _jpeg_ls(name: str, lossless: str = "", method: str = "") -> Codec:
    """A row of ISO 14495-1."""
    return Codec(
        name,
        lib.decode_jpeg_ls,
        lib.encode_jpeg_ls,
        read_jpeg,
        (0xF7,),
        lossless,
        method,
        lib.essential_jpeg_ls,
    )


def _jpeg2000(
    name: str, lossless: str = "", method: str = "", encode: Encode = lib.encode_jpeg2000
) -> Codec:
    """A row of ISO 15444-1 or 15444-15."""
    return Codec(
        name,
        lib.decode_jpeg2000,
        encode,
        read_jpeg2000,
        (0x51,),
        lossless,
        method,
        lib.essential_jpeg2000,
    )


def _jpeg_xl(name: str, lossless: str = "", method: str = "") -> Codec:
    """A row of ISO 18181-1."""
    return Codec(
        name,
        lib.decode_jpegxl,
        lib.encode_jpegxl,
        lossless=lossless,
        method=method,
        essential=lib.essential_jpegxl,
    )


TABLE: Final = {
    "1.2.840.10008.1.2": Codec("Implicit VR Little Endian"),
    _ROOT + "1": Codec("Explicit VR Little Endian"),
    _ROOT + "1.99": Codec("Deflated Explicit VR Little Endian"),
    _ROOT + "2": Codec("Explicit VR Big Endian"),
    _ROOT + "5": Codec("RLE Lossless", lib.decode_rle, lib.encode_rle, essential=lib.essential_rle),
    DEFLATED_FRAMES: Codec(
        "Deflated Image Frame Compression",
        lib.decode_deflated,
        lib.encode_deflated,
        essential=lib.essential_deflated,
    ),
    _ROOT + "4.50": _jpeg("JPEG Baseline", *LOSSY, lossless=_ROOT + "4.70", method="ISO_10918_1"),
    _ROOT + "4.51": _jpeg("JPEG Extended", *LOSSY, lossless=_ROOT + "4.70", method="ISO_10918_1"),
    _ROOT + "4.57": _jpeg("JPEG Lossless", 0xC3),
    _ROOT + "4.70": _jpeg("JPEG Lossless SV1", 0xC3),
    _ROOT + "4.80": _jpeg_ls("JPEG-LS Lossless"),
    _ROOT + "4.81": _jpeg_ls("JPEG-LS Near-lossless", _ROOT + "4.80", "ISO_14495_1"),
    _ROOT + "4.90": _jpeg2000("JPEG 2000 Lossless"),
    _ROOT + "4.91": _jpeg2000("JPEG 2000", _ROOT + "4.90", "ISO_15444_1"),
    _ROOT + "4.201": _jpeg2000("HTJ2K Lossless", encode=lib.encode_htj2k),
    _ROOT + "4.202": _jpeg2000("HTJ2K Lossless RPCL", encode=lib.encode_htj2k),
    _ROOT + "4.203": _jpeg2000("HTJ2K", _ROOT + "4.201", "ISO_15444_15", lib.encode_htj2k),
    _ROOT + "4.110": _jpeg_xl("JPEG XL Lossless"),
    _ROOT + "4.111": _jpeg_xl("JPEG XL Recompression", _ROOT + "4.110", "ISO_18181_1"),
    _ROOT + "4.112": _jpeg_xl("JPEG XL", _ROOT + "4.110", "ISO_18181_1"),
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
    found = header_of(codec.header, stream)
    expected = (info.rows, info.columns, info.samples)
    if found.process not in codec.processes:
        raise HeldError(Reason.CODESTREAM_MISMATCH, "process does not fit the transfer syntax")
    if (found.rows, found.columns, found.components) != expected:
        raise HeldError(Reason.CODESTREAM_MISMATCH, "size or samples differ from the header's")
    if found.precision > info.bits_allocated:
        raise HeldError(Reason.CODESTREAM_MISMATCH, "more bits than are allocated")
    _check_colour(found, info)
    return found


def header_of(read: Callable[[bytes], CodeStream], stream: bytes) -> CodeStream:
    """The frame header of a code stream by one of the readers.

    Raises:
        HeldError: DECODE_FAILED or TRUNCATED_PIXEL_DATA.
    """
    with guarded(Reason.DECODE_FAILED):
        return read(stream)


def _check_colour(found: CodeStream, info: PixelInfo) -> None:
    """Raise where a lossy JPEG says that its colours are not what the header says."""
    if found.components != 3 or found.process not in LOSSY:
        return
    says_rgb = found.transform == 0 or found.identifiers == RGB_IDENTIFIERS
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


def essential(codec: Codec, stream: bytes, info: PixelInfo) -> bytes:
    """What decoding needs of the code stream of one frame; entropy-coded data as they were.

    Comments, application segments, boxes, tables that nothing uses, and what stands before or
    behind the end of the image go.

    Raises:
        HeldError: MISSING_CODEC, or an error of decoding where the stream does not add up.
    """
    with _library(Reason.DECODE_FAILED):
        return codec.essential(stream, info)  # type: ignore[misc]


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
        stream = codec.encode(_samples(cells, info, found), info, found)
    return essential(codec, stream, info)


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
