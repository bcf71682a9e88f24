"""What stands before the data set: preamble and file meta information, made anew."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

from pixelscrub.tags.header import text

IMPLEMENTATION = UID("2.25.191029485216203317264860417903310451278")


def new_file_meta(header: Dataset) -> FileMetaDataset:
    """File meta information of the de-identified header (PS3.10 7.1).

    Only the transfer syntax is taken over; application entities, private information and the
    implementation that wrote the original are not.
    """
    old = getattr(header, "file_meta", None)
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID = UID(text(header, 0x00080016))
    meta.MediaStorageSOPInstanceUID = UID(text(header, 0x00080018))
    if old is not None and "TransferSyntaxUID" in old:
        meta.TransferSyntaxUID = old.TransferSyntaxUID
    meta.ImplementationClassUID = IMPLEMENTATION
    meta.ImplementationVersionName = f"PIXELSCRUB_{_version()}"[:16]
    return meta


@cache
def _version() -> str:
    try:
        return version("pixelscrub").replace(".", "")
    except PackageNotFoundError:
        return "0"
