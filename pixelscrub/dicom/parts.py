"""An instance in its parts, as bytes: the header around the pixel data, and where those lie.

Reads what is written as PS3.10 and PS3.5 say; of anything else, deflated data sets among it,
`parts_of` says that it does not know, and pydicom reads it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO

from pydicom.datadict import tag_for_keyword

from pixelscrub.dicom.constants import (
    DEFLATED_UID,
    IMPLICIT_LITTLE_UID,
    LONG,
    PIXEL_TAGS,
    SHORT,
    UNDEFINED,
)
from pixelscrub.dicom.elements import EXPLICIT_LITTLE, Element, Encoding, Reader, standard_vr
from pixelscrub.dicom.pixel_element import PixelElement, read_items
from pixelscrub.dicom.values import CHARACTER_SET, charsets_of, decode
from pixelscrub.errors import HeldError

PIXELS = min(PIXEL_TAGS)
_BLOCKS = (2**15, 2**18, 2**22, 2**27)
"""Bytes that are read to find the header; more only where it does not end in them."""
_REST_LIMIT = 2**24
_MAGIC, _META = 128, 132
_ICON, _OVERLAYS = 0x00880200, 0x60
_MARKS = tuple(
    (tag >> 16).to_bytes(2, order) + (tag & 0xFFFF).to_bytes(2, order)
    for tag in PIXEL_TAGS
    for order in ("little", "big")
)
"""Tags of pixel data as they stand in the bytes of a sequence."""
_DATA_SET, _SYNTAX, _DELIMITERS = 0x00030000, 0x00020010, 0xFFFE0000


@dataclass(frozen=True, slots=True)
class Encoded:
    """A header in bytes.

    Attributes:
        pieces: bytes and the elements in them: what stands before the pixel data, and after.
        how: how its elements are written.
        known: values by tag, once one was asked for.
    """

    pieces: tuple[tuple[bytes, list[Element]], ...]
    how: Encoding
    known: dict[int, bytes] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, data: bytes, how: Encoding) -> Encoded:
        """A header that is one piece.

        Raises:
            HeldError: TAGS_FAILED, where its elements do not add up.
        """
        return cls(((data, Reader(data).elements(0, len(data), how)[0]),), how)

    def elements(self) -> Iterator[Element]:
        """Every element at the top."""
        for _, found in self.pieces:
            yield from found

    def charsets(self) -> tuple[str, ...]:
        """Python encodings of its text."""
        return charsets_of(self._value(CHARACTER_SET))

    def text(self, tag: int) -> str:
        """An element's text without padding, empty where there is none."""
        return decode(self._value(tag), "LO", self.charsets())

    def get(self, keyword: str) -> int | str | None:
        """The first value of an element of the Image Pixel module: US as a number, else as text."""
        tag = tag_for_keyword(keyword) or 0
        value = self.binary(tag)
        if not value:
            return None
        if standard_vr(tag) == "US":
            return int.from_bytes(value[:2], "little" if self.how.little else "big")
        return decode(value, "LO", self.charsets())

    def binary(self, tag: int) -> bytes | None:
        """The value of an element as it is written, None where there is none."""
        if not self.known:
            self.known.update((e.tag, e.value) for e in reversed(list(self.elements())))
        return self.known.get(tag)

    def _value(self, tag: int) -> bytes:
        return next((e.value for e in self.pieces[0][1] if e.tag == tag), b"")


@dataclass(frozen=True, slots=True)
class Parts:
    """An instance in its parts.

    Attributes:
        file: the instance.
        header: what stands around the pixel data.
        syntax: UID of the transfer syntax.
        pixels: where the pixel data lie; None where there are none.
    """

    file: BinaryIO
    header: Encoded
    syntax: str
    pixels: PixelElement | None

    @property
    def shows_more(self) -> bool:
        """Whether there are overlay planes, an icon or other pictures besides the pixel data."""
        return any(
            e.tag == _ICON or e.tag >> 24 == _OVERLAYS or (e.is_sequence and _holds_pixels(e))
            for e in self.header.elements()
        )


