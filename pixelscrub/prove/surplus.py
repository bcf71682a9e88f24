"""Does pixel data hold more than its frames? A reader of its own: it shares nothing with the steps.

Looks at code streams (`streams`), at offset tables (PS3.5 A.4), at padding, and at bits of native
cells outside Bits Stored (PS3.5 8.1.1).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from pixelscrub.prove.parsed import BLOCK, Parsed, Span
from pixelscrub.prove.streams import in_deflated, in_jpeg, in_jpeg2000, in_jpegxl, in_rle

ROOT: Final = "1.2.840.10008.1.2."
JPEG: Final = frozenset(ROOT + f"4.{n}" for n in (50, 51, *range(52, 67), 70, 80, 81))
JPEG_2000: Final = frozenset(ROOT + f"4.{n}" for n in (90, 91, 92, 93, 201, 202, 203))
JPEG_XL: Final = frozenset(ROOT + f"4.{n}" for n in (110, 111, 112))
RLE, DEFLATED_FRAMES = ROOT + "5", ROOT + "8.1"


def surplus(parsed: Parsed) -> Iterator[str]:
    """What the pixel data of a file hold besides frames: a few words each, without values.

    Raises:
        Exception: where streams cannot be followed; whoever asks says that it is not readable.
    """
    if parsed.rest.end > parsed.rest.start:
        yield "bytes behind the last element"
    yield from _nested(parsed.header)
    if parsed.pixels is None:
        return
    if parsed.fragments:
        yield from _in_fragments(parsed)
        return
    start, end = parsed.pixels
    length = min(_frame_bytes(parsed.header), end - start)
    rest = parsed.read(Span(start + length, min(end, start + length + BLOCK)))
    if rest.strip(b"\0") or end - start - length > 1:
        yield "bytes behind the last frame"
    little = parsed.header.original_encoding[1] is not False
    blocks = (block for _, block in parsed.blocks(Span(start, start + length)))
    yield from in_cells(parsed.header, blocks, little=little)


def _nested(dataset: Dataset) -> Iterator[str]:
    """Bits of cells of pixel data in sequences, such as icons."""
    for tag in list(dataset.keys()):
        if (element := dataset[tag]).VR != "SQ":
            continue
        for item in element.value or ():
            if isinstance(item.get("PixelData"), bytes) and "BitsAllocated" in item:
                size = int(item.BitsAllocated) // 8 or 1
                value = item.PixelData[: len(item.PixelData) // size * size]
                yield from (f"nested: {what}" for what in in_cells(item, [value]))
            yield from _nested(item)


def _frame_bytes(header: Dataset) -> int:
    """Bytes of all native frames, by the header."""
    subsampled = header.get("PhotometricInterpretation") == "YBR_FULL_422"
    samples = 2 if subsampled else int(header.get("SamplesPerPixel") or 1)
    cells = int(header.Rows) * int(header.Columns) * samples
    return -(-cells * int(header.get("NumberOfFrames") or 1) * int(header.BitsAllocated) // 8)


def in_cells(header: Dataset, blocks: Iterable[bytes], *, little: bool = True) -> Iterator[str]:
    """Bits of cells outside Bits Stored. Signed values may be extended by their sign or by zeros.

    Args:
        header: describes the cells; those of floating point numbers have no Bits Stored.
        blocks: bytes of cells, each a whole number of them.
        little: whether they are little endian.
    """
    allocated = int(header.BitsAllocated)
    stored = int(header.get("BitsStored") or allocated)
    high = int(header.get("HighBit", stored - 1))
    is_signed = bool(int(header.get("PixelRepresentation") or 0))
    bits = CellBits(allocated, stored, high, is_signed, _plane_bits(header))
    yield from bits.outside(blocks, little=little)


class CellBits(NamedTuple):
    """Which bits of cells hold their values (PS3.5 8.1.1), and which overlay planes."""

    allocated: int
    stored: int
    high: int
    is_signed: bool
    planes: int = 0

    def outside(self, blocks: Iterable[bytes], *, little: bool = True) -> list[str]:
        """What other bits are set; see `in_cells`."""
        if self.stored >= self.allocated or self.allocated not in (8, 16, 32):
            return []
        kind = ("<" if little else ">") + f"u{self.allocated // 8}"
        found = (self._in(np.frombuffer(block, kind)) for block in blocks)
        return sorted(set().union(*found))

    def _in(self, cells: npt.NDArray[Any]) -> set[str]:
        low = self.high + 1 - self.stored
        cells = cells & cells.dtype.type(~self.planes & (1 << self.allocated) - 1)
        used = int(np.bitwise_or.reduce(cells)) if cells.size else 0
        found = {"bits below the stored ones"} if used & ((1 << low) - 1) else set()
        if used >> (low + self.stored):
            above = cells >> (low + self.stored)
            sign = (cells >> (low + self.stored - 1)) & 1 if self.is_signed else 0
            extended = sign * ((1 << (self.allocated - low - self.stored)) - 1)
            if ((above != 0) & (above != extended)).any():
                found.add("bits above the stored ones")
        return found


def _plane_bits(header: Dataset) -> int:
    """Bits of cells that hold overlay planes which the header tells of (PS3.3 C.9.2)."""
    bits = 0
    for group in range(0x6000, 0x6020, 2):
        allocated, position = header.get((group, 0x0100)), header.get((group, 0x0102))
        if allocated is not None and position is not None and int(allocated.value) > 1:
            bits |= 1 << int(position.value)
    return bits


def _in_fragments(parsed: Parsed) -> Iterator[str]:
    table, *fragments = parsed.fragments
    frames = max(int(parsed.header.get("NumberOfFrames") or 1), 1)
    starts = [span.start - fragments[0].start for span in fragments]
    whole = [parsed.read(span) for span in fragments] if len(fragments) != frames else None
    if whole is None:
        streams: Iterator[bytes] = (parsed.read(span) for span in fragments)
    else:
        groups = list(_grouped(whole, frames))
        starts = [starts[first] for first, _ in groups]
        streams = (b"".join(whole[first:stop]) for first, stop in groups)
    yield from _in_tables(parsed, parsed.read(table), starts[:frames])
    look = _reader(str(parsed.header.file_meta.TransferSyntaxUID), parsed.header)
    for number, stream in enumerate(streams):
        if number >= frames:
            yield "fragments that no frame uses"
            return
        yield from (f"frame {number}: {what}" for what in look(stream))


def _grouped(fragments: list[bytes], frames: int) -> Iterator[tuple[int, int]]:
    """First and last fragment of each frame; all of them where there is a single frame."""
    if frames == 1:
        yield 0, len(fragments)
        return
    first = 0
    for number, data in enumerate(fragments, 1):
        if data[-8:].rstrip(b"\0")[-2:] == b"\xff\xd9" or number == len(fragments):
            yield first, number
            first = number


def _in_tables(parsed: Parsed, table: bytes, starts: list[int]) -> Iterator[str]:
    if table and table != struct.pack(f"<{len(starts)}L", *starts):
        yield "offset table"
    extended = parsed.header.get("ExtendedOffsetTable")
    if extended is not None and extended != struct.pack(f"<{len(starts)}Q", *starts):
        yield "extended offset table"
    lengths = parsed.header.get("ExtendedOffsetTableLengths")
    if lengths is None:
        return
    told = np.frombuffer(lengths[: len(lengths) // 8 * 8], "<u8").tolist()
    exact = [span.end - span.start for span in parsed.fragments[1:]]
    if len(lengths) != 8 * len(exact) or any(
        not 0 <= real - said <= 1 for real, said in zip(exact, told, strict=False)
    ):
        yield "lengths of the extended offset table"


def _reader(syntax: str, header: Dataset) -> Callable[[bytes], Iterator[str]]:
    pixels = int(header.Rows) * int(header.Columns)
    bits = int(header.BitsAllocated)
    if syntax in JPEG:
        return in_jpeg
    if syntax in JPEG_2000:
        return in_jpeg2000
    if syntax in JPEG_XL:
        return in_jpegxl
    if syntax == RLE:
        return lambda stream: in_rle(stream, pixels, bits)
    if syntax == DEFLATED_FRAMES:
        return in_deflated
    return lambda _: iter(())


def told(parsed: Parsed) -> dict[str, int]:
    """What the pixel data themselves say of their frames, by keyword; native ones of their number.

    Raises:
        Exception: where they cannot be read.
    """
    if parsed.pixels is None:
        return {}
    if not parsed.fragments:
        one = _frame_bytes(parsed.header) / max(int(parsed.header.get("NumberOfFrames") or 1), 1)
        return {"NumberOfFrames": int((parsed.pixels.end - parsed.pixels.start) // one)}
    fragments = [parsed.read(span) for span in parsed.fragments[1:]]
    ends = [data[-8:].rstrip(b"\0")[-2:] == b"\xff\xd9" for data in fragments]
    frames = sum(ends) or len(fragments)
    return {"NumberOfFrames": frames, **_frame_header(b"".join(fragments[:2]))}


def _frame_header(stream: bytes) -> dict[str, int]:
    """Samples and bits by the frame header of a JPEG, JPEG-LS or JPEG 2000 stream."""
    if stream[:4] == b"\xff\x4f\xff\x51":
        samples, bits = int.from_bytes(stream[40:42], "big"), (stream[42] & 0x7F) + 1
    elif (found := _SOF.search(stream)) is not None:
        bits, samples = found[1][0], found[2][0]
    else:
        return {}
    return {"SamplesPerPixel": samples, "BitsAllocated": -(-bits // 8) * 8}


_SOF: Final = re.compile(rb"\xff[\xc0-\xc3\xf7]\0.(.)....([\1\3\4])", re.DOTALL)
