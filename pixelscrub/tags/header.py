"""The header as bytes: pydicom's data set, element by element, without converting any.

pydicom keeps elements raw until they are asked for; only what another step has touched is
encoded again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element, write_sequence
from pydicom.tag import BaseTag, Tag

from pixelscrub.tags.elements import (
    IMPLICIT_LITTLE,
    UNDEFINED,
    Element,
    Encoding,
    is_sequence,
    true_vr,
)
from pixelscrub.tags.values import charsets_of, decode

PIXEL_DATA = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
CHARACTER_SET = 0x00080005


def encoding_of(header: Dataset) -> Encoding:
    """How the header was written; explicit little endian where it was made in memory."""
    implicit, little = header.original_encoding
    return Encoding(bool(implicit), little is not False)


def charsets(header: Dataset) -> list[str]:
    """Python encodings of the header."""
    element: Any = header.get_item(CHARACTER_SET)
    return charsets_of(b"" if element is None else _bytes(element, encoding_of(header), []))


def text(header: Dataset, tag: int) -> str:
    """An element's text without padding, empty where there is none; nothing is converted."""
    element: Any = header.get_item(tag)
    if element is None:
        return ""
    names = charsets(header)
    return decode(_bytes(element, encoding_of(header), names), str(element.VR or "UT"), names)


def elements(header: Dataset) -> Iterator[Element]:
    """Every element but pixel data, in the order of tags.

    Items of sequences are read by who needs them.
    """
    how, names = encoding_of(header), charsets(header)
    for tag in sorted(header.keys()):
        if tag not in PIXEL_DATA:
            yield _element(header, tag, how, names)


def _element(header: Dataset, tag: BaseTag, how: Encoding, names: list[str]) -> Element:
    element: Any = header.get_item(tag)
    if isinstance(element, RawDataElement) and _must_be_converted(element, how):
        element = header[tag]
    data = _bytes(element, how, names)
    number, written = int(tag), _written_vr(element)
    undefined = bool(getattr(element, "is_undefined_length", False)) or (
        isinstance(element, RawDataElement) and element.length == UNDEFINED
    )
    inner = IMPLICIT_LITTLE if written == "UN" else how
    nested = _holds_items(element) or is_sequence(number, written, data)
    end = len(data)
    return Element(number, written, 0, 0, end, data, nested, None, inner, nested and undefined)


def _must_be_converted(element: RawDataElement, how: Encoding) -> bool:
    """Whether its reading was deferred, or it has no VR in a file that is said to have them."""
    deferred = element.value is None and element.length != 0
    return deferred or (element.VR is None and not how.implicit)


def _holds_items(element: Any) -> bool:
    return not isinstance(element, RawDataElement) and element.VR == "SQ"


def _written_vr(element: Any) -> str | None:
    return None if element.VR is None else str(element.VR)


def _bytes(element: Any, how: Encoding, names: list[str]) -> bytes:
    if isinstance(element, RawDataElement):
        return element.value or b""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = how.implicit, how.little
    if element.VR == "SQ":
        write_sequence(buffer, element, names)
        return buffer.getvalue()
    buffer.is_implicit_VR = True
    write_data_element(buffer, element, names)
    return buffer.getvalue()[8:]


def replace(header: Dataset, old: Element, data: bytes) -> None:
    """Give the element `old` of the header the bytes `data` as its value."""
    how = encoding_of(header)
    vr = old.vr if old.is_sequence else true_vr(old.tag, old.vr)
    length = UNDEFINED if old.undefined else len(data)
    header[old.tag] = RawDataElement(Tag(old.tag), vr, length, data, 0, how.implicit, how.little)
