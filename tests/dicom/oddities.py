"""Instances that are not written as PS3.5 or PS3.10 say, and that others read all the same."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

EXPLICIT, IMPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
LONG = {"OB", "OW", "SQ", "UN", "UT", "OF", "UC"}
CELLS = (np.arange(12 * 16, dtype=np.uint16).reshape(12, 16) * 7) % 4096


class Way(NamedTuple):
    """Whether VRs are left out, and the order of bytes as `struct` has it."""

    implicit: bool = False
    order: str = "<"


LITTLE, NO_VR, HIGH_FIRST = Way(), Way(implicit=True), Way(order=">")


def element(tag: int, vr: str, value: bytes, way: Way = LITTLE, length: int | None = None) -> bytes:
    """One element; its length may be told wrongly."""
    size = len(value) if length is None else length
    start = struct.pack(way.order + "HH", tag >> 16, tag & 0xFFFF)
    if way.implicit:
        return start + struct.pack(way.order + "L", size) + value
    if vr in LONG:
        return start + vr.encode() + b"\0\0" + struct.pack(way.order + "L", size) + value
    return start + vr.encode() + struct.pack(way.order + "H", size) + value


def item(body: bytes, order: str = "<", length: int | None = None) -> bytes:
    """An item."""
    return (
        struct.pack(order + "HHL", 0xFFFE, 0xE000, len(body) if length is None else length) + body
    )


def end(number: int, order: str = "<") -> bytes:
    """A delimiter of an item (0xE00D) or of a sequence (0xE0DD)."""
    return struct.pack(order + "HHL", 0xFFFE, number, 0)


def text(tag: int, vr: str, value: str, way: Way = LITTLE) -> bytes:
    """An element of text, padded."""
    data = value.encode()
    return element(tag, vr, data + (b"\0" if vr == "UI" else b" ") * (len(data) % 2), way)


def number(tag: int, value: int, way: Way = LITTLE) -> bytes:
    """An element of VR US."""
    return element(tag, "US", struct.pack(way.order + "H", value), way)


def patient(way: Way = LITTLE) -> bytes:
    """Elements that come before the pixel description."""
    return b"".join(
        [
            text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.4", way),
            text(0x00080018, "UI", "1.2.3.4.5.6", way),
            text(0x00080020, "DA", "20190807", way),
            text(0x00080060, "CS", "MR", way),
            text(0x00100010, "PN", "Quixote^Alonso", way),
            text(0x00100020, "LO", "PLANTED-4711", way),
            text(0x0020000D, "UI", "1.2.3.4.1", way),
            text(0x0020000E, "UI", "1.2.3.4.2", way),
        ]
    )


def grid(way: Way = LITTLE) -> bytes:
    """The pixel description."""
    return b"".join(
        [
            number(0x00280002, 1, way),
            text(0x00280004, "CS", "MONOCHROME2", way),
            number(0x00280010, 12, way),
            number(0x00280011, 16, way),
            number(0x00280100, 16, way),
            number(0x00280101, 12, way),
            number(0x00280102, 11, way),
            number(0x00280103, 0, way),
        ]
    )


def cells(way: Way = LITTLE) -> bytes:
    """The pixel data."""
    return element(0x7FE00010, "OW", CELLS.astype(f"{way.order}u2").tobytes(), way)


def data_set(way: Way = LITTLE, between: bytes = b"", after: bytes = b"") -> bytes:
    """A whole data set; `between` is in group 0018 or 0019."""
    first, second = patient(way), b""
    at = first.index(struct.pack(way.order + "HH", 0x20, 0x0D))
    first, second = first[:at], first[at:]
    return first + between + second + grid(way) + cells(way) + after


def meta(syntax: str, *, length: bool = True, way: Way = LITTLE) -> bytes:
    """File meta information."""
    body = text(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.4", way)
    body += text(0x00020003, "UI", "1.2.3.4.5.6", way)
    body += text(0x00020010, "UI", syntax, way) if syntax else b""
    size = element(0x00020000, "UL", struct.pack("<L", len(body)), way)
    return (size if length else b"") + body


def file(syntax: str, body: bytes, *, length: bool = True, way: Way = LITTLE) -> bytes:
    """Preamble, file meta information, data set."""
    return bytes(128) + b"DICM" + meta(syntax, length=length, way=way) + body


def _referenced(way: Way, order: str = "<") -> bytes:
    """An item with a reference."""
    inner = text(0x00081150, "UI", "1.2.840.10008.5.1.4.1.1.4", way)
    return item(inner + text(0x00081155, "UI", "1.2.3.4.9", way), order)


def _private(body: bytes, vr: str = "UN", way: Way = LITTLE) -> bytes:
    return text(0x00190010, "LO", "SOMEBODY", way) + element(0x00191001, vr, body, way)


def _open(body: bytes, *, item_end: bool = True, sequence_end: bool = True) -> bytes:
    """An item and its sequence without lengths, whose delimiters may be missing."""
    closed = item(body, length=0xFFFFFFFF) + (end(0xE00D) if item_end else b"")
    return closed + (end(0xE0DD) if sequence_end else b"")


def _nested(depth: int) -> bytes:
    body = text(0x00180050, "DS", "1 ")
    for _ in range(depth):
        body = element(0x00189999, "SQ", item(body))
    return body


SQ = 0x00189346
ODDITIES: dict[str, Callable[[], bytes]] = {
    "no meta, explicit": data_set,
    "no meta, implicit": lambda: data_set(NO_VR),
    "no meta, big endian": lambda: data_set(HIGH_FIRST),
    "meta without preamble": lambda: meta(EXPLICIT) + data_set(),
    "prefix without preamble": lambda: b"DICM" + meta(EXPLICIT) + data_set(),
    "preamble without prefix": lambda: bytes(128) + data_set(),
    "no group length": lambda: file(EXPLICIT, data_set(), length=False),
    "group length that lies": lambda: file(EXPLICIT, data_set()).replace(
        struct.pack("<HH2sH", 2, 0, b"UL", 4) + struct.pack("<L", len(meta(EXPLICIT)) - 12),
        struct.pack("<HH2sH", 2, 0, b"UL", 4) + struct.pack("<L", 900),
    ),
    "no transfer syntax, explicit": lambda: file("", data_set()),
    "no transfer syntax, implicit": lambda: file("", data_set(NO_VR)),
    "no transfer syntax, big endian": lambda: file("", data_set(HIGH_FIRST)),
    "meta behind the first group": lambda: bytes(128) + b"DICM" + patient()[:80] + meta(EXPLICIT)
    + patient()[80:] + grid() + cells(),
    "implicit in explicit": lambda: file(EXPLICIT, data_set(NO_VR)),
    "explicit in implicit": lambda: file(IMPLICIT, data_set()),
    "big endian in explicit": lambda: file(EXPLICIT, data_set(HIGH_FIRST)),
    "little endian in big": lambda: file(BIG, data_set()),
    "implicit meta": lambda: file(IMPLICIT, data_set(NO_VR), way=NO_VR),
    "mixed": lambda: file(EXPLICIT, patient() + grid(NO_VR) + cells()),
    "implicit items": lambda: file(
        EXPLICIT, data_set(between=element(SQ, "SQ", _referenced(NO_VR)))
    ),
    "explicit items in implicit": lambda: file(
        IMPLICIT, data_set(NO_VR, element(SQ, "SQ", _referenced(LITTLE), NO_VR))
    ),
    "explicit items in UN": lambda: file(
        EXPLICIT, data_set(between=element(SQ, "UN", _referenced(LITTLE)))
    ),
    "explicit items in private UN": lambda: file(
        EXPLICIT, data_set(between=_private(_referenced(LITTLE)))
    ),
    "implicit items in private UN": lambda: file(
        EXPLICIT, data_set(between=_private(_referenced(NO_VR)))
    ),
    "explicit private items in implicit": lambda: file(
        IMPLICIT, data_set(NO_VR, _private(_referenced(LITTLE), way=NO_VR))
    ),
    "little items in big": lambda: file(
        BIG, data_set(HIGH_FIRST, element(SQ, "SQ", _referenced(LITTLE), HIGH_FIRST))
    ),
    "odd length": lambda: file(EXPLICIT, data_set(between=element(0x00181030, "LO", b"abc"))),
    "odd length in an item": lambda: file(
        EXPLICIT,
        data_set(between=element(SQ, "SQ", item(element(0x00081155, "UI", b"1.2.3.4.9")))),
    ),
    "UN for known tags": lambda: file(
        EXPLICIT, data_set().replace(number(0x00280010, 12), element(0x00280010, "UN", b"\x0c\0"))
    ),
    "trailing zeros": lambda: file(EXPLICIT, data_set(after=bytes(9000))),
    "trailing text": lambda: file(EXPLICIT, data_set(after=b"Mrs Vintercastle 1951")),
    "elements out of order": lambda: file(EXPLICIT, grid() + patient() + cells()),
    "elements behind the pixels": lambda: file(
        EXPLICIT, patient() + cells_first() + text(0x00181030, "LO", "KNEE")
    ),
    "an element twice": lambda: file(EXPLICIT, data_set(between=text(0x00080060, "CS", "MR"))),
    "item without its end": lambda: file(
        EXPLICIT,
        data_set(
            between=element(SQ, "SQ", _open(text(0x00081155, "UI", "1.2.9"), item_end=False),
                            length=0xFFFFFFFF)
        ),
    ),
    "sequence without its end": lambda: file(
        EXPLICIT,
        data_set(
            between=element(SQ, "SQ", _open(text(0x00081155, "UI", "1.2.9"), sequence_end=False),
                            length=0xFFFFFFFF)
        ),
    ),
    "delimiter of nothing": lambda: file(EXPLICIT, data_set(between=end(0xE0DD))),
    "item length that lies": lambda: file(
        EXPLICIT,
        data_set(between=element(SQ, "SQ", item(text(0x00081155, "UI", "1.2.9"), length=500))),
    ),
    "private bytes without length": lambda: file(
        EXPLICIT,
        data_set(between=text(0x00190010, "LO", "SOMEBODY")
                 + element(0x00191001, "OB", item(b"ab") + end(0xE0DD), length=0xFFFFFFFF)),
    ),
    "nested deep": lambda: file(EXPLICIT, data_set(between=_nested(30))),
    "private that is no sequence": lambda: file(
        EXPLICIT, data_set(between=_private(b"\xfe\xff\x00\xe0\x99\0\0\0ab"))
    ),
    "command set": lambda: file(EXPLICIT, element(0x00000002, "UI", b"1.2\0") + data_set()),
}  # fmt: skip
"""Names of what is odd, and files."""


def cells_first() -> bytes:
    """Pixel data with their description before them."""
    return grid() + cells()
