"""Encode again what is not written as it says; pixel data are shown where they are.

The transfer syntax stays as the file names it, where its data set can be written so. A data set
in big endian stays in it, for its pixel data are; one around code streams becomes explicit.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import BinaryIO, Final

from pydicom.datadict import dictionary_VR

from pixelscrub.dicom.constants import (
    DEFLATED_UID,
    EXPLICIT_BIG_UID,
    EXPLICIT_LITTLE_UID,
    IMPLICIT_LITTLE_UID,
    ITEM,
    LONG,
    NATIVE_UIDS,
    PREAMBLE,
    SHORT,
    UNDEFINED,
)
from pixelscrub.dicom.elements import Encoding, head_of, standard_vr
from pixelscrub.dicom.file_meta import new_file_meta
from pixelscrub.dicom.nested import PIXEL_DATA, cleaned_cells
from pixelscrub.dicom.spliced import Piece, spliced
from pixelscrub.dicom.tolerant import ElementHead, NeedsMoreError, Node, TolerantReader
from pixelscrub.errors import HeldError, Reason

SYNTAX, SOP_CLASS, INSTANCE = 0x00020010, 0x00020002, 0x00020003
DATA_SET_UIDS: Final = {SOP_CLASS: 0x00080016, INSTANCE: 0x00080018}
PIXEL_REPRESENTATION, BITS_ALLOCATED = 0x00280103, 0x00280100
BLOCKS: Final = (2**16, 2**20, 2**24, 2**28)
"""Bytes of a file that are read to find its header; more only where it does not end in them."""
REST_LIMIT: Final = 2**24
SIZES: Final = (
    dict.fromkeys(("US", "SS", "OW", "AT"), 2)
    | dict.fromkeys(("UL", "SL", "FL", "OL", "OF"), 4)
    | dict.fromkeys(("FD", "OD", "SV", "UV", "OV"), 8)
)
"""Bytes of one number, by VR."""
TEXT: Final = (SHORT - SIZES.keys() | {"UC", "UR", "UT"}) - {"UI"}
"""VRs that are padded by a space."""
FIRST_GROUP: Final = 4
"""Groups below are file meta information, commands, or none at all."""
LONGEST_SHORT: Final = 0xFFFE
SNIFFED: Final = {
    b"\xff\xd8\xff": "1.2.840.10008.1.2.4.50",
    b"\xff\x4f\xff": "1.2.840.10008.1.2.4.91",
}
"""A transfer syntax by the first bytes of a code stream; its frame header decides further."""
RLE: Final = "1.2.840.10008.1.2.5"
END_OF_ITEMS: Final = b"\xfe\xff\xdd\xe0\0\0\0\0"


def recovered(file: BinaryIO, at: int, little: bool) -> BinaryIO:
    """A view of the file whose data set is encoded again.

    Args:
        file: an instance; must be able to seek.
        at: where its elements start.
        little: whether the first ones are little endian.

    Raises:
        HeldError: DAMAGED_FILE, where elements cannot be followed; TRUNCATED_PIXEL_DATA,
            BAD_PIXEL_DATA or UNKNOWN_TRANSFER_SYNTAX.
    """
    size = file.seek(0, os.SEEK_END)
    for block in BLOCKS:
        file.seek(0)
        data = file.read(block)
        try:
            return _read(file, TolerantReader(data, len(data) == size), at, little)
        except NeedsMoreError:
            continue
    raise HeldError(Reason.DAMAGED_FILE, "header has no end")


def _read(file: BinaryIO, reader: TolerantReader, at: int, little: bool) -> BinaryIO:
    meta, at = _meta(reader, at)
    said = _text(meta, SYNTAX)
    if said == DEFLATED_UID:
        return file  # what is wrong with it is told where it is inflated
    if meta:
        little = reader.data[at : at + 2] != b"\0\x08"
    reader.implicit = said == IMPLICIT_LITTLE_UID or not (said or reader.has_vr(at))
    before, head, _ = reader.top(at, little)
    meta += [node for node in before if node.tag >> 16 == 2]  # not first, but there
    said = said or _text(meta, SYNTAX)
    if not any(node.tag >> 16 >= FIRST_GROUP for node in before):
        raise HeldError(Reason.DAMAGED_FILE, "no data set")
    pixels = None if head is None else _Pixels.of(file, head)
    after = [] if pixels is None else _after(file, pixels.end, reader.implicit, little)
    nodes = {node.tag: node for node in (*before, *after) if node.tag >> 16 >= FIRST_GROUP}
    syntax = _syntax(said, little, reader.implicit)
    if pixels is not None and pixels.items is not None and syntax in NATIVE_UIDS:
        syntax = pixels.sniffed(file)
    return _written(file, nodes, meta, syntax, pixels)


def _meta(reader: TolerantReader, at: int) -> tuple[list[Node], int]:
    """File meta information, whatever its group length says."""
    found: list[Node] = []
    while (head := reader.head(at, len(reader.data), True)) and head.tag >> 16 == 2:
        end = head.at + head.length
        found.append(Node(head.tag, head.vr, reader.data[head.at : end]))
        at = end
    return found, at


def _text(nodes: Iterable[Node], tag: int) -> str:
    value = next((node.value for node in nodes if node.tag == tag), b"")
    return value.decode("ascii", "replace").strip("\0 ")


def _syntax(said: str, little: bool, implicit: bool) -> str:
    """The transfer syntax that is said, or the one that the data set is in."""
    if not little:
        return EXPLICIT_BIG_UID
    if said and said != EXPLICIT_BIG_UID:
        return said
    return IMPLICIT_LITTLE_UID if implicit else EXPLICIT_LITTLE_UID


class _Pixels:
    """The pixel data element: its head, and parts of the file that are its value."""

    def __init__(self, head: ElementHead, end: int, items: list[tuple[int, int]] | None) -> None:
        self.head, self.end, self.items = head, end, items

    @classmethod
    def of(cls, file: BinaryIO, head: ElementHead) -> _Pixels:
        """Find where it ends.

        Raises:
            HeldError: TRUNCATED_PIXEL_DATA or BAD_PIXEL_DATA.
        """
        size = file.seek(0, os.SEEK_END)
        if head.length != UNDEFINED:
            if head.at + head.length > size:
                raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "pixel data end after the file")
            return cls(head, head.at + head.length, None)
        items: list[tuple[int, int]] = []
        at = head.at
        while at < size:
            file.seek(at)
            start = file.read(8)
            if len(start) < 8 or start[:4] == b"\xfe\xff\xdd\xe0":
                return cls(head, min(at + 8, size), items)
            length = int.from_bytes(start[4:], "little")
            if start[:4] != b"\xfe\xff\x00\xe0":
                raise HeldError(Reason.BAD_PIXEL_DATA, "no item where one is expected")
            if at + 8 + length > size:
                raise HeldError(Reason.TRUNCATED_PIXEL_DATA, "fragment ends after the file")
            items.append((at + 8, length))
            at += 8 + length
        return cls(head, size, items)

    def sniffed(self, file: BinaryIO) -> str:
        """A transfer syntax that the first fragment is of."""
        for at, length in (self.items or [])[1:2]:
            file.seek(at)
            start = file.read(min(length, 64))
            if start[:3] in SNIFFED:
                return SNIFFED[start[:3]]
            if len(start) == 64 and 0 < start[0] <= 15 and start[1:8] == b"\0\0\0\x40\0\0\0":
                return RLE
        raise HeldError(Reason.UNKNOWN_TRANSFER_SYNTAX)

    def pieces(self, file: BinaryIO, how: Encoding, nodes: dict[int, Node]) -> list[Piece]:
        """The element as it is to be shown."""
        vr = self.head.vr if self.head.vr in {"OB", "OW", "OF", "OD"} else None
        if vr is None:
            vr = "OB" if self.items is not None or _number(nodes, BITS_ALLOCATED) <= 8 else "OW"
        length = self.head.length
        head = head_of(self.head.tag, None if how.implicit else vr, length, how)
        if self.items is None:
            return [head, (file, self.head.at, self.end)]
        pieces: list[Piece] = [head]
        for at, size in self.items:
            pieces += [struct.pack("<HHL", 0xFFFE, 0xE000, size), (file, at, at + size)]
        return [*pieces, END_OF_ITEMS]


def _after(file: BinaryIO, at: int, implicit: bool, little: bool) -> list[Node]:
    """Elements behind the pixel data, as far as there are any."""
    file.seek(at)
    rest = file.read(REST_LIMIT)
    try:
        found, head, _ = TolerantReader(rest, implicit=implicit).top(0, little)
    except HeldError:
        return []
    if head is not None:
        raise HeldError(Reason.BAD_PIXEL_DATA, "more than one pixel data element")
    return found


def _written(
    file: BinaryIO,
    nodes: dict[int, Node],
    meta: Sequence[Node],
    syntax: str,
    pixels: _Pixels | None,
) -> BinaryIO:
    how = Encoding.of_syntax(syntax)
    for tag, own in DATA_SET_UIDS.items():
        if not _text(nodes.values(), own) and (uid := _text(meta, tag)):
            nodes[own] = Node(own, "UI", uid.encode("ascii", "replace"))
    sop_class, instance = (_text(nodes.values(), own) for own in DATA_SET_UIDS.values())
    signed = bool(_number(nodes, PIXEL_REPRESENTATION))
    border = pixels.head.tag if pixels is not None else 1 << 32
    start = PREAMBLE + new_file_meta(sop_class, instance, syntax)
    before = encoded([n for n in nodes.values() if n.tag < border], how, signed)
    after = encoded([n for n in nodes.values() if n.tag > border], how, signed)
    middle = [] if pixels is None else pixels.pieces(file, how, nodes)
    return spliced([start + before, *middle, after], file)


def _number(nodes: dict[int, Node], tag: int) -> int:
    node = nodes.get(tag)
    value = b"" if node is None else node.value[:2]
    return int.from_bytes(value, "little" if node is None or node.little else "big")


def encoded(nodes: Iterable[Node], how: Encoding, signed: bool = False) -> bytes:
    """Elements in order, in one encoding at every depth.

    Group lengths are retired and left out; of an element that comes twice the last one counts.

    Args:
        nodes: elements of one data set.
        how: the encoding.
        signed: what `US or SS` stands for.
    """
    last = {node.tag: node for node in nodes if node.tag & 0xFFFF}
    return b"".join(_element(last[tag], how, signed) for tag in sorted(last))


def _element(node: Node, how: Encoding, signed: bool) -> bytes:
    if node.items is not None:
        bodies = [encoded(_with_clean_cells(item), how, signed) for item in node.items]
        value = b"".join(head_of(ITEM, None, len(b), how) + b for b in bodies)
        vr = "SQ"
    else:
        vr = _vr(node, signed)
        value = _value(node, vr, how)
        if len(value) > LONGEST_SHORT and vr not in LONG:
            vr = "UN"
    return head_of(node.tag, None if how.implicit else vr, len(value), how) + value


def _with_clean_cells(item: list[Node]) -> list[Node]:
    """Elements of an item; its pixel data hold their frames and nothing else."""
    nodes = {node.tag: node for node in item}
    pixels = nodes.get(PIXEL_DATA)
    if pixels is not None:
        number = partial(_number, nodes)
        value = cleaned_cells(pixels.value, number, little=pixels.little)
        nodes[PIXEL_DATA] = replace(pixels, value=value)
    return list(nodes.values())


def _vr(node: Node, signed: bool) -> str:
    """The VR as it is written, else the dictionary's, where the value can be of it."""
    if node.vr not in {None, "UN"}:
        return str(node.vr)
    vr = standard_vr(node.tag)
    if vr == "US" and signed and _is_either(node.tag):
        vr = "SS"
    if vr == "OB" and _is_words(node.tag):
        vr = "OW"
    fits = vr != "SQ" and len(node.value) % SIZES.get(vr, 1) == 0
    return vr if fits and vr in SHORT | LONG else "UN"


def _is_either(tag: int) -> bool:
    return "SS" in dictionary_VR(tag)


def _is_words(tag: int) -> bool:
    return "OW" in dictionary_VR(tag)


def _value(node: Node, vr: str, how: Encoding) -> bytes:
    """The value in the byte order of `how`, of even length."""
    value, size = node.value, SIZES.get(vr, 1)
    if node.little != how.little and size > 1:
        whole = len(value) // size * size
        value = b"".join(value[i : i + size][::-1] for i in range(0, whole, size))
    return value + (b" " if vr in TEXT else b"\0") * (len(value) % 2)
