"""Thin calls into the codec libraries: one frame in, one frame out.

All decoders return samples last, in the colour space of the code stream but for JPEG 2000, whose
component transform is undone. Encoders are lossless. Whatever a library raises, panics included,
is turned into `HeldError` by the caller (`codecs`).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.pixels.codestream import CodeStream, unboxed
from pixelscrub.pixels.info import PixelInfo
from pixelscrub.pixels.native import CellLayout
from pixelscrub.pixels.streams import deflated, jpeg, jpeg2000, jpegxl, rle, tail

Cells = npt.NDArray[Any]

PROBE: Final = bytes(range(0x11, 0xFE, 7)) * 16
"""What follows a JPEG stream when it is tested for completeness."""

START_OF_SCAN: Final = b"\xff\xda"
END_OF_IMAGE: Final = b"\xff\xd9"
LEAST_FOR_SIX_RESOLUTIONS: Final = 32


def decode_rle(stream: bytes, info: PixelInfo) -> Cells:
    """RLE Lossless (PS3.5 annex G); single bits are packed in bytes before they are encoded.

    Raises:
        HeldError: DECODE_FAILED or TRUNCATED_PIXEL_DATA.
    """
    from rle.utils import decode_frame

    length, kept = _essential_rle(stream, info)
    data = decode_frame(kept, length, max(info.bits_allocated, 8), "<")
    if info.bits_allocated == 1:
        return _single_bits(data, info)
    planes = np.frombuffer(data, info.cell_dtype.newbyteorder("<"))
    planes = planes.reshape(info.samples, info.rows, info.columns)
    return planes[0] if info.samples == 1 else np.moveaxis(planes, 0, -1)


def _essential_rle(stream: bytes, info: PixelInfo) -> tuple[int, bytes]:
    """Bytes that each segment stands for, and the frame; single bits may come unpacked."""
    pixels = info.rows * info.columns
    if info.bits_allocated == 1:
        with suppress(HeldError):
            return pixels, rle.essential_rle(stream, pixels, _measure_rle)
        pixels = -(-pixels // 8)
    return pixels, rle.essential_rle(stream, pixels, _measure_rle)


def _measure_rle(segment: bytes) -> int:
    from rle.rle import decode_segment

    try:
        return len(decode_segment(segment))
    except ValueError:
        return -1


def _single_bits(data: bytes, info: PixelInfo) -> Cells:
    """Cells of a frame of single bits, packed or a byte each."""
    cells = np.frombuffer(data, "u1")
    pixels = info.rows * info.columns
    if len(cells) < pixels:
        cells = np.unpackbits(cells, bitorder="little")
    return cells[:pixels].reshape(info.shape)


def encode_rle(cells: Cells, info: PixelInfo, _stream: CodeStream | None) -> bytes:
    """RLE Lossless (PS3.5 annex G)."""
    from rle.utils import encode_frame

    if info.bits_allocated == 1:
        packed = np.packbits(cells.ravel(), bitorder="little")
        return bytes(encode_frame(packed.tobytes(), 1, len(packed), 1, 8, "<"))
    data = cells.astype(info.cell_dtype.newbyteorder("<")).tobytes()
    rows, columns = cells.shape[:2]
    return bytes(encode_frame(data, rows, columns, info.samples, info.bits_allocated, "<"))


def essential_rle(stream: bytes, info: PixelInfo) -> bytes:
    """An RLE frame whose segments hold the frame and no more."""
    return _essential_rle(stream, info)[1]


def decode_deflated(stream: bytes, info: PixelInfo) -> Cells:
    """Deflated Image Frame Compression: each frame is a deflate stream of native cells."""
    data = deflated.inflated(stream, deflated_length(info))
    return _native(info).unpack(data).copy()


def _native(info: PixelInfo) -> CellLayout:
    return CellLayout(info, big_endian=False, vr="OB")


def deflated_length(info: PixelInfo) -> int:
    """Bytes of a frame before it is deflated: frames of single bits end with a whole byte."""
    return -(-_native(info).frame_bits // 8)


def encode_deflated(cells: Cells, info: PixelInfo, _stream: CodeStream | None) -> bytes:
    """Deflated Image Frame Compression."""
    data = b"".join(_native(info).pack([cells]))[: deflated_length(info)]
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()


def essential_deflated(stream: bytes, info: PixelInfo) -> bytes:
    """A deflate stream without what follows it."""
    return deflated.essential_deflated(stream, deflated_length(info))


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


def essential_jpeg(stream: bytes, info: PixelInfo) -> bytes:
    """A JPEG stream without comments, application segments and the like."""
    kept = jpeg.essential_jpeg(stream)
    return tail.without_text_tail(kept, lambda data: decode_jpeg(data, info))


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
    """JPEG-LS, lossless and near-lossless.

    CharLS 2.4.3 counts zeros for seconds where data that are cut end without a marker, so an end
    of image follows whatever is decoded; and a stream that has none of its own is cut.
    """
    from imagecodecs import jpegls_decode

    if stream.find(END_OF_IMAGE, max(stream.find(START_OF_SCAN), 0)) < 0:
        raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "code stream has no end")
    return jpegls_decode(stream + END_OF_IMAGE)


def essential_jpeg_ls(stream: bytes, info: PixelInfo) -> bytes:
    """A JPEG-LS stream without comments, application segments and the like."""
    kept = jpeg.essential_jpeg(stream)
    return tail.without_text_tail(kept, _caught(decode_jpeg_ls, info))


def _caught(decode: Callable[[bytes, PixelInfo], Cells], info: PixelInfo) -> tail.Decode:
    """`decode` for streams that may be cut short."""

    def run(stream: bytes) -> Cells:
        with guarded(Reason.DECODE_FAILED):
            return decode(stream, info)

    return run


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


def essential_jpeg2000(stream: bytes, info: PixelInfo) -> bytes:
    """A bare JPEG 2000 stream without comments and the like."""
    kept = jpeg2000.essential_jpeg2000(stream)
    shorter = tail.without_text_tail(kept, _caught(_decode_resized, info))
    return kept if shorter is kept else jpeg2000.with_last_length(shorter)


def _decode_resized(stream: bytes, info: PixelInfo) -> Cells:
    """Decode a stream whose last tile part was shortened."""
    return decode_jpeg2000(jpeg2000.with_last_length(stream), info)


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


def decode_jpegxl(stream: bytes, _info: PixelInfo) -> Cells:
    """JPEG XL."""
    from imagecodecs import jpegxl_decode

    return np.asarray(jpegxl_decode(stream))


def encode_jpegxl(cells: Cells, info: PixelInfo, _stream: CodeStream | None) -> bytes:
    """JPEG XL, losslessly."""
    from imagecodecs import jpegxl_encode

    cells = np.ascontiguousarray(cells)
    bits = info.high_bit + 1 if info.has_values_only(cells) else info.bits_allocated
    return bytes(jpegxl_encode(cells, lossless=True, bitspersample=bits, usecontainer=False))


def essential_jpegxl(stream: bytes, info: PixelInfo) -> bytes:
    """A JPEG XL stream without boxes for metadata, and without what follows a bare stream."""
    kept = jpegxl.essential_jpegxl(stream)
    is_bare = kept.startswith(jpegxl.BARE)
    return tail.without_surplus(kept, _caught(decode_jpegxl, info)) if is_bare else kept
