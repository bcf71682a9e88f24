"""Every place of a file that can hold a value, with its bytes and a name for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from pixelscrub.prove.parsed import Parsed, Span
from pixelscrub.prove.search import Needles

TEXT: Final = frozenset(
    {"AE", "AS", "CS", "DA", "DT", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}
)
NUMBERS: Final = frozenset(
    {"AT", "DS", "FD", "FL", "IS", "OD", "OF", "SL", "SS", "SV", "UL", "US", "UV"}
)
"""A number cannot name anyone; that it equals one in an ID is chance."""
CODESTREAM_STARTS: Final = (b"\xff\xd8", b"\xff\x4f")
SCAN_STARTS: Final = frozenset({0xDA, 0x90, 0x93})
"""JPEG's SOS, and JPEG 2000's SOT and SOD: what follows is compressed."""


class FoundValue(NamedTuple):
    """The bytes of one element that holds no items; `place` is its tag path."""

    place: str
    vr: str
    data: bytes


def values(dataset: Dataset, path: str = "") -> Iterator[FoundValue]:
    """Every element at any depth, as the bytes that stand in the file."""
    for tag in list(dataset.keys()):
        place = f"{path}({tag.group:04X},{tag.element:04X})"
        item = _item(dataset, tag)
        vr = _vr(item)
        if vr == "SQ":
            for number, nested in enumerate(_items(dataset, tag)):
                yield from values(nested, f"{place}[{number}].")
        else:
            yield FoundValue(place, vr, bytes_of(item))


def _item(dataset: Dataset, tag: BaseTag) -> DataElement | RawDataElement | None:
    """An element; one that pydicom cannot convert as it was read."""
    try:
        return dataset.get_item(tag)
    except Exception:  # whatever a wrong VR or value makes of it
        return dataset._dict.get(tag)


def _items(dataset: Dataset, tag: BaseTag) -> Sequence[Dataset]:
    """Items of a sequence; none where they cannot be read, which the check of bytes tells."""
    try:
        return dataset[tag].value or ()
    except Exception:
        return ()


def _vr(item: DataElement | RawDataElement | None) -> str:
    vr = getattr(item, "VR", None)
    if vr is not None:
        return str(vr)
    try:
        return dictionary_VR(BaseTag(item.tag)) if item is not None else "UN"
    except KeyError:
        return "UN"


def bytes_of(item: DataElement | RawDataElement | None) -> bytes:
    """An element's value as it stands in the file, or would."""
    value = None if item is None else item.value
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    several = value if isinstance(value, list) or hasattr(value, "append") else [value]
    return "\\".join(map(str, several)).encode()


def places_of_values(parsed: Parsed, needles: Needles) -> Iterator[str]:
    """Every place of a file at which any of `needles` stands.

    The file as a whole is searched where no part of it has shown anything.

    Yields:
        Tag paths such as ``(0008,1140)[0].(0008,1155)``, or a few words; never a value.
    """
    is_found = False
    for place in _places(parsed, needles):
        is_found = True
        yield place
    if not is_found and (where := _anywhere(parsed, needles)) is not None:
        yield where


def _places(parsed: Parsed, needles: Needles) -> Iterator[str]:
    for dataset in (parsed.header.file_meta, parsed.header, parsed.tail):
        yield from (value.place for value in values(dataset) if _holds(value, needles))
    for place, data in _loose_parts(parsed):
        if needles.in_binary(data):
            yield place


def _holds(value: FoundValue, needles: Needles) -> bool:
    if value.vr in NUMBERS:
        return False
    return needles.in_text(value.data) if value.vr in TEXT else needles.in_binary(value.data)


def _loose_parts(parsed: Parsed) -> Iterator[tuple[str, bytes]]:
    """Bytes that belong to no element, and those of codestreams that are no picture."""
    yield "preamble", parsed.header.preamble or b""
    for _, block in parsed.blocks(parsed.rest):
        yield "after the last element", block
    for span in parsed.fragments:
        for part in _codestream_parts(parsed.read(span)):
            yield "codestream header in (7FE0,0010)", part


def _codestream_parts(fragment: bytes) -> Iterator[bytes]:
    """Marker segments before the first scan of JPEG, JPEG-LS or JPEG 2000, and what follows EOI."""
    at = 2 if fragment.startswith(CODESTREAM_STARTS) else len(fragment)
    while at + 4 <= len(fragment) and fragment[at] == 0xFF and fragment[at + 1] not in SCAN_STARTS:
        length = int.from_bytes(fragment[at + 2 : at + 4], "big")
        yield fragment[at + 4 : at + 2 + length]
        at += 2 + length
    yield fragment[fragment.rfind(b"\xff\xd9") + 2 :] if at < len(fragment) else b""


def _anywhere(parsed: Parsed, needles: Needles) -> str | None:
    """Search the file from the first byte to the last, as bytes, for what is long."""
    pixels = parsed.pixels or Span(0, 0)
    whole = Span(0, parsed.rest.end)
    for start, block in parsed.blocks(whole, needles.overlap):
        offset = needles.offset(block)
        if offset is not None:
            within = pixels.start <= start + offset < pixels.end
            return "pixel data (7FE0,0010)" if within else "bytes of the file"
    return None
