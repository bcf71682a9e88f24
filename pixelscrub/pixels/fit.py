"""Fit an edit to how an instance is stored: what cannot be changed alone is changed together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason
from pixelscrub.findings import Box
from pixelscrub.pixels import codecs, jpeg
from pixelscrub.pixels.edit import Edit, FrameBox, FrameFill, VoxelEdit
from pixelscrub.pixels.image import Image

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

OVERLAY_GROUPS: Final = range(0x6000, 0x6020, 2)
OVERLAY_BITS_ALLOCATED: Final = 0x0100


def fit(image: Image, edit: Edit) -> Edit:
    """The edit that is carried out: never less than what was asked for.

    Boxes are clipped, and in JPEG grown to whole MCUs, in subsampled native pixel data to whole
    pairs. The rectangle that stays is grown likewise, and what is between it and the one asked
    for is masked. Bits of cells that stored values do not use are cleared where any is set, but for
    overlay planes that stay.

    Raises:
        HeldError: CANNOT_CHANGE, where a tiled image is to be cropped; errors of decoding.
    """
    if image.info is None:
        return Edit(drop_overlays=edit.drop_overlays)
    keeps_planes = edit.keep_planes and hides_overlays(image)
    clear = not keeps_planes and image.stored.uses_other_bits()
    edit = replace(edit, clear_unused=clear)
    if not edit:
        return edit
    if edit.crop is not None and "TotalPixelMatrixColumns" in image.header:
        raise HeldError(Reason.CANNOT_CHANGE, "tiles of a larger image are not cropped")
    grid = grid_of(image)
    info = image.known
    crop = None
    boxes = [(f.frames, f.box) for f in edit.boxes]
    if edit.crop is not None:
        wanted = edit.crop.clipped(info.columns, info.rows)
        crop = _grown(wanted, grid, info.columns, info.rows)
        boxes += [(None, strip) for strip in _between(crop, wanted)]
    grown = ((frames, _grown(box, grid, info.columns, info.rows)) for frames, box in boxes)
    fitted = tuple(FrameBox(box, frames) for frames, box in grown if box.area)
    voxels = _on_grid(edit.voxels, grid) if edit.voxels and grid != (1, 1) else edit.voxels
    return replace(edit, boxes=fitted, crop=crop, voxels=voxels)


def grid_of(image: Image) -> tuple[int, int]:
    """Columns and rows of the least rectangle that can be changed without touching others."""
    info = image.known
    if is_edited_as_jpeg(image):
        found = codecs.read_stream(image.codec, image.stream(0), info)
        return jpeg.mcu_size(found) if found else (1, 1)
    is_native = image.native is not None or info.transfer_syntax == codecs.DEFLATED_FRAMES
    subsampled = is_native and info.photometric == "YBR_FULL_422"
    return (2, 1) if subsampled else (1, 1)


def is_edited_as_jpeg(image: Image) -> bool:
    """Whether frames are lossy JPEG of 8 bits, whose coefficients can be edited."""
    if image.codec.decode is None or image.codec.encode is not None:
        return False
    found = codecs.read_stream(image.codec, image.stream(0), image.known)
    return found is not None and found.precision == 8


def hides_overlays(image: Image) -> bool:
    """Whether an overlay plane lies in bits of the cells that the stored values do not use."""
    return any(_bits(image.header, group) > 1 for group in OVERLAY_GROUPS)


def _bits(header: Dataset, group: int) -> int:
    element: Any = header.get((group, OVERLAY_BITS_ALLOCATED))
    try:
        return 0 if element is None else int(element.value)
    except (TypeError, ValueError):
        return 0


def _grown(box: Box, grid: tuple[int, int], columns: int, rows: int) -> Box:
    wide, high = grid
    x0, y0 = box.x0 // wide * wide, box.y0 // high * high
    return Box(x0, y0, -(-box.x1 // wide) * wide, -(-box.y1 // high) * high).clipped(columns, rows)


def _between(outer: Box, inner: Box) -> list[Box]:
    """What `outer` has more than `inner`, as rectangles."""
    strips = [
        Box(outer.x0, outer.y0, outer.x1, inner.y0),
        Box(outer.x0, inner.y1, outer.x1, outer.y1),
        Box(outer.x0, outer.y0, inner.x0, outer.y1),
        Box(inner.x1, outer.y0, outer.x1, outer.y1),
    ]
    return [strip for strip in strips if strip.area]


def _on_grid(voxels: VoxelEdit, grid: tuple[int, int]) -> VoxelEdit:
    """Voxel edits that take whole rectangles of the grid."""

    def grown(index: int, frame: npt.NDArray[Any]) -> FrameFill | None:
        fill = voxels(index, frame)
        if fill is None:
            return None
        wide, high = grid
        rows, columns = fill.mask.shape
        padded = np.pad(fill.mask, [(0, -rows % high), (0, -columns % wide)])
        blocks = padded.reshape(-1, high, padded.shape[1] // wide, wide).any(axis=(1, 3))
        mask = blocks.repeat(high, axis=0).repeat(wide, axis=1)[:rows, :columns]
        middle = (
            np.median(np.asarray(fill.values[fill.mask], np.float64), axis=0)
            if fill.mask.any()
            else 0
        )
        values = np.where(_like(fill.mask, frame), fill.values, np.asarray(middle, frame.dtype))
        return FrameFill(mask, values)

    return grown


def _like(mask: npt.NDArray[np.bool_], frame: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    return mask[..., None] if frame.ndim == 3 else mask
