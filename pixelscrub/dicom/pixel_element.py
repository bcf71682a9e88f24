"""Where the pixel data lies in a file, and the header around it.

Data set encoding is PS3.5 section 7, encapsulation PS3.5 A.4. The value of the pixel data element
is skipped, never loaded; of encapsulated pixel data only the item headers are read.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileDataset
from pydicom.filereader import (
    read_dataset,
    read_partial,
    read_preamble,
)
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pixelscrub.compat.pydicom_private import character_set_of, raw_elements, read_file_meta
from pixelscrub.dicom.constants import DEFLATED_UID, ITEM, PIXEL_TAGS, SEQUENCE_END, UNDEFINED
from pixelscrub.dicom.deflate import HEADER_LIMIT, Inflated
from pixelscrub.errors import HeldError, Reason, guarded

if TYPE_CHECKING:
    from pydicom.tag import BaseTag

MOST_MISPLACED: Final = 100_000
"""Elements that may follow the pixel data against their order: a tail of zeros reads as such."""


@dataclass(frozen=True, slots=True)
class PixelElement:
    """The pixel data element of a file.

    Attributes:
        tag: 0x7FE00008, 0x7FE00009 or 0x7FE00010.
        vr: its value representation; `OW` where that is implicit.
        start, end: offset of the value, and the first offset after the element.
        items: offset and length of each item's value, the basic offset table first; None where
            the pixel data are native.
    """

    tag: int
    vr: str
    start: int
    end: int
    items: tuple[tuple[int, int], ...] | None = None


def read_around(file: BinaryIO) -> tuple[FileDataset, PixelElement | None, BinaryIO]:
    """Read the header, and find the pixel data.

    Args:
        file: the instance; must be able to seek.

    Returns:
        Every element but the pixel data, raw elements untouched; the place of the pixel data, or
        None; and the file that place is counted in (the inflated one for a deflated data set).

    Raises:
        HeldError: DAMAGED_FILE, TRUNCATED_PIXEL_DATA, BAD_PIXEL_DATA or TOO_LARGE.
    """
    with guarded(Reason.DAMAGED_FILE):
        file, header = _read_before(file)
        element = _find(file, header)
        if element is not None:
            _read_after(file, header, element)
        _check_complete(header)
    return header, element, file


def _read_before(file: BinaryIO) -> tuple[BinaryIO, FileDataset]:
    file.seek(0)
    preamble = read_preamble(file, force=True)
    meta = read_file_meta(file)
    if meta.get("TransferSyntaxUID") != DEFLATED_UID:
        file.seek(0)
        header = read_partial(file, stop_when=_is_pixel_data, force=True)
        _name_encoding(header)
        return file, header
    file = cast(BinaryIO, io.BufferedReader(Inflated(file)))
    data = read_dataset(file, False, True, stop_when=_is_pixel_data)
    header = FileDataset(io.BytesIO(), data, preamble, meta, False, True)
    header.set_original_encoding(False, True, character_set_of(data))
    return file, header


def _is_pixel_data(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return int(tag) in PIXEL_TAGS


def _name_encoding(header: FileDataset) -> None:
    """Note where elements are implicit against the transfer syntax, and name a missing one."""
    implicit, little = header.original_encoding
    raw = (e for e in raw_elements(header).values() if isinstance(e, RawDataElement))
    implicit = implicit or any(element.VR is None for element in raw)
    header.set_original_encoding(implicit, little, header.original_character_set)
    if "TransferSyntaxUID" not in header.file_meta:
        explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        header.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit


def _find(file: BinaryIO, header: FileDataset) -> PixelElement | None:
    order = "<" if header.original_encoding[1] else ">"
    head = file.read(8)
    if len(head) < 8:
        return None
    group, element = struct.unpack(order + "HH", head[:4])
    implicit = not head[4:6].isalpha()
    vr = "OW" if implicit else head[4:6].decode("ascii")
    (length,) = struct.unpack(order + "L", head[4:] if implicit else file.read(4))
    tag, start = group << 16 | element, file.tell()
    if length == UNDEFINED:
        items, end = read_items(file)
        return PixelElement(tag, vr, start, end, items)
    _skip_to(file, start + length)
    return PixelElement(tag, vr, start, start + length)


def read_items(file: BinaryIO) -> tuple[tuple[tuple[int, int], ...], int]:
    """Offset and length of each item of encapsulated pixel data, and where those end.

    Args:
        file: stands at the first item.

    Raises:
        HeldError: TRUNCATED_PIXEL_DATA or BAD_PIXEL_DATA.
    """
    items: list[tuple[int, int]] = []
    while True:
        head = file.read(8)
        if len(head) < 8:
            raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "no sequence delimiter")
        group, element, length = struct.unpack("<HHL", head)
        tag = group << 16 | element
        if tag == SEQUENCE_END:
            return tuple(items), file.tell()
        if tag != ITEM or length == UNDEFINED:
            raise HeldError(Reason.BAD_PIXEL_DATA, "no item where one is expected")
        items.append((file.tell(), length))
        _skip_to(file, file.tell() + length)


def _skip_to(file: BinaryIO, end: int) -> None:
    """Move to `end`, which must lie inside the file."""
    inflated = getattr(file, "raw", None)
    if isinstance(inflated, Inflated):
        inflated.limit = end + HEADER_LIMIT
    file.seek(max(end - 1, 0))
    if end and not file.read(1):
        raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "pixel data end after the file")


def _read_after(file: BinaryIO, header: FileDataset, element: PixelElement) -> None:
    implicit, little = header.original_encoding
    misplaced = count(1)

    def stop(tag: BaseTag, vr: str | None, length: int) -> bool:
        if int(tag) < element.tag and next(misplaced) > MOST_MISPLACED:
            raise HeldError(Reason.DAMAGED_FILE, "too many elements after the pixel data")
        return _is_pixel_data(tag, vr, length)

    file.seek(element.end)
    after = read_dataset(file, bool(implicit), bool(little), stop_when=stop)
    if len(file.read(4)) == 4:
        raise HeldError(Reason.BAD_PIXEL_DATA, "more than one pixel data element")
    raw_elements(header).update(raw_elements(after))


def _check_complete(header: FileDataset) -> None:
    """Raise where the file ends inside an element: the reader itself says nothing."""
    for element in raw_elements(header).values():
        if not isinstance(element, RawDataElement):
            continue
        if element.length not in (UNDEFINED, len(element.value or b"")):
            raise HeldError(Reason.DAMAGED_FILE, "file ends inside an element")
