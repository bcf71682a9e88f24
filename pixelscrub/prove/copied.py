"""A short proof for files whose pixel data were copied: by ranges of bytes, in one pass.

It says yes, or nothing. Each check is at least as strict as that of `release`, which takes a file
apart in full, and judges it, wherever this proof is not sure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from pydicom.datadict import dictionary_VR, tag_for_keyword

from pixelscrub.prove.byte_level.known import KnownElements
from pixelscrub.prove.byte_level.strict import MalformedError, StrictElement, Way, elements, items
from pixelscrub.prove.forbidden import OPTION_CODES, but_makers, needles
from pixelscrub.prove.geometry import GROUPS, MACROS
from pixelscrub.prove.geometry import NUMBERS as PLACES
from pixelscrub.prove.nested import MARKS
from pixelscrub.prove.parsed import BLOCK
from pixelscrub.prove.places import NUMBERS, TEXT
from pixelscrub.prove.surplus import CellBits

if TYPE_CHECKING:
    from pixelscrub.identity.terms import Terms
    from pixelscrub.prove.search import Needles

SIZE_LIMIT: Final = 2**26
"""Bytes of a file that is held in memory; a larger one is taken apart piece by piece."""
START: Final = b"DICM\2\0\0\0UL\4\0"
WAYS: Final = {
    b"1.2.840.10008.1.2": Way(implicit=True, order="<"),
    b"1.2.840.10008.1.2.1": Way(implicit=False, order="<"),
    b"1.2.840.10008.1.2.2": Way(implicit=False, order=">"),
}
META: Final = Way(implicit=False, order="<")
PIXELS, PIXEL_GROUP = 0x7FE00010, 0x7FE0
OVERLAYS: Final = range(0x6000, 0x6020)


@cache
def tag_of(keyword: str) -> int:
    """The number of an attribute of the standard."""
    return tag_for_keyword(keyword) or 0


SYNTAX, CODE_VALUE = tag_of("TransferSyntaxUID"), tag_of("CodeValue")
METHODS: Final = tag_of("DeidentificationMethodCodeSequence")
UIDS: Final = tuple(
    (tag_of(keyword), tag_of(own))
    for keyword, own in (
        ("MediaStorageSOPClassUID", "SOPClassUID"),
        ("MediaStorageSOPInstanceUID", "SOPInstanceUID"),
    )
)
FRAMES, SAMPLES = tag_of("NumberOfFrames"), tag_of("SamplesPerPixel")
ROWS, COLUMNS = tag_of("Rows"), tag_of("Columns")
ALLOCATED, STORED = tag_of("BitsAllocated"), tag_of("BitsStored")
HIGH_BIT, SIGNED = tag_of("HighBit"), tag_of("PixelRepresentation")
PHOTOMETRIC: Final = tag_of("PhotometricInterpretation")
SHAPE: Final = (FRAMES, SAMPLES, ALLOCATED, SIGNED, ROWS, COLUMNS)
MAKERS: Final = (tag_of("Manufacturer"), tag_of("ManufacturerModelName"))


class UnsureError(Exception):
    """The short proof does not know; it is no verdict."""


def is_surely_clean(original: BinaryIO, written: BinaryIO, terms: Terms | None) -> bool:
    """Whether a file may be released that was to have the pixel data of its original, unchanged.

    Args:
        original: the instance as it came in.
        written: what would be released.
        terms: what identifies in the study; None where tags were not to be de-identified.

    Returns:
        False too where it is not sure.
    """
    try:
        before, after = PlainFile.of(_content(original)), PlainFile.of(_content(written))
        if any(after.data[:128]) or not _is_whole(after) or not _has_same_frames(before, after):
            return False
        if terms is None:
            return not any(map(after.holds_pixels, after.top.values()))
        makers = frozenset(before.text(tag).casefold() for tag in MAKERS)
        return is_free(after, needles(but_makers(terms, makers), _options(after)))
    except (UnsureError, MalformedError, ValueError):
        return False


def _content(file: BinaryIO) -> bytes:
    if file.seek(0, os.SEEK_END) > SIZE_LIMIT:
        raise UnsureError
    file.seek(0)
    return file.read(SIZE_LIMIT)


@dataclass(frozen=True, slots=True)
class PlainFile:
    """A file that is written as it says, with native pixel data or none, as bytes.

    Attributes:
        data: all bytes.
        way: how its data set is written.
        meta: elements of the file meta information.
        top: elements of the data set but for the pixel data, by tag.
        pixels: the element of the pixel data.
    """

    data: bytes
    way: Way
    meta: dict[int, StrictElement]
    top: dict[int, StrictElement]
    pixels: StrictElement | None

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Take a file apart.

        Raises:
            UnsureError: it is of another kind.
            MalformedError: it is not written as it says.
        """
        start = 144 + int.from_bytes(data[140:144], "little")
        if not data.startswith(START, 128) or start > len(data):
            raise UnsureError
        meta = {e.tag: e for e in elements(data, 132, start, META)}
        syntax = meta.get(SYNTAX)
        way = None if syntax is None else WAYS.get(data[syntax.at : syntax.end].rstrip(b"\0"))
        if way is None:
            raise UnsureError
        top = {e.tag: e for e in elements(data, start, len(data), way)}
        pixels = top.pop(PIXELS, None)
        if any(tag >> 16 == PIXEL_GROUP for tag in top):
            raise UnsureError
        return cls(data, way, meta, top, pixels)

    def value(self, tag: int) -> bytes | None:
        """The bytes of an element's value without padding; None where there is none."""
        element = self.top.get(tag)
        return None if element is None else self.data[element.at : element.end].strip(b" \0")

    def text(self, tag: int) -> str:
        """A single value in ASCII."""
        value = self.value(tag) or b""
        if not value.isascii() or b"\\" in value:
            raise UnsureError
        return value.decode("ascii")

    def number(self, tag: int, default: int | None = None) -> int:
        """A single US."""
        element = self.top.get(tag)
        if element is None and default is not None:
            return default
        if element is None or element.end - element.at != 2:
            raise UnsureError
        data = self.data[element.at : element.end]
        return int.from_bytes(data, "little" if self.way.order == "<" else "big")

    def vr(self, element: StrictElement) -> str:
        """The value representation, by the dictionary where it is implicit."""
        return element.vr.decode("ascii") if element.vr else _standard_vr(element.tag)

    def is_sequence(self, element: StrictElement) -> bool:
        """Whether an element holds items."""
        is_undefined = self.data[element.at - 4 : element.at] == b"\xff\xff\xff\xff"
        return self.vr(element) == "SQ" or is_undefined

    def holds_pixels(self, element: StrictElement) -> bool:
        """Whether a sequence may hold a picture."""
        return self.is_sequence(element) and any(
            self.data.find(mark, element.at, element.end) >= 0 for mark in MARKS
        )


