"""Write an instance: its header, and its pixel data frame by frame.

Where the edit is empty the pixel data element is copied byte for byte. File format: PS3.10
section 7; data set encoding: PS3.5 section 7; encapsulation: PS3.5 A.4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import numpy as np
import numpy.typing as npt

from pixelscrub.compat.pydicom_private import raw_elements
from pixelscrub.dicom.constants import DEFLATED_UID, PREAMBLE, UNDEFINED
from pixelscrub.dicom.deflate import Deflating
from pixelscrub.dicom.elements import Encoding
from pixelscrub.dicom.encapsulation import EXTENDED_OFFSETS, write_items
from pixelscrub.dicom.pixel_element import PixelElement
from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.findings import Box
from pixelscrub.pixels import codecs, jpeg
from pixelscrub.pixels.edit import Edit
from pixelscrub.pixels.fill import filled
from pixelscrub.pixels.fit import is_edited_as_jpeg
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.info import PixelInfo
from pixelscrub.pixels.native import CellLayout

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

Cells = npt.NDArray[Any]

BLOCK: Final = 2**20


def write(out: BinaryIO, image: Image, header: FileDataset, edit: Edit) -> None:
    """Write the instance to `out`.

    Args:
        out: empty, open for writing and reading; must be able to seek.
        image: the original.
        header: what is to be written around the pixel data, adapted to `edit`.
        edit: what to change, fitted to the image.

    Raises:
        HeldError: a frame cannot be decoded or encoded; ENCODE_FAILED.
    """
    with guarded(Reason.ENCODE_FAILED):
        out.write(PREAMBLE + _meta(header))
        if header.file_meta.TransferSyntaxUID == DEFLATED_UID:
            with Deflating(out) as deflating:
                _write_data_set(cast(BinaryIO, deflating), image, header, edit)
        else:
            _write_data_set(out, image, header, edit)


def target_syntax(image: Image, edit: Edit) -> str:
    """UID of the transfer syntax that the instance is written in.

    Lossy syntaxes become a lossless one of their family where frames are coded anew.
    """
    if image.info is None:
        return str(image.header.file_meta.TransferSyntaxUID)
    uid = image.known.transfer_syntax
    if not edit or is_edited_as_jpeg(image):
        return uid
    return image.codec.lossless or uid


def _meta(header: FileDataset) -> bytes:
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_file_meta_info

    meta = header.file_meta
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        if not meta.get(f"MediaStorage{keyword}"):
            setattr(meta, f"MediaStorage{keyword}", header.get(keyword))
    buffer = DicomBytesIO()
    write_file_meta_info(buffer, meta, enforce_standard=True)
    return buffer.getvalue()


def _write_data_set(out: BinaryIO, image: Image, header: FileDataset, edit: Edit) -> None:
    element = image.element
    if element is None:
        out.write(_elements(header, 0, 1 << 32))
        return
    out.write(_elements(header, 0, element.tag))
    if not edit and image.is_minimal:
        _copy(out, image, header, element)
    elif image.native is not None:
        _write_native(out, image, header, edit, element)
    else:
        _write_encapsulated(out, image, header, edit)
    out.write(_elements(header, element.tag + 1, 1 << 32))


def _elements(header: FileDataset, start: int, stop: int) -> bytes:
    """Encoded elements with tags from `start` to before `stop`; raw ones as they were."""
    from pydicom.dataset import Dataset
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    implicit, little = Encoding.of_syntax(str(header.file_meta.TransferSyntaxUID))
    part = Dataset({tag: e for tag, e in raw_elements(header).items() if start <= int(tag) < stop})
    as_read = header.original_encoding
    part.set_original_encoding(as_read[0], as_read[1], header.original_character_set)
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = implicit, little
    write_dataset(buffer, part, header.get("SpecificCharacterSet", "iso8859"))
    return buffer.getvalue()


def _element_header(header: FileDataset, element: PixelElement, length: int) -> bytes:
    implicit, little = Encoding.of_syntax(str(header.file_meta.TransferSyntaxUID))
    order = "<" if little else ">"
    tag = struct.pack(order + "HH", element.tag >> 16, element.tag & 0xFFFF)
    vr = b"" if implicit else element.vr.encode("ascii") + b"\0\0"
    return tag + vr + struct.pack(order + "L", length)


def _copy(out: BinaryIO, image: Image, header: FileDataset, element: PixelElement) -> None:
    remaining = element.end - element.start
    is_native = element.items is None
    out.write(_element_header(header, element, remaining if is_native else UNDEFINED))
    image.file.seek(element.start)
    while remaining:
        block = image.file.read(min(BLOCK, remaining))
        if not block:
            raise HeldError(Reason.TRUNCATED_PIXEL_DATA)
        out.write(block)
        remaining -= len(block)


def _write_native(
    out: BinaryIO, image: Image, header: FileDataset, edit: Edit, element: PixelElement
) -> None:
    info = _cropped(image.known, edit.crop)
    layout = CellLayout(info, image.is_big_endian, element.vr)
    length = -(-layout.frame_bits * info.frames // 8)
    out.write(_element_header(header, element, length + length % 2))
    frames = (edited_cells(image, index, edit) for index in range(info.frames))
    for piece in layout.pack(frames):
        out.write(piece)


def _write_encapsulated(out: BinaryIO, image: Image, header: FileDataset, edit: Edit) -> None:
    assert image.encapsulated is not None  # noqa: S101
    frames = image.known.frames
    out.write(struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OB", 0, UNDEFINED))
    if not edit:
        streams = essential_streams(image)
    else:
        streams = _edited_jpegs(image, edit) if is_edited_as_jpeg(image) else _recoded(image, edit)
    has_table = image.encapsulated.has_table and EXTENDED_OFFSETS not in header
    write_items(out, streams, frames if has_table else 0)


def essential_streams(image: Image) -> Iterator[bytes]:
    """What decoding needs of each code stream, one at a time."""
    for index in range(image.known.frames):
        yield codecs.essential(image.codec, image.stream(index), image.known)


def _edited_jpegs(image: Image, edit: Edit) -> Iterator[bytes]:
    for index in range(image.known.frames):
        stream = image.stream(index)
        values, mask = filled(image, index, image.frame(index), edit)
        if edit.crop is None and not mask.any():
            yield codecs.essential(image.codec, stream, image.known)
            continue
        found = codecs.read_stream(image.codec, stream, image.known)
        assert found is not None  # noqa: S101
        coefficients = jpeg.read_coefficients(stream, found)
        jpeg.fill(coefficients, values.astype(np.uint8), jpeg.touched(mask, found), found)
        if edit.crop is not None:
            jpeg.crop(coefficients, edit.crop, found)
        yield jpeg.write(coefficients, found)


def _recoded(image: Image, edit: Edit) -> Iterator[bytes]:
    codec = codecs.codec_of(target_syntax(image, edit))
    info = _cropped(image.known, edit.crop)
    for index in range(info.frames):
        found = codecs.read_stream(image.codec, image.stream(index), image.known)
        yield codecs.encode(codec, edited_cells(image, index, edit), info, found)


def edited_cells(image: Image, index: int, edit: Edit) -> Cells:
    """Cells of one frame after the edit, cropped: what is filled has no unused bits set."""
    info = image.known
    cells = image.cells(index)
    values, mask = filled(image, index, info.values(cells), edit)
    plain = info.cells(values)
    chosen = plain if edit.clear_unused else np.where(_as(mask, cells), plain, cells)
    if edit.crop is None:
        return chosen
    x0, y0, x1, y1 = edit.crop
    return np.ascontiguousarray(chosen[y0:y1, x0:x1])


def _as(mask: npt.NDArray[np.bool_], cells: Cells) -> npt.NDArray[np.bool_]:
    return mask[..., None] if cells.ndim == 3 else mask


def _cropped(info: PixelInfo, crop: Box | None) -> PixelInfo:
    return info if crop is None else replace(info, rows=crop.height, columns=crop.width)
