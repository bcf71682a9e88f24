"""One DICOM file taken apart into everything it consists of, so that no byte goes unlooked at.

Pixel data (PS3.5 section 8 and annex A.4) is located and never decoded here.
"""

from __future__ import annotations

import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, Literal, NamedTuple

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.filereader import read_dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

BLOCK: Final = 2**20
UNDEFINED: Final = 0xFFFFFFFF
ITEM: Final = b"\xfe\xff\x00\xe0"
DELIMITER: Final = b"\xfe\xff\xdd\xe0"
PIXEL_VRS: Final = frozenset({b"OB", b"OD", b"OF", b"OW", b"UN"})
PLAIN_SYNTAX: Final = b"1.2.840.10008.1.2.1\0\0\0"


class Span(NamedTuple):
    """Bytes from `start` up to, not including, `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file in its parts.

    Attributes:
        file: the bytes; of a deflated file the inflated ones.
        header: every element before the pixel data, file meta included.
        tail: every element after it.
        pixels: where the value of the pixel data lies, item tags included; None where there is
            no pixel data.
        fragments: where the items of encapsulated pixel data lie, offset table first.
        rest: what follows the last element.
    """

    file: BinaryIO
    header: FileDataset
    tail: Dataset
    pixels: Span | None
    fragments: list[Span]
    rest: Span

    @classmethod
    def of(cls, file: BinaryIO) -> Parsed:
        """Take `file` apart.

        Raises:
            Exception: whatever pydicom or zlib raises; ValueError where it is cut short.
        """
        plain = _inflated(file)
        plain.seek(0)
        header = dcmread(plain, force=True, stop_before_pixels=True)
        size = _size(plain)
        pixels, fragments, after = _locate(plain, header, size)
        plain.seek(after)
        implicit, little = _encoding(header)
        tail = read_dataset(plain, implicit, little) if after < size else Dataset()
        return cls(plain, header, tail, pixels, fragments, Span(min(plain.tell(), size), size))

    def read(self, span: Span) -> bytes:
        """The bytes of `span`."""
        self.file.seek(span.start)
        return self.file.read(span.end - span.start)

    def blocks(self, span: Span, overlap: int = 0) -> Iterator[tuple[int, bytes]]:
        """Offset and bytes of `span` piece by piece, each with `overlap` bytes of the next."""
        for start in range(span.start, span.end, BLOCK):
            yield start, self.read(Span(start, min(start + BLOCK + overlap, span.end)))

    def pixel_digest(self) -> bytes | None:
        """Digest of the pixel data element's value; None where there is none."""
        if self.pixels is None:
            return None
        digest = hashlib.blake2b()
        for _, block in self.blocks(self.pixels):
            digest.update(block)
        return digest.digest()


def _size(file: BinaryIO) -> int:
    here = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(here)
    return size


def _encoding(header: FileDataset) -> tuple[bool, bool]:
    """Whether VRs are implicit, and whether bytes are little endian."""
    implicit, little = header.original_encoding
    return bool(implicit), bool(little)


def _inflated(file: BinaryIO) -> BinaryIO:
    """The file, or what it is when its data set is inflated (PS3.5 annex A.5)."""
    file.seek(0)
    meta = dcmread(file, force=True, specific_tags=[], stop_before_pixels=True).file_meta
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return file
    file.seek(0)
    start = file.read(132 + 12 + int(meta.FileMetaInformationGroupLength))
    plain = start.replace(DeflatedExplicitVRLittleEndian.encode(), PLAIN_SYNTAX)
    return io.BytesIO(plain + zlib.decompress(file.read(), -zlib.MAX_WBITS))


def _locate(file: BinaryIO, header: FileDataset, size: int) -> tuple[Span | None, list[Span], int]:
    """Where the pixel data is, its fragments, and where it ends; `file` stands at its tag."""
    _, little = _encoding(header)
    order: Literal["little", "big"] = "little" if little else "big"
    at = file.tell()
    start = file.read(12)
    if len(start) < 8 or int.from_bytes(start[:2], order) != 0x7FE0:
        return None, [], at
    implicit = start[4:6] not in PIXEL_VRS  # whatever the transfer syntax says
    value = at + (8 if implicit else 12)
    length = int.from_bytes(start[4:8] if implicit else start[8:12], order)
    if length != UNDEFINED:
        if value + length > size:
            raise ValueError("pixel data is cut short")
        return Span(value, value + length), [], value + length
    fragments = list(_fragments(file, value, size))
    end = fragments[-1].end if fragments else value
    return Span(value, end), fragments, end + 8


def _fragments(file: BinaryIO, at: int, size: int) -> Iterator[Span]:
    while True:
        file.seek(at)
        tag, length = file.read(4), int.from_bytes(file.read(4), "little")
        if tag == DELIMITER:
            return
        if tag != ITEM or at + 8 + length > size:
            raise ValueError("encapsulated pixel data is not well formed")
        yield Span(at + 8, at + 8 + length)
        at += 8 + length
