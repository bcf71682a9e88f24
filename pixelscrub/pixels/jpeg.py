"""Edit 8-bit JPEG in its DCT coefficients, so that nothing outside the touched blocks changes.

The unit is the MCU (ITU-T T.81 A.2): the least rectangle that whole blocks of every component
cover. In touched MCUs the AC coefficients become zero and DC the mean of the filled picture; all
other coefficients are written as they were read. Files for the library live in memory.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.pixels.codestream import START_OF_FRAME, START_OF_SCAN, CodeStream, segments
from pixelscrub.pixels.streams.jpeg import APP0, COM, colours

Mask = npt.NDArray[np.bool_]
Blocks = npt.NDArray[np.int16]

GREYSCALE: Final = 1
YCBCR: Final = 3
"""Colour spaces as the library numbers them; three components need not be YCbCr."""
OPTIMIZE_CODING: Final = ctypes.c_uint(1 << 6)
ALL_FLAGS: Final = ctypes.c_uint(0xFFFFFFFF)
LEVEL: Final = 128
"""What the level shift of 8-bit samples takes off (T.81 A.3.1)."""
DARKEST: Final = -1024
"""Eight times the level-shifted value of a black sample: the DC coefficient of a black block."""


@dataclass
class Coefficients:
    """The quantised coefficients of one frame.

    Attributes:
        blocks: of each component, int16, (block rows, block columns, 8, 8), DC first.
        tables: quantisation table of each component, uint16, (components, 64).
        rows, columns: of the frame, in pixels.
        stream: the code stream that they were read from.
    """

    blocks: list[Blocks]
    tables: npt.NDArray[np.uint16]
    rows: int
    columns: int
    stream: bytes


def mcu_size(found: CodeStream) -> tuple[int, int]:
    """Width and height of an MCU in pixels; a single component is not interleaved (T.81 A.2.2)."""
    if found.components == 1:
        return 8, 8
    return 8 * max(h for h, _ in found.factors), 8 * max(v for _, v in found.factors)


def read_coefficients(stream: bytes, found: CodeStream) -> Coefficients:
    """Read the coefficients of a Baseline, Extended or Progressive stream of 8 bits.

    Args:
        stream: the code stream of one frame.
        found: its frame header.

    Raises:
        OSError: the library cannot read it.
    """
    blocks = [np.zeros((*size, 8, 8), np.int16) for size in _block_counts(found)]
    tables, numbers = np.zeros((4, 64), np.uint16), np.zeros(4, np.int16)
    with _in_memory(stream) as path:
        is_read = _library().read_jpeg_dct(
            path.encode(), *_pointers(blocks), _pointer(tables), _pointer(numbers)
        )
    if not is_read:
        raise OSError("coefficients cannot be read")
    tables = tables[numbers[: found.components]]
    return Coefficients(blocks, tables, found.rows, found.columns, stream)


def _block_counts(found: CodeStream) -> list[tuple[int, int]]:
    """Rows and columns of blocks of each component (T.81 A.1.1)."""
    across, down = (max(f[i] for f in found.factors) for i in (0, 1))
    return [
        (-(-found.rows * v // (8 * down)), -(-found.columns * h // (8 * across)))
        for h, v in found.factors
    ]


def _library() -> Any:
    from pixelscrub.compat.jpeglib_private import c_library

    return c_library()


def _pointers(blocks: list[Blocks]) -> list[Any]:
    """Addresses of up to four components, None for those that are missing."""
    return [_pointer(b) for b in blocks] + [None] * (4 - len(blocks))


def _pointer(array: npt.NDArray[Any]) -> Any:
    return ctypes.c_void_p(array.ctypes.data)


def factors_of(found: CodeStream) -> tuple[tuple[int, int], ...]:
    """Blocks of each component in an MCU: across and down."""
    return found.factors if found.components > 1 else ((1, 1),)


def fill(
    coefficients: Coefficients,
    filled: npt.NDArray[np.uint8],
    touched: Mask,
    found: CodeStream,
) -> None:
    """Give the touched MCUs the colours of a filled picture, one colour a block.

    Args:
        coefficients: changed in place.
        filled: uint8, (rows, columns[, components]), in the components of the stream.
        touched: bool, (MCU rows, MCU columns).
        found: the frame header of the stream.
    """
    used = np.flatnonzero(touched.any(axis=1))
    if not used.size:
        return
    first, last = int(used[0]), int(used[-1]) + 1  # rows of MCUs without any are left alone
    size = mcu_size(found)
    planes = (filled[..., None] if filled.ndim == 2 else filled)[first * size[1] : last * size[1]]
    band = touched[first:last]
    for index, (across, down) in enumerate(factors_of(found)):
        blocks = coefficients.blocks[index][first * down : last * down]
        rows, columns = blocks.shape[:2]
        here = spread(band, across, down)[:rows, :columns]
        means = _means(planes[..., index], band.shape, (across, down), size)
        blocks[here] = 0
        blocks[here, 0, 0] = _levels(
            means[:rows, :columns][here], int(coefficients.tables[index, 0])
        )


def spread(touched: Mask, across: int, down: int) -> Mask:
    """A mask of MCUs as a mask of the blocks of one component."""
    return touched.repeat(down, axis=0).repeat(across, axis=1)


def _means(
    plane: npt.NDArray[np.uint8],
    mcus: tuple[int, ...],
    blocks: tuple[int, int],
    size: tuple[int, int],
) -> npt.NDArray[np.float64]:
    """Mean of the pixels beneath each block; pixels beyond the edge repeat the last."""
    (across, down), (wide, high) = blocks, size
    missing = [(0, high * mcus[0] - plane.shape[0]), (0, wide * mcus[1] - plane.shape[1])]
    whole = np.pad(plane, missing, mode="edge")
    shape = (mcus[0] * down, high // down, mcus[1] * across, wide // across)
    means: npt.NDArray[np.float64] = whole.reshape(shape).mean(axis=(1, 3))
    return means


def _levels(means: npt.NDArray[np.float64], step: int) -> npt.NDArray[np.int16]:
    """Quantised DC of blocks of these means; black is rounded to what is no lighter."""
    exact = 8 * (means - LEVEL) / step
    rounded = np.where(means <= 0, np.floor(exact), np.round(exact))
    return np.clip(rounded, DARKEST, -DARKEST - 1).astype(np.int16)


def crop(coefficients: Coefficients, box: Box, found: CodeStream) -> None:
    """Keep the MCUs of `box`, in place.

    Args:
        coefficients: changed in place.
        box: what stays, in stored pixels; begins on an MCU, and ends on one or at the edge.
        found: the frame header of the stream.
    """
    wide, high = mcu_size(found)
    for index, (across, down) in enumerate(factors_of(found)):
        x0, y0 = box.x0 // wide * across, box.y0 // high * down
        x1, y1 = -(-box.x1 // wide) * across, -(-box.y1 // high) * down
        kept = coefficients.blocks[index][y0:y1, x0:x1]
        coefficients.blocks[index] = np.ascontiguousarray(kept)
    coefficients.rows, coefficients.columns = box.height, box.width


def write(coefficients: Coefficients, found: CodeStream) -> bytes:
    """The code stream of these coefficients, sequential, with Huffman tables of its own.

    Of the original's application segments only the two that say what the colours are come along;
    comments and all others may carry text. Components keep their identifiers.

    Raises:
        OSError: the library cannot write it.
    """
    tables, slots = _unique(coefficients.tables)
    numbers = np.array([*slots, -1, -1, -1, -1][:4], np.int16)
    size = np.array([coefficients.rows, coefficients.columns], np.int32)
    counts = np.array([b.shape[:2] for b in coefficients.blocks], np.int32)
    factors = np.array([(down, across) for across, down in factors_of(found)], np.int32)
    blocks = [np.ascontiguousarray(b) for b in coefficients.blocks]
    space = YCBCR if found.components == 3 else GREYSCALE
    with _in_memory(b"") as target:
        is_written = _library().write_jpeg_dct(
            None, target.encode(), *_pointers(blocks), _pointer(size), _pointer(counts),
            _pointer(factors), space, found.components, _pointer(tables), ctypes.c_short(-1),
            _pointer(numbers), 0, None, None, None, OPTIMIZE_CODING, ALL_FLAGS,
        )  # fmt: skip
        with open(target, "rb") as file:  # noqa: PTH123 (a path of /proc)
            written = file.read()
    if not is_written:
        raise OSError("coefficients cannot be written")
    return _identified(_with_application_segments(written, coefficients.stream), found)


def _unique(
    tables: npt.NDArray[np.uint16],
) -> tuple[npt.NDArray[np.uint16], list[int]]:
    """Each quantisation table once, in order of use, and the slot of each component's."""
    slots: list[int] = []
    kept: list[bytes] = []
    for table in tables:
        data = table.tobytes()
        kept += [] if data in kept else [data]
        slots.append(kept.index(data))
    padded = b"".join(kept).ljust(4 * 128, b"\0")
    return np.frombuffer(padded, np.uint16).reshape(4, 64).copy(), slots