@cache
def _standard_vr(tag: int) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UN"


def _is_whole(after: PlainFile) -> bool:
    """Whether file meta and data set name the same, and pixel data are frames and no more."""
    for tag, own in UIDS:
        element = after.meta.get(tag)
        named = None if element is None else after.data[element.at : element.end].strip(b" \0")
        if named != after.value(own):
            return False
    pixels = after.pixels
    if pixels is None:
        return True
    if any(tag >> 16 in OVERLAYS for tag in after.top):
        return False
    value = after.data[pixels.at : pixels.end]
    length = _frame_bytes(after)
    if not length <= len(value) <= length + 1 or value[length:].strip(b"\0"):
        return False
    bits = CellBits(
        after.number(ALLOCATED),
        after.number(STORED, after.number(ALLOCATED)),
        after.number(HIGH_BIT, after.number(STORED, after.number(ALLOCATED)) - 1),
        bool(after.number(SIGNED, 0)),
    )
    return not bits.outside([value[:length]], little=after.way.order == "<")


def _frame_bytes(after: PlainFile) -> int:
    """Bytes of all frames, by the header."""
    samples = 2 if after.text(PHOTOMETRIC) == "YBR_FULL_422" else after.number(SAMPLES, 1)
    frames = int(after.text(FRAMES) or 1)
    cells = after.number(ROWS) * after.number(COLUMNS) * samples * frames
    return -(-cells * after.number(ALLOCATED) // 8)


def _has_same_frames(before: PlainFile, after: PlainFile) -> bool:
    """Whether pixel data, their description and their place are what they were."""
    if before.pixels is None or after.pixels is None:
        return before.pixels is after.pixels
    old, new = (f.data[p.at : p.end] for f, p in ((before, before.pixels), (after, after.pixels)))
    if old != new or before.way.order != after.way.order:
        return False
    if any(before.value(tag) != after.value(tag) for tag in SHAPE):
        return False
    places = list(_places(before)), list(_places(after))
    return len(places[0]) == len(places[1]) and all(
        old.get(tag) == value
        for old, new in zip(*places, strict=True)
        for tag, value in new.items()
    )


PLACE_TAGS: Final = frozenset(map(tag_of, PLACES))
GROUP_TAGS: Final = tuple(map(tag_of, GROUPS))
MACRO_TAGS: Final = tuple(map(tag_of, MACROS))


def _places(file: PlainFile) -> Iterator[dict[int, bytes]]:
    """What tells where pixels are, by tag: of the instance, and of each functional group."""
    yield _among(file, [file.top[tag] for tag in PLACE_TAGS if tag in file.top])
    for group in (file.top[tag] for tag in GROUP_TAGS if tag in file.top):
        for item in items(file.data, group, file.way):
            inside = {element.tag: element for element in item}
            for macro in (inside[tag] for tag in MACRO_TAGS if tag in inside):
                first = next(items(file.data, macro, file.way), None)
                if first:
                    yield _among(file, first)


def _among(file: PlainFile, found: list[StrictElement]) -> dict[int, bytes]:
    return {e.tag: file.data[e.at : e.end].strip(b" \0") for e in found if e.tag in PLACE_TAGS}


def _options(after: PlainFile) -> frozenset[str]:
    """The options of PS3.15 that a file says were applied."""
    sequence = after.top.get(METHODS)
    if sequence is None:
        return frozenset()
    codes = (
        after.data[e.at : e.end].strip(b" \0").decode("ascii", "replace")
        for item in items(after.data, sequence, after.way)
        for e in item
        if e.tag == CODE_VALUE
    )
    return frozenset(OPTION_CODES[code] for code in codes if code in OPTION_CODES)


def is_free(after: PlainFile, sought: Needles) -> bool:
    """Whether none of the values stands anywhere in a file."""
    known = sought.known.setdefault(after.way, KnownElements())
    everything = (*after.meta.values(), *after.top.values())
    if not all(_is_element_free(after, element, sought, known) for element in everything):
        return False
    step, overlap = BLOCK, sought.overlap
    blocks = (after.data[at : at + step + overlap] for at in range(0, len(after.data), step))
    return all(sought.offset(block) is None for block in blocks)


def _is_element_free(
    after: PlainFile, element: StrictElement, sought: Needles, known: KnownElements, depth: int = 0
) -> bool:
    """Whether an element, head and all, is one that was searched before, or shows nothing."""
    data = after.data[element.start : element.end]
    if data in known:
        return True
    if after.is_sequence(element):
        is_clean = not after.holds_pixels(element) and all(
            _is_element_free(after, inner, sought, known, depth + 1)
            for item in items(after.data, element, after.way, depth)
            for inner in item
        )
    else:
        vr, value = after.vr(element), after.data[element.at : element.end]
        look = sought.in_text if vr in TEXT else sought.in_binary
        is_clean = vr in NUMBERS or not look(value)
    if is_clean:
        known.add(data)
    return is_clean
