"""Prove a picture in its own format: it shows what was proved, and holds nothing else.

It is decoded by other libraries than wrote it, and its structure is walked byte by byte.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.formats.kinds import PNG_SIGNATURE, FileFormat
from pixelscrub.formats.pictures import jpeg_frame
from pixelscrub.formats.unwrapped import exif_of, pages_of

Pixels = npt.NDArray[np.generic]

PNG_CHUNKS: Final = frozenset({b"IHDR", b"IDAT", b"IEND"})
TIFF_TAGS: Final = frozenset(
    {"NewSubfileType", "ImageWidth", "ImageLength", "BitsPerSample", "Compression",
     "PhotometricInterpretation", "StripOffsets", "SamplesPerPixel", "RowsPerStrip",
     "StripByteCounts", "XResolution", "YResolution", "ResolutionUnit", "PlanarConfiguration",
     "SampleFormat", "TileWidth", "TileLength", "TileOffsets", "TileByteCounts", "Predictor"}
)  # fmt: skip
"""Tags of TIFF 6.0 that decoding needs."""
JPEG_SEGMENTS: Final = frozenset(
    {0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDA, 0xDD, 0xEE, 0xE0, *range(0xD0, 0xD9)}
)
"""Markers that decoding needs; APP0 and APP14 say which colours there are."""


def check_picture_file(
    picture: bytes, instance: BinaryIO, original: bytes, kind: FileFormat
) -> None:
    """Prove a picture that was taken out of a proved instance.

    Args:
        picture: the file to be written.
        instance: the instance.
        original: the picture that came in.
        kind: of both.

    Raises:
        HeldError: NOT_READABLE_AGAIN, SURPLUS_LEFT, PIXELS_CHANGED.
    """
    from pydicom import dcmread

    with guarded(Reason.NOT_READABLE_AGAIN):
        found = surplus_of(picture, kind)
        if found:
            raise HeldError(Reason.SURPLUS_LEFT, found)
        header = dcmread(instance)
        if kind is FileFormat.JPEG:
            orientation = jpeg_frame(original).orientation
            is_same = picture[2:].removeprefix(exif_of(orientation)) in header.PixelData
        else:
            pages = pages_of(header, original, kind)
            written = list(pages_in(picture))
            is_same = len(pages) == len(written) and all(map(np.array_equal, pages, written))
    if not is_same:
        raise HeldError(Reason.PIXELS_CHANGED, "in the picture's own format")


def pages_in(picture: bytes) -> Iterator[Pixels]:
    """The pages of a PNG or TIFF file, by Pillow and, where that loses bits, by OpenCV."""
    import cv2
    from PIL import Image as Pillow
    from PIL import ImageSequence

    with Pillow.open(io.BytesIO(picture)) as opened:
        if opened.mode in ("L", "RGB") and _bits(opened) <= 8:
            for page in ImageSequence.Iterator(opened):
                yield np.asarray(page)
            return
    _, pages = cv2.imdecodemulti(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED)
    for page in pages:
        yield page[..., ::-1] if page.ndim == 3 else page


def _bits(opened: Any) -> int:
    """Bits of a sample, where the file says so: Pillow shows 16 bits of colour as 8."""
    if opened.format == "PNG":
        opened.fp.seek(24)
        return int(opened.fp.read(1)[0])
    bits = getattr(opened, "tag_v2", {}).get(258, (8,))
    return int(max(bits))


def surplus_of(picture: bytes, kind: FileFormat) -> str:
    """What a picture holds besides its pixels, in a few words without values; else empty.

    Raises:
        Exception: it cannot be followed.
    """
    if kind is FileFormat.PNG:
        return _in_png(picture)
    return _in_jpeg(picture) if kind is FileFormat.JPEG else _in_tiff(picture)


def _in_png(picture: bytes) -> str:
    if not picture.startswith(PNG_SIGNATURE):
        raise ValueError("no PNG")
    at, kind = len(PNG_SIGNATURE), b""
    while at < len(picture) and kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", picture, at)
        if kind not in PNG_CHUNKS:
            return "a chunk that is no picture"
        at += 12 + length
    return "bytes behind the picture" if at != len(picture) else ""


def _in_jpeg(picture: bytes) -> str:
    orientation = exif_of(jpeg_frame(picture).orientation)
    data = picture[:2] + picture[2:].removeprefix(orientation)
    at = 2
    while True:
        code, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at] != 0xFF:
            raise ValueError("marker expected")
        if code == 0xD9:
            return "bytes behind the picture" if at + 2 != len(data) else ""
        if code not in JPEG_SEGMENTS or (code in (0xE0, 0xEE) and length > 16):
            return "a segment that is no picture"
        at += 2 + length
        while code == 0xDA and (data[at] != 0xFF or data[at + 1] in (0, *range(0xD0, 0xD8))):
            at = data.index(b"\xff", at + (data[at] == 0xFF))


def _in_tiff(picture: bytes) -> str:
    import tifffile

    with tifffile.TiffFile(io.BytesIO(picture)) as file:
        for page in file.pages:
            names = {tag.name for tag in page.tags}
            if not names <= TIFF_TAGS:
                return "a tag that is no picture"
    return ""
