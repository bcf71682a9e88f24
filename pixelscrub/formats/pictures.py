"""Read pictures: the pages of PNG and TIFF as arrays, the frame header of JPEG.

Nothing is believed before it is decoded; a size is looked at before pixels are.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.formats.kinds import FileFormat

Pixels = npt.NDArray[Any]

MAX_PIXELS: Final = 2**30
"""Bytes of all decoded pages together."""
MAX_PAGES: Final = 10_000
FRAME_HEADERS: Final = frozenset({*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC),
                                  *range(0xCD, 0xD0)})  # fmt: skip
"""SOF markers of T.81 table B.1."""
WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})
EXIF: Final = b"Exif\0\0"
ORIENTATION: Final = 0x0112
UPRIGHT: Final = 1
WHITE: Final = 1.0


@dataclass(frozen=True, slots=True)
class JpegFrame:
    """What the frame header of a JPEG stream says (T.81 B.2.2).

    Attributes:
        code: the marker, 0xC0 for baseline.
        precision: bits of a sample.
        rows, columns, components: counts.
        orientation: how the picture is to be turned, as Exif counts it, 1 to 8.
    """

    code: int
    precision: int
    rows: int
    columns: int
    components: int
    orientation: int = UPRIGHT


def jpeg_frame(data: bytes) -> JpegFrame:
    """Read the frame header of a JPEG stream.

    Raises:
        ValueError, struct.error, IndexError: there is none.
    """
    at, orientation = 2, UPRIGHT
    while True:
        code, at = _marker(data, at)
        if code in WITHOUT_LENGTH:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if code in FRAME_HEADERS:
            precision, rows, columns, count = struct.unpack_from(">BHHB", data, at + 2)
            return JpegFrame(code, precision, rows, columns, count, orientation)
        segment = data[at + 2 : at + length]
        if code == 0xE1 and segment.startswith(EXIF):
            orientation = orientation_of(segment[len(EXIF) :])
        at += max(length, 2)


def _marker(data: bytes, at: int) -> tuple[int, int]:
    if data[at] != 0xFF:
        raise ValueError("marker expected")
    while data[at] == 0xFF:
        at += 1
    return data[at], at + 1


def orientation_of(exif: bytes) -> int:
    """Orientation (Exif 2.32 section 4.6.4) in a TIFF structure; 1 where it says nothing."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return UPRIGHT
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, at)
            if tag == ORIENTATION:
                return value if 1 <= value <= 8 else UPRIGHT
    except struct.error:
        return UPRIGHT
    return UPRIGHT


def read_pages(data: bytes, kind: FileFormat) -> list[Pixels]:
    """The pages of a PNG or TIFF file, all of one type.

    Returns:
        uint8 or uint16, (rows, columns) or (rows, columns, 3). Palettes are resolved; what is
        transparent is laid on white.

    Raises:
        HeldError: DAMAGED_FILE, TOO_LARGE or PICTURE_TYPE.
    """
    with guarded(Reason.DAMAGED_FILE):
        if kind is FileFormat.PNG:
            return [_plain(_read_png(data))]
        pages = [_plain(page) for page in _read_tiff(data)]
    if not pages:
        raise HeldError(Reason.DAMAGED_FILE, "no page")
    if len({(page.ndim, page.dtype) for page in pages}) > 1:
        pages = [_as_colour(page) for page in pages]
    return pages


def _read_png(data: bytes) -> Pixels:
    import imagecodecs

    rows, columns = struct.unpack_from(">II", data, 16)[::-1]
    _check_size(rows, columns, 8)
    if b"acTL" in data[:4096]:
        raise HeldError(Reason.PICTURE_TYPE, "animated")
    if not data.rstrip(b"\0").endswith(b"IEND\xaeB`\x82") and b"IEND\xaeB`\x82" not in data:
        raise HeldError(Reason.DAMAGED_FILE, "cut")
    return np.asarray(imagecodecs.png_decode(data))


def _read_tiff(data: bytes) -> list[Pixels]:
    import tifffile

    pages = []
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        if len(file.pages) > MAX_PAGES:
            raise HeldError(Reason.TOO_LARGE, "pages")
        left = MAX_PIXELS
        for page in file.pages:
            size = int(np.prod(page.shape)) * (page.bitspersample // 8 or 1)
            left -= size
            _check_size(page.imagelength, page.imagewidth, 1)
            if left < 0:
                raise HeldError(Reason.TOO_LARGE, "pages")
            pages.append(_tiff_page(page))
    return pages


def _tiff_page(page: Any) -> Pixels:
    import tifffile

    photometric = page.photometric
    kinds = tifffile.PHOTOMETRIC
    pixels = np.asarray(page.asarray())
    if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and pixels.ndim == 3:
        pixels = np.moveaxis(pixels, 0, -1)
    if photometric == kinds.PALETTE:
        colours = np.asarray(page.colormap)
        return np.moveaxis(colours[:, pixels] >> 8, 0, -1).astype(np.uint8)
    if photometric not in {kinds.MINISBLACK, kinds.MINISWHITE, kinds.RGB, kinds.YCBCR}:
        raise HeldError(Reason.PICTURE_TYPE, "colours")
    if pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8) * 255
    if photometric == kinds.MINISWHITE and pixels.dtype.kind == "u":
        pixels = np.iinfo(pixels.dtype).max - pixels
    return pixels


def _check_size(rows: int, columns: int, each: int) -> None:
    if rows * columns * each > MAX_PIXELS:
        raise HeldError(Reason.TOO_LARGE, "picture")


def _plain(pixels: Pixels) -> Pixels:
    """Pixels without an alpha channel, as one or three unsigned samples of 8 or 16 bits."""
    if pixels.ndim == 3 and pixels.shape[2] in (1, 2):
        pixels = _opaque(pixels)[..., 0]
    elif pixels.ndim == 3 and pixels.shape[2] == 4:
        pixels = _opaque(pixels)
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise HeldError(Reason.PICTURE_TYPE, "samples")
    if pixels.dtype not in (np.uint8, np.uint16):
        raise HeldError(Reason.PICTURE_TYPE, "numbers")
    return pixels


def _opaque(pixels: Pixels) -> Pixels:
    """What a viewer shows of pixels with an alpha channel on white paper."""
    if pixels.shape[2] == 1:
        return pixels
    colours, alpha = pixels[..., :-1], pixels[..., -1:]
    top = np.iinfo(pixels.dtype).max
    if (alpha == top).all():
        return np.ascontiguousarray(colours)
    share = alpha.astype(np.float64) / top
    return np.rint(colours * share + top * WHITE * (1 - share)).astype(pixels.dtype)


def _as_colour(page: Pixels) -> Pixels:
    """A page as three samples of 8 bits, for files whose pages are of several types."""
    if page.dtype == np.uint16:
        raise HeldError(Reason.PICTURE_TYPE, "pages of several types")
    return page if page.ndim == 3 else np.repeat(page[..., None], 3, axis=2)
