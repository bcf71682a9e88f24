"""Compare what was written with the original, frame by frame, by decoding both again."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.findings import Box
from pixelscrub.pixels import codecs, jpeg
from pixelscrub.pixels.codestream import CodeStream
from pixelscrub.pixels.edit import Edit
from pixelscrub.pixels.fit import is_edited_as_jpeg
from pixelscrub.pixels.image import Image

Values = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

EVEN: Final = ("black", "grey")
"""Fills that give all rectangles of a frame one colour."""


def equal_outside(original: Image, written: Image, edit: Edit) -> None:
    """Make sure that pixels are the same outside the edit, and filled inside.

    8-bit JPEG is compared in its coefficients, and decoded as well: decoders that smooth chroma
    show a rim of one pixel around touched blocks that is not in the file.

    Args:
        original: the instance as it came in.
        written: what was written.
        edit: what was to be changed, fitted to the original.

    Raises:
        HeldError: PIXELS_CHANGED, FILL_MISSING, FRAME_COUNT; errors of decoding.
    """
    before, after = original.known, written.known
    whole = Box(0, 0, before.columns, before.rows)
    stays = edit.crop or whole
    if (after.rows, after.columns, after.samples) != (stays.height, stays.width, before.samples):
        raise HeldError(Reason.PIXELS_CHANGED, "frames are of another size")
    if after.frames != before.frames:
        raise HeldError(Reason.FRAME_COUNT)
    compare = _compare_jpeg if is_edited_as_jpeg(original) else _compare_values
    for index in range(before.frames):
        compare(original, written, index, edit)


def _compare_values(original: Image, written: Image, index: int, edit: Edit) -> None:
    old, new = original.frame(index), written.frame(index)
    boxes = _boxes(old.shape, index, edit)
    voxels, wanted = _voxels(old, index, edit)
    part = _part(edit.crop)
    old, boxes, voxels, wanted = old[part], boxes[part], voxels[part] & ~boxes[part], wanted[part]
    outside = ~(boxes | voxels)
    if old.dtype != new.dtype or not _equal(old[outside], new[outside]):
        raise HeldError(Reason.PIXELS_CHANGED, "pixels outside the mask changed")
    if not _equal(wanted[voxels], new[voxels]):
        raise HeldError(Reason.FILL_MISSING, "voxels are not what they were to be")
    if edit.fill in EVEN:
        _check_even(new, boxes)


def _equal(one: Values, other: Values) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _boxes(shape: tuple[int, ...], index: int, edit: Edit) -> Mask:
    """Where rectangles fill the frame."""
    mask = np.zeros(shape[:2], np.bool_)
    for x0, y0, x1, y1 in edit.boxes_of(index):
        mask[y0:y1, x0:x1] = True
    return mask


def _voxels(old: Values, index: int, edit: Edit) -> tuple[Mask, Values]:
    """Where voxels of the frame are overwritten, and the frame with what they become."""
    fill = edit.voxels(index, old) if edit.voxels is not None else None
    if fill is None:
        return np.zeros(old.shape[:2], np.bool_), old
    wanted = old.copy()
    wanted[fill.mask] = fill.values[fill.mask]
    return fill.mask, wanted


def _part(crop: Box | None) -> tuple[slice, slice]:
    if crop is None:
        return slice(None), slice(None)
    return slice(crop.y0, crop.y1), slice(crop.x0, crop.x1)


def _check_even(new: Values, mask: Mask) -> None:
    """All that is filled has one colour."""
    inside = new[mask]
    if inside.size and (inside != inside[0]).any():
        raise HeldError(Reason.FILL_MISSING, "the mask is not evenly filled")


def _compare_jpeg(original: Image, written: Image, index: int, edit: Edit) -> None:
    written.frame(index)  # decodes, or raises
    found, old = _coefficients(original, index)
    _, new = _coefficients(written, index)
    if not np.array_equal(old.tables, new.tables):
        raise HeldError(Reason.PIXELS_CHANGED, "quantisation changed")
    mask = _boxes(original.known.shape, index, edit)
    if edit.voxels is not None:
        mask |= _voxels(original.frame(index), index, edit)[0]
    touched = jpeg.touched(mask, found)
    if edit.crop is not None:
        jpeg.crop(old, edit.crop, found)
        touched = jpeg.touched(mask[_part(edit.crop)], found)
    for component in range(len(old.blocks)):
        here = _compare_blocks(old, new, component, touched, found)
        if edit.fill in EVEN and edit.voxels is None:
            _check_even(new.blocks[component][..., 0, 0], here)


def _coefficients(image: Image, index: int) -> tuple[CodeStream, jpeg.Coefficients]:
    stream = image.stream(index)
    found = codecs.read_stream(image.codec, stream, image.known)
    if found is None:
        raise HeldError(Reason.NOT_READABLE_AGAIN)
    with guarded(Reason.DECODE_FAILED):
        return found, jpeg.read_coefficients(stream, found)


def _compare_blocks(
    old: jpeg.Coefficients,
    new: jpeg.Coefficients,
    component: int,
    touched: Mask,
    found: CodeStream,
) -> Mask:
    """Compare one component; give the blocks that were to be filled."""
    before, after = old.blocks[component], new.blocks[component]
    rows, columns = before.shape[:2]
    here = jpeg.spread(touched, *jpeg.factors_of(found)[component])[:rows, :columns]
    if before.shape != after.shape or not np.array_equal(before[~here], after[~here]):
        raise HeldError(Reason.PIXELS_CHANGED, "coefficients outside the mask changed")
    if after[here].reshape(-1, 64)[:, 1:].any():
        raise HeldError(Reason.FILL_MISSING, "detail is left inside the mask")
    return here
