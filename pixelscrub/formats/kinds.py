"""What a file is by its first bytes: DICOM, a picture, or a NIfTI volume."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

SNIFFED: Final = 352
"""Bytes that tell: the header of NIfTI-1 is the longest."""
PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
JPEG_START: Final = b"\xff\xd8\xff"
TIFF_STARTS: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""TIFF 6.0 section 2 and BigTIFF, in either order of bytes."""
GZIP: Final = b"\x1f\x8b"
NIFTI_MAGIC: Final = (b"n+1\0", b"ni1\0")
NIFTI_2_MAGIC: Final = (b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n")


class FileFormat(StrEnum):
    """What a file is; the value is what the plan and the names of outputs say."""

    DICOM = "dicom"
    PNG = "png"
    JPEG = "jpeg"
    TIFF = "tiff"
    NIFTI = "nifti"


PICTURES: Final = frozenset({FileFormat.PNG, FileFormat.JPEG, FileFormat.TIFF})
"""What is shown as a Secondary Capture."""
ENDING: Final = {
    FileFormat.DICOM: ".dcm",
    FileFormat.PNG: ".png",
    FileFormat.JPEG: ".jpg",
    FileFormat.TIFF: ".tif",
    FileFormat.NIFTI: ".nii.gz",
}
"""How names of outputs end."""


def format_of(start: bytes, name: str) -> FileFormat:
    """What a file is.

    Args:
        start: its first `SNIFFED` bytes, or all of it.
        name: what it is called; a compressed volume is told by its name alone.
    """
    if start[128:132] == b"DICM":  # a TIFF may be the preamble of an instance (PS3.10 7.1)
        return FileFormat.DICOM
    if start.startswith(PNG_SIGNATURE):
        return FileFormat.PNG
    if start.startswith(JPEG_START):
        return FileFormat.JPEG
    if start.startswith(TIFF_STARTS):
        return FileFormat.TIFF
    return FileFormat.NIFTI if _is_nifti(start, name.lower()) else FileFormat.DICOM


def _is_nifti(start: bytes, name: str) -> bool:
    """Whether a file is a NIfTI volume; of a pair (`.hdr`, `.img`) the header stands for both."""
    if start.startswith(GZIP):
        return name.endswith((".nii.gz", ".hdr.gz"))
    return start[344:348] in NIFTI_MAGIC or start[4:12] in NIFTI_2_MAGIC
