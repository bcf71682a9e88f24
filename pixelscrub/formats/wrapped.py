"""Show pictures as Secondary Capture instances, made in memory and never written to the output.

A JPEG stream goes in as it is; of other formats the decoded pixels do. The instance says nothing
but what pixels are: no word of the file's metadata gets into it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.formats.kinds import FileFormat
from pixelscrub.formats.pictures import jpeg_frame, read_pages

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

Pages = Sequence[npt.NDArray[Any]]

SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
IMPLEMENTATION: Final = "2.25.186000000000000000000000000000000000001"
EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
JPEG_SYNTAX: Final = {0xC0: "1.2.840.10008.1.2.4.50", 0xC1: "1.2.840.10008.1.2.4.51",
                      0xC2: "1.2.840.10008.1.2.4.50"}  # fmt: skip
"""Transfer syntax by frame header (T.81 table B.1); decoders of baseline know progressive too."""
MAX_BYTES: Final = 2**30
"""Bytes of a picture's file, and of its decoded pages together."""


def wrapped(file: BinaryIO, kind: FileFormat) -> BinaryIO:
    """A picture as an instance.

    Args:
        file: the picture, open for reading.
        kind: what it is.

    Raises:
        HeldError: TOO_LARGE; DAMAGED_FILE, where it cannot be decoded; PICTURE_TYPE, where it is
            none of the kinds that can be written back.
    """
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise HeldError(Reason.TOO_LARGE, "picture")
    if kind is FileFormat.JPEG:
        return _wrapped_jpeg(data)
    return wrap_pages(read_pages(data, kind))


def wrap_pages(pages: Pages) -> BinaryIO:
    """Pages of one type as frames; smaller ones are padded to the largest, right and below.

    Args:
        pages: uint8 or uint16, (rows, columns) or (rows, columns, 3).
    """
    frames = _even(pages)
    first = frames[0]
    header = _header(first.shape[0], first.shape[1], len(frames))
    _describe(header, 3 if first.ndim == 3 else 1, first.dtype.itemsize * 8, "RGB")
    pixels = np.ascontiguousarray(np.stack(frames)).astype(
        first.dtype.newbyteorder("<"), copy=False
    )
    header.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    header["PixelData"].VR = "OW" if first.dtype.itemsize > 1 else "OB"
    return _written(header, EXPLICIT_LITTLE)


def _even(pages: Pages) -> list[npt.NDArray[Any]]:
    rows, columns = (max(page.shape[axis] for page in pages) for axis in (0, 1))
    return [
        np.pad(
            page,
            [(0, rows - page.shape[0]), (0, columns - page.shape[1]), (0, 0)][: page.ndim],
        )
        for page in pages
    ]


def _wrapped_jpeg(data: bytes) -> BinaryIO:
    from pydicom.encaps import encapsulate

    with guarded(Reason.DAMAGED_FILE):
        frame = jpeg_frame(data)
    if frame.code not in JPEG_SYNTAX or frame.components not in (1, 3) or frame.precision != 8:
        raise HeldError(Reason.PICTURE_TYPE, "JPEG")
    header = _header(frame.rows, frame.columns, 1)
    _describe(header, frame.components, 8, "YBR_FULL_422")
    header.PixelData = encapsulate([data])
    header["PixelData"].VR = "OB"
    return _written(header, JPEG_SYNTAX[frame.code])


def _header(rows: int, columns: int, frames: int) -> FileDataset:
    from pydicom.dataset import FileDataset, FileMetaDataset

    if not (0 < rows < 2**16 and 0 < columns < 2**16):
        raise HeldError(Reason.PICTURE_TYPE, "size")
    header = FileDataset("", {}, preamble=bytes(128), file_meta=FileMetaDataset())
    header.SOPClassUID = SECONDARY_CAPTURE
    header.Modality = "OT"
    header.ConversionType = "WSD"
    header.Rows, header.Columns = rows, columns
    if frames > 1:
        header.NumberOfFrames = frames
        header.PerFrameFunctionalGroupsSequence = [_page(number) for number in range(frames)]
    return header


def _page(number: int) -> Dataset:
    """Pages are places of their own, no moments of a cine: each is searched as a whole."""
    from pydicom.dataset import Dataset

    place, group = Dataset(), Dataset()
    place.ImagePositionPatient = [0, 0, number]
    group.PlanePositionSequence = [place]
    return group


def _describe(header: FileDataset, samples: int, bits: int, colour: str) -> None:
    header.SamplesPerPixel = samples
    header.PhotometricInterpretation = "MONOCHROME2" if samples == 1 else colour
    if samples == 3:
        header.PlanarConfiguration = 0
    header.BitsAllocated = header.BitsStored = bits
    header.HighBit = bits - 1
    header.PixelRepresentation = 0


def _written(header: FileDataset, syntax: str) -> BinaryIO:
    """The file; its UIDs come of its pixels, so that the same picture has the same ones."""
    from pydicom.uid import UID

    digest = hashlib.sha256(header.PixelData).digest()[:16]
    uid = UID(f"2.25.{int.from_bytes(digest, 'big')}")
    header.SOPInstanceUID = header.StudyInstanceUID = header.SeriesInstanceUID = uid
    meta = header.file_meta
    meta.MediaStorageSOPClassUID = header.SOPClassUID
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = UID(IMPLEMENTATION)
    file = io.BytesIO()
    header.save_as(file, enforce_file_format=True)
    file.seek(0)
    return file
