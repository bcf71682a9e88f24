"""Take a picture out of the instance that stood for it, in the format that it came in.

The file holds pixels and nothing else: no text, no colour profile, no preview, no date. Of a JPEG
the stream is that of the instance; if its Exif said how to turn it, an Exif of that one number is
written anew.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.formats.kinds import FileFormat
from pixelscrub.formats.pictures import EXIF, ORIENTATION, UPRIGHT, jpeg_frame, read_pages

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

PNG_LEVEL: Final = 6


def unwrapped(written: BinaryIO, original: bytes, kind: FileFormat) -> bytes:
    """The picture in an instance that `wrapped` made and the steps have changed.

    Args:
        written: the instance.
        original: the file that it was made of: its pages' sizes, and how it is to be turned.
        kind: what it is.

    Raises:
        HeldError: ENCODE_FAILED.
    """
    from pydicom import dcmread

    with guarded(Reason.ENCODE_FAILED):
        header = dcmread(written)
        if kind is FileFormat.JPEG:
            return _jpeg(header, jpeg_frame(original).orientation)
        pages = pages_of(header, original, kind)
        return _png(pages) if kind is FileFormat.PNG else _tiff(pages)


def pages_of(header: FileDataset, original: bytes, kind: FileFormat) -> list[npt.NDArray[Any]]:
    """The frames of an uncompressed instance, each as large as the page that it stands for."""
    frames = np.frombuffer(header.PixelData, f"<u{header.BitsAllocated // 8}")
    count = int(header.get("NumberOfFrames") or 1)
    size = (count, header.Rows, header.Columns, *([3] if header.SamplesPerPixel == 3 else []))
    frames = frames[: int(np.prod(size))].reshape(size)
    pages = read_pages(original, kind)
    if len(pages) != count:
        raise HeldError(Reason.ENCODE_FAILED, "pages")
    cropped = pages[0].shape[:2] if count == 1 else None
    if cropped is not None and cropped != frames.shape[1:3]:
        return [frames[0]]
    return [
        frame[: page.shape[0], : page.shape[1]] for frame, page in zip(frames, pages, strict=True)
    ]


def _jpeg(header: FileDataset, orientation: int) -> bytes:
    from pydicom.encaps import generate_frames

    stream = next(generate_frames(header.PixelData, number_of_frames=1))
    stream = stream[: stream.rfind(b"\xff\xd9") + 2]
    return stream[:2] + exif_of(orientation) + stream[2:]


def exif_of(orientation: int) -> bytes:
    """An APP1 segment that says how a picture is to be turned and nothing else; may be empty."""
    if orientation == UPRIGHT:
        return b""
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, ORIENTATION, 3, 1, orientation, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", 2 + len(EXIF) + len(tiff)) + EXIF + tiff


def _png(pages: list[npt.NDArray[Any]]) -> bytes:
    import imagecodecs

    return bytes(imagecodecs.png_encode(np.ascontiguousarray(pages[0]), level=PNG_LEVEL))


def _tiff(pages: list[npt.NDArray[Any]]) -> bytes:
    import tifffile

    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        for page in pages:
            file.write(
                np.ascontiguousarray(page),
                photometric="rgb" if page.ndim == 3 else "minisblack",
                compression="zlib",
                metadata=None,
                software=False,
            )
    return out.getvalue()
