"""Files that are not written as they say, shown to the steps as files that are.

`canonical` gives a file back as it is where it keeps to PS3.5 and PS3.10. Any other is read by
`tolerant` and encoded again: file meta information first, one encoding at every depth, the one
that the transfer syntax names, elements in order. Pixel data are never copied for that.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import BinaryIO, Final, Literal

from pixelscrub.dicom.constants import DEFLATED_UID, LONG, NATIVE_UIDS, SHORT
from pixelscrub.dicom.elements import EXPLICIT_LITTLE, Element, Encoding, Reader, items_of
from pixelscrub.dicom.nested import PIXEL_DATA, cleaned_cells
from pixelscrub.dicom.parts import Parts, meta_of, parts_of
from pixelscrub.dicom.recover import DATA_SET_UIDS, recovered
from pixelscrub.errors import HeldError

START: Final = 2**16
"""Bytes that hold the file meta information."""
META, DATA_SET = 132, 0x00030000
"""Where file meta information starts, and the first tag that is none of it."""
VRS: Final = SHORT | LONG


def canonical(file: BinaryIO) -> BinaryIO:
    """The file, written as PS3.5 and PS3.10 say.

    Args:
        file: an instance, or anything else, which is given back as it is; must be able to seek.

    Returns:
        `file` itself at its start, or a view of it that can seek and closes it.

    Raises:
        HeldError: DAMAGED_FILE, where elements cannot be followed; TRUNCATED_PIXEL_DATA.
    """
    try:
        if is_well_formed(file):
            return file
        start = _start_of(file)
        return file if start is None else recovered(file, *start)
    finally:
        with suppress(ValueError):
            file.seek(0)


def is_well_formed(file: BinaryIO) -> bool:
    """Whether a file is written as it says, at every depth. Deflated files are not looked into."""
    file.seek(0)
    start = file.read(START)
    if start[128:132] != b"DICM" or start[132:140] != b"\2\0\0\0UL\4\0":
        return False
    syntax, at = meta_of(start)
    if not syntax or at != 144 + int.from_bytes(start[140:144], "little"):
        return False
    if syntax == DEFLATED_UID:
        return True
    try:
        parts = parts_of(file)
    except HeldError:
        return False
    return parts is not None and _is_strict(parts) and not _lacks_uid(start, parts)


def _lacks_uid(start: bytes, parts: Parts) -> bool:
    """Whether the data set leaves out a UID that the file meta information has."""
    missing = {tag for tag, own in DATA_SET_UIDS.items() if not parts.header.text(own)}
    if not missing:
        return False
    meta, _ = Reader(start).elements(META, len(start), EXPLICIT_LITTLE, before=DATA_SET)
    return any(element.tag in missing and element.value.strip(b"\0 ") for element in meta)


def _is_strict(parts: Parts) -> bool:
    """Whether elements are in order, of even length, and in one encoding at every depth."""
    if parts.pixels is not None and parts.pixels.items is not None and parts.syntax in NATIVE_UIDS:
        return False
    (_, before), (_, after) = parts.header.pieces
    tags = [element.tag for element in (*before, *after)]
    if tags != sorted(set(tags)):
        return False
    try:
        how = parts.header.how
        return all(_are_strict(found, how, data) for data, found in parts.header.pieces)
    except HeldError:
        return False


def _are_strict(elements: Iterable[Element], how: Encoding, source: bytes, depth: int = 0) -> bool:
    last = -1
    for element in elements:
        is_named = how.implicit or element.vr in VRS
        if element.tag <= last or (element.end - element.at) % 2 or not is_named:
            return False
        last = element.tag
        if element.is_sequence and not _is_strict_sequence(element, how, source, depth):
            return False
    return True


def _is_strict_sequence(element: Element, how: Encoding, source: bytes, depth: int) -> bool:
    if element.inner != how:  # UN, whose items are implicit: a sequence in disguise
        return False
    return all(
        (item.how == how or not item.elements)
        and _are_strict(item.elements, how, source, depth + 1)
        and _holds_values_only(item.elements, how)
        for item in items_of(element, source, depth)
    )


def _holds_values_only(elements: list[Element], how: Encoding) -> bool:
    """Whether pixel data of an item hold their frames and nothing else."""
    values = {element.tag: element.value for element in elements}
    pixels = values.get(PIXEL_DATA)
    if pixels is None:
        return True
    order: Literal["little", "big"] = "little" if how.little else "big"

    def number(tag: int) -> int:
        return int.from_bytes(values.get(tag, b"")[:2], order)

    return pixels == cleaned_cells(pixels, number, little=how.little)


def _start_of(file: BinaryIO) -> tuple[int, bool] | None:
    """Where elements start, and whether they are little endian; None where this is no DICOM."""
    file.seek(0)
    start = file.read(144)
    for at in (132, 4) if b"DICM" in (start[128:132], start[:4]) else (0, 128):
        if start[at - 4 : at] == b"DICM" or at in (0, 128):
            group = start[at : at + 2]
            if group in (b"\2\0", b"\x08\0"):
                return at, True
            if group == b"\0\x08":
                return at, False
    return None