def _holds_pixels(sequence: Element) -> bool:
    """Whether an item of a sequence may hold pixel data, at any depth."""
    if sequence.items is None:
        return any(mark in sequence.value for mark in _MARKS)
    inner = (element for item in sequence.items for element in item.elements)
    return any(e.tag in PIXEL_TAGS or (e.is_sequence and _holds_pixels(e)) for e in inner)


_Found = tuple[Encoded, str, PixelElement | None]


class InMemory(io.BytesIO):
    """An instance in memory, whose parts are found once for all steps that ask.

    Attributes:
        found: what `parts_of` gave, without the file; shared by all that are of the same bytes.
    """

    def __init__(self, content: bytes, found: list[_Found]) -> None:
        super().__init__(content)
        self.found = found


def parts_of(file: BinaryIO) -> Parts | None:
    """Take an instance apart; None where it is not sure how.

    Args:
        file: the instance; must be able to seek.

    Raises:
        HeldError: TRUNCATED_PIXEL_DATA or BAD_PIXEL_DATA, of encapsulated pixel data.
    """
    if not isinstance(file, InMemory):
        return _taken_apart(file)
    if file.found:
        return Parts(file, *file.found[0])
    parts = _taken_apart(file)
    if parts is not None:
        file.found.append((parts.header, parts.syntax, parts.pixels))
    return parts


def _taken_apart(file: BinaryIO) -> Parts | None:
    size = file.seek(0, os.SEEK_END)
    for block in _BLOCKS:
        file.seek(0)
        start = file.read(block)
        syntax, at = meta_of(start)
        how = _encoding(syntax)
        if how is None:
            return None
        with suppress(HeldError):  # it may be that the header is longer than what was read
            found, at = Reader(start).elements(at, len(start), how, before=PIXELS)
            if at < len(start) or at == size:
                return _around(file, syntax, Encoded(((start, found),), how), at, size)
        if len(start) == size:
            break
    return None


def meta_of(start: bytes) -> tuple[str, int]:
    """Transfer syntax, and where the data set starts; no syntax where there is no file meta."""
    if start[_MAGIC:_META] != b"DICM":
        return "", 0
    with suppress(HeldError):
        meta, at = Reader(start).elements(_META, len(start), EXPLICIT_LITTLE, before=_DATA_SET)
        return next((decode(e.value, "UI", ()) for e in meta if e.tag == _SYNTAX), ""), at
    return "", 0


def _around(file: BinaryIO, syntax: str, before: Encoded, at: int, size: int) -> Parts | None:
    """The parts of a file whose header is read up to `at`."""
    (start, found), how = before.pieces[0], before.how
    pixels = _pixels(file, start, at, how) if at < len(start) else None
    end = file.seek(pixels.end if pixels else at)
    rest = file.read(min(max(size - end, 0), _REST_LIMIT))
    if rest and not any(rest):
        return None  # a tail of zeros would be read as elements without end
    try:
        after = Reader(rest).elements(0, len(rest), how)[0]
    except HeldError:
        return None
    is_read = (pixels is None or pixels.end <= size) and file.tell() >= size
    if not is_read or not _is_sure(found, after, how):
        return None
    return Parts(file, Encoded(((start, found), (rest, after)), how), syntax, pixels)


def _is_sure(before: list[Element], after: list[Element], how: Encoding) -> bool:
    """Whether VRs stand where they should, and all that follows the pixel data belongs there."""
    if any(e.tag <= max(PIXEL_TAGS) or e.tag >= _DELIMITERS for e in after):
        return False
    vrs = {e.vr for e in (*before, *after)}
    return vrs <= {None} if how.implicit else vrs <= SHORT | LONG


@lru_cache(maxsize=64)
def _encoding(syntax: str) -> Encoding | None:
    """How data sets of a transfer syntax are written; None where unknown or deflated."""
    if not syntax.startswith(IMPLICIT_LITTLE_UID) or syntax == DEFLATED_UID:
        return None
    return Encoding.of_syntax(syntax)


def _pixels(file: BinaryIO, start: bytes, at: int, how: Encoding) -> PixelElement | None:
    tag, vr, value, length = Reader(start).head(at, how)
    if tag not in PIXEL_TAGS:
        return None
    if length != UNDEFINED:
        return PixelElement(tag, vr or "OW", value, value + length)
    file.seek(value)
    items, end = read_items(file)
    return PixelElement(tag, vr or "OW", value, end, items)