def _identified(stream: bytes, found: CodeStream) -> bytes:
    """The stream with the component identifiers of `found` in its frame and scan headers."""
    patched = bytearray(stream)
    for segment in segments(stream):
        first, step = (segment.offset + 10, 3) if segment.code in START_OF_FRAME else (0, 0)
        if segment.code == START_OF_SCAN:
            first, step = segment.offset + 5, 2
        for index, identifier in enumerate(found.identifiers if step else ()):
            patched[first + step * index] = identifier
    return bytes(patched)


def _with_application_segments(stream: bytes, original: bytes) -> bytes:
    kept = [_segment(s.code, d) for s in segments(original) if (d := colours(s.code, s.data))]
    end = 2
    for segment in segments(stream):
        if not (APP0 <= segment.code <= APP0 + 15 or segment.code == COM):
            kept.append(_segment(segment.code, segment.data))
        end = segment.end
    return b"\xff\xd8" + b"".join(kept) + stream[end:]


def _segment(code: int, data: bytes) -> bytes:
    return bytes((0xFF, code)) + (len(data) + 2).to_bytes(2, "big") + data


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """A file that has a path and lies in memory alone: the library opens nothing else."""
    descriptor = os.memfd_create("frame")
    try:
        os.write(descriptor, content)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def touched(mask: Mask, found: CodeStream) -> Mask:
    """The MCUs that hold any pixel of `mask` (rows, columns)."""
    wide, high = mcu_size(found)
    rows, columns = mask.shape
    padded = np.pad(mask, [(0, -rows % high), (0, -columns % wide)])
    cells = padded.reshape(padded.shape[0] // high, high, padded.shape[1] // wide, wide)
    return np.asarray(cells.any(axis=(1, 3)))
