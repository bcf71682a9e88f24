"""Thin calls into the codec libraries: one frame in, one frame out.

All decoders return samples last, in the colour space of the code stream but for JPEG 2000, whose
component transform is undone. Encoders are lossless. Whatever a library raises, panics included,
is turned into `HeldError` by the caller (`codecs`).
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason
from pixelscrub.pixels.codestream import CodeStream, unboxed
from pixelscrub.pixels.info import PixelInfo

Cells = npt.NDArray[Any]

PROBE: Final = bytes(range(0x11, 0xFE, 7)) * 16
"""What follows a JPEG stream when it is tested for completeness."""

LEAST_FOR_SIX_RESOLUTIONS: Final = 32


def decode_rle(stream: bytes, info: PixelInfo) -> Cells:
    """RLE Lossless (PS3.5 annex G).

    The library drops what a segment holds beyond the frame; rows must not hide there, so the
    first segment, as long as any other, is measured.

    Raises:
        HeldError: CODESTREAM_MISMATCH.
    """
    from rle.rle import decode_segment
    from rle.utils import decode_frame

    first, end = struct.unpack("<2L", stream[4:12])
    if len(decode_segment(stream[first : end or None])) > info.rows * info.columns + 1:
        raise HeldError(Reason.CODESTREAM_MISMATCH, "segment is longer than the frame")
    data = decode_frame(stream, info.rows * info.columns, info.bits_allocated, "<")
    planes = np.frombuffer(data, info.cell_dtype.newbyteorder("<"))
    planes = planes.reshape(info.samples, info.rows, info.columns)
    return planes[0] if info.samples == 1 else np.moveaxis(planes, 0, -1)


def encode_rle(cells: Cells, info: PixelInfo, _stream: CodeStream | None) -> bytes:
    """RLE Lossless (PS3.5 annex G)."""
    from rle.utils import encode_frame

    data = cells.astype(info.cell_dtype.newbyteorder("<")).tobytes()
    rows, columns = cells.shape[:2]
    return bytes(encode_frame(data, rows, columns, info.samples, info.bits_allocated, "<"))


def decode_jpeg(stream: bytes, info: PixelInfo) -> Cells:
    """JPEG, lossy and lossless, 2 to 16 bits, without colour conversion.

    The library fills up what is missing from a stream that was cut short, and says nothing. So
    the stream is decoded again with other bytes after its end: they change the result only where
    the decoder was still hungry.

    Raises:
        HeldError: TRUNCATED_PIXEL_DATA.
    """
    first = _jpeg(stream, info)
    body = stream.rstrip(b"\0").removesuffix(b"\xff\xd9")
    if not np.array_equal(first, _jpeg(body + PROBE + b"\xff\xd9", info)):
        raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "code stream is cut short")
    return first


def _jpeg(stream: bytes, info: PixelInfo) -> Cells:
    from imagecodecs import jpeg8_decode

    space = "YCBCR" if info.samples == 3 else "GRAYSCALE"
    return np.asarray(jpeg8_decode(stream, colorspace=space, outcolorspace=space))


def encode_lossless_jpeg(cells: Cells, info: PixelInfo, stream: CodeStream | None) -> bytes:
    """JPEG Lossless, process 14, selection value 1."""
    from imagecodecs import jpeg8_encode

    precision = stream.precision if stream else info.bits_allocated
    space = "RGB" if info.samples == 3 else "GRAYSCALE"
    cells = np.ascontiguousarray(cells)
    coded = jpeg8_encode(
        cells,
        colorspace=space,
        outcolorspace=space,
        lossless=True,
        predictor=1,
        bitspersample=precision,
        optimize=True,
    )
    return bytes(coded)


def decode_jpeg_ls(stream: bytes, _info: PixelInfo) -> Cells:
    """JPEG-LS, lossless and near-lossless."""
    from imagecodecs import jpegls_decode

    return jpegls_decode(stream)


def encode_jpeg_ls(cells: Cells, info: PixelInfo, stream: CodeStream | None) -> bytes:
    """JPEG-LS with NEAR = 0, interleaved by line where there are several samples."""
    from jpeg_ls import encode_buffer

    precision = stream.precision if stream else info.bits_stored
    rows, columns = cells.shape[:2]
    data = cells.astype("<u1" if precision <= 8 else "<u2").tobytes()
    return bytes(encode_buffer(data, rows, columns, info.samples, precision, interleave_mode=2))


def decode_jpeg2000(stream: bytes, _info: PixelInfo) -> Cells:
    """JPEG 2000 and HTJ2K, with the component transform undone."""
    from openjpeg.utils import decode

    return np.asarray(decode(unboxed(stream), j2k_format=0))


def encode_jpeg2000(cells: Cells, info: PixelInfo, stream: CodeStream | None) -> bytes:
    """JPEG 2000, reversible, one quality layer."""
    from openjpeg.utils import encode_array

    precision = stream.precision if stream else info.bits_stored
    use_mct = stream is not None and stream.transform == 1
    cells = np.ascontiguousarray(cells)
    if min(cells.shape[:2]) < LEAST_FOR_SIX_RESOLUTIONS:
        return _encode_small_jpeg2000(cells, precision, use_mct)
    return bytes(encode_array(cells, precision, 1 if use_mct else 0, use_mct))


def _encode_small_jpeg2000(cells: Cells, precision: int, use_mct: bool) -> bytes:
    """For frames that are too small to be halved five times, as the other library always does."""
    from imagecodecs import jpeg2k_encode

    encoded = jpeg2k_encode(
        cells,
        0,
        codecformat="j2k",
        reversible=True,
        resolutions=1,
        mct=use_mct,
        bitspersample=precision,
    )
    return bytes(encoded)


def encode_htj2k(cells: Cells, _info: PixelInfo, stream: CodeStream | None) -> bytes:
    """High-Throughput JPEG 2000, reversible."""
    from imagecodecs import htj2k_encode

    use_mct = stream is not None and stream.transform == 1
    return bytes(htj2k_encode(np.ascontiguousarray(cells), reversible=True, rgb=use_mct))
