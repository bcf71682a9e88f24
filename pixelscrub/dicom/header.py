"""pydicom's data set and the header in bytes, which is what the steps of this room work on.

pydicom keeps elements raw until they are asked for; only what another step has touched is
encoded again.
"""

from __future__ import annotations

from io import BytesIO

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

from pixelscrub.dicom.constants import PIXEL_TAGS
from pixelscrub.dicom.elements import Encoding
from pixelscrub.dicom.parts import Encoded


def encoding_of(header: Dataset) -> Encoding:
    """How the header was written; explicit little endian where it was made in memory."""
    implicit, little = header.original_encoding
    return Encoding(bool(implicit), little is not False)


def encoded(header: Dataset) -> Encoded:
    """Every element but pixel data, in bytes.

    Raises:
        HeldError: TAGS_FAILED, where its elements do not add up.
    """
    how = encoding_of(header)
    part = Dataset({tag: header.get_item(tag) for tag in header.keys() if tag not in PIXEL_TAGS})  # noqa: SIM118
    part.set_original_encoding(how.implicit, how.little, header.original_character_set)
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = how.implicit, how.little
    write_dataset(buffer, part, header.get("SpecificCharacterSet", "iso8859"))
    return Encoded.of(buffer.getvalue(), how)


def adopt(header: Dataset, meta: bytes, data: bytes) -> None:
    """Give `header` the file meta information and the elements of `data`, raw."""
    how = encoding_of(header)
    for tag in [tag for tag in header.keys() if tag not in PIXEL_TAGS]:  # noqa: SIM118
        del header[tag]
    header.update(read_dataset(BytesIO(data), how.implicit, how.little))
    header.file_meta = FileMetaDataset(read_dataset(BytesIO(meta), False, True))
    header.preamble = bytes(128)
