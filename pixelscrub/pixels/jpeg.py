"""Edit 8-bit JPEG in its DCT coefficients, so that nothing outside the touched blocks changes.

The unit is the MCU (ITU-T T.81 A.2): the least rectangle that whole blocks of every component
cover. In touched MCUs the AC coefficients become zero and DC the mean of the filled picture; all
other coefficients are written as they were read. Files for the library live in memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.pixels.codestream import CodeStream, segments

Mask = npt.NDArray[np.bool_]
Blocks = npt.NDArray[np.int16]

APP0: Final = 0xE0
APP14: Final = 0xEE
COM: Final = 0xFE
LEVEL: Final = 128
"""What the level shift of 8-bit samples takes off (T.81 A.3.1)."""
DARKEST: Final = -1024
"""Eight times the level-shifted value of a black sample: the DC coefficient of a black block."""


@dataclass
class Coefficients:
    """The quantised coefficients of one frame.

    Attributes:
        blocks: of each component, int16, (block rows, block columns, 8, 8), DC first.
        steps: quantisation step of DC, of each component.
        stream: the code stream that they were read from.
        details: what the library needs to write them back.
    """

    blocks: list[Blocks]
    steps: list[int]
    stream: bytes
    details: Any


def mcu_size(found: CodeStream) -> tuple[int, int]:
    """Width and height of an MCU in pixels; a single component is not interleaved (T.81 A.2.2)."""
    if found.components == 1:
        return 8, 8
    return 8 * max(h for h, _ in found.factors), 8 * max(v for _, v in found.factors)


def read(stream: bytes) -> Coefficients:
    """Read the coefficients of a Baseline, Extended or Progressive stream of 8 bits.

    Raises:
        OSError: the library cannot read it.
    """
    import jpeglib
    from jpeglib._bind import CJpegLib

    with _in_memory(stream) as path:
        details = jpeglib.read_dct(path)
        arrays = [details._alloc_dct_component(i) for i in range(details.num_components)]
        tables = np.zeros((4, 64), np.uint16)
        numbers = np.zeros(4, np.int16)
        CJpegLib.read_jpeg_dct(
            srcfile=path,
            Y=arrays[0],
            Cb=arrays[1] if len(arrays) > 1 else None,
            Cr=arrays[2] if len(arrays) > 1 else None,
            K=None,
            qt=np.ctypeslib.as_ctypes(tables),
            quant_tbl_no=np.ctypeslib.as_ctypes(numbers),
        )
    details.qt = tables[: int(numbers.max()) + 1].reshape(-1, 8, 8)
    details.quant_tbl_no = numbers[: len(arrays)]
    blocks = [np.ctypeslib.as_array(a).reshape(*np.shape(a)[:2], 8, 8) for a in arrays]
    steps = [int(tables[numbers[i], 0]) for i in range(len(arrays))]
    return Coefficients(blocks, steps, stream, details)


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
    planes = filled[..., None] if filled.ndim == 2 else filled
    for index, (across, down) in enumerate(factors_of(found)):
        blocks = coefficients.blocks[index]
        rows, columns = blocks.shape[:2]
        here = spread(touched, across, down)[:rows, :columns]
        means = _means(planes[..., index], touched.shape, (across, down), mcu_size(found))
        blocks[here] = 0
        blocks[here, 0, 0] = _levels(means[:rows, :columns][here], coefficients.steps[index])


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
    dims = [blocks.shape[:2] for blocks in coefficients.blocks]
    coefficients.details.block_dims = np.array(dims, np.int32)
    coefficients.details.height, coefficients.details.width = box.height, box.width


def write(coefficients: Coefficients) -> bytes:
    """The code stream of these coefficients.

    Of the original's application segments only the two that say what the colours are come along;
    comments and all others may carry text.

    Raises:
        OSError: the library cannot write it.
    """
    from jpeglib._bind import CJpegLib

    details = coefficients.details
    arrays = [
        np.ctypeslib.as_ctypes(np.ascontiguousarray(b).reshape(*b.shape[:2], 64))
        for b in coefficients.blocks
    ]
    numbers = np.full(4, -1, np.int16)
    numbers[: len(arrays)] = details.quant_tbl_no
    with _in_memory(coefficients.stream) as source, _in_memory(b"") as target:
        CJpegLib.write_jpeg_dct(
            srcfile=source,
            dstfile=target,
            Y=arrays[0],
            Cb=arrays[1] if len(arrays) > 1 else None,
            Cr=arrays[2] if len(arrays) > 1 else None,
            K=None,
            image_dims=details.c_image_dims(),
            block_dims=details.c_block_dims(),
            in_color_space=int(details.jpeg_color_space),
            in_components=len(arrays),
            samp_factor=details.c_samp_factor(),
            qt=np.ctypeslib.as_ctypes(details.qt.reshape(-1, 64).astype(np.uint16)),
            quality=-1,
            quant_tbl_no=np.ctypeslib.as_ctypes(numbers),
            num_markers=0,
            marker_types=None,
            marker_lengths=None,
            markers=None,
            flags=["+OPTIMIZE_CODING", "-PROGRESSIVE_MODE"],
        )
        with open(target, "rb") as file:  # noqa: PTH123 (a path of /proc)
            written = file.read()
    return _with_application_segments(written, coefficients.stream)


def without_text(stream: bytes) -> bytes:
    """The stream without comments and application segments, but for JFIF and Adobe's."""
    return _with_application_segments(stream, stream)


def _with_application_segments(stream: bytes, original: bytes) -> bytes:
    kept = [_segment(s.code, d) for s in segments(original) if (d := _colour(s.code, s.data))]
    end = 2
    for segment in segments(stream):
        if not (APP0 <= segment.code <= APP0 + 15 or segment.code == COM):
            kept.append(_segment(segment.code, segment.data))
        end = segment.end
    return b"\xff\xd8" + b"".join(kept) + stream[end:]


def _colour(code: int, data: bytes) -> bytes:
    """What of an application segment says how colours are meant; nothing of any other."""
    if code == APP0 and data[:5] == b"JFIF\0" and len(data) >= 14:
        return data[:12] + b"\0\0"  # without its thumbnail
    if code == APP14 and data[:5] == b"Adobe" and len(data) >= 12:
        return data[:12]
    return b""


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
