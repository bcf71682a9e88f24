"""Fill rectangles and voxels of one frame."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.pixels.edit import Edit, FillStyle
from pixelscrub.pixels.image import Image

Values = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

WEIGHTS: Final = np.array([0.299, 0.587, 0.114])
"""Luminance of red, green and blue (ITU-R BT.601)."""
INPAINT_RADIUS: Final = 3
"""Pixels around a hole that inpainting looks at."""


def filled(image: Image, index: int, frame: Values, edit: Edit) -> tuple[Values, Mask]:
    """One frame with everything filled that `edit` names.

    Args:
        image: the original.
        index: the frame, from 0.
        frame: its stored values; they stay as they are.
        edit: what to fill, fitted to the image.

    Returns:
        Stored values in the shape and dtype of `image.frame`, uncropped; and where they were
        filled, bool, (rows, columns).
    """
    values, mask = frame.copy(), np.zeros(frame.shape[:2], np.bool_)
    overwrite = edit.voxels(index, frame) if edit.voxels is not None else None
    if overwrite is not None:
        values[overwrite.mask] = overwrite.values[overwrite.mask]
        mask |= overwrite.mask
    boxes = edit.boxes_of(index)
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = True
    if boxes:
        _fill_boxes(values, frame, boxes, edit.fill, image)
    return values, mask


def _leaves_ground(frame: Values, boxes: list[Box]) -> bool:
    """Whether anything is left to draw on: OpenCV leaves a hole without a rim as it was."""
    covered = np.zeros(frame.shape[:2], np.bool_)
    for x0, y0, x1, y1 in boxes:
        covered[y0:y1, x0:x1] = True
    return not bool(covered.all())


def _fill_boxes(
    values: Values, frame: Values, boxes: list[Box], style: FillStyle, image: Image
) -> None:
    is_drawn = _can_be_inpainted(frame, image) and _leaves_ground(frame, boxes)
    if style == "inpaint" and is_drawn:
        _inpaint(values, boxes)
        return
    for box in boxes:
        x0, y0, x1, y1 = box
        values[y0:y1, x0:x1] = colour(frame, box, style, image)


def colour(frame: Values, box: Box, style: FillStyle, image: Image) -> Values:
    """The stored value (or one a sample) that fills `box`.

    Black is what looks black: 0 where cells are unsigned, else the darkest value of the frame, so
    that no window that is computed from the pixels moves; for MONOCHROME1 the greatest value of
    the frame; for a palette its darkest entry.
    """
    info = image.known
    if info.photometric == "PALETTE COLOR":
        return np.asarray(_palette_entry(frame, box, style, image), frame.dtype)
    if style in {"border", "inpaint"}:
        return np.asarray(_border(frame, box)).astype(frame.dtype)
    if info.samples == 3:
        half = info.range[1] // 2 + 1
        level = 0 if style == "black" else half
        is_ybr = info.colour_space == "YBR_FULL"
        return np.array([level, half, half] if is_ybr else [level] * 3, frame.dtype)
    return np.asarray(_grey_level(frame, style, image), frame.dtype)


def _grey_level(frame: Values, style: FillStyle, image: Image) -> float:
    info = image.known
    least, most = float(np.nanmin(frame)), float(np.nanmax(frame))
    if style == "grey":
        return (least + most) / 2
    if info.photometric == "MONOCHROME1":
        return most
    is_unsigned = info.cell_dtype.kind == "u" and not info.signed
    return 0 if is_unsigned else least


def _palette_entry(frame: Values, box: Box, style: FillStyle, image: Image) -> int:
    """The entry that looks darkest, nearest to grey, or most common along the border."""
    from pixelscrub.pixels.show import palette

    if style in {"border", "inpaint"}:
        entries, counts = np.unique(_ring(frame, box), return_counts=True)
        return int(entries[counts.argmax()])
    levels = palette(image.header, image.known) @ WEIGHTS
    return int(np.abs(levels - (0 if style == "black" else 128)).argmin())


def _border(frame: Values, box: Box) -> Values:
    """Mean of the pixels just outside the box."""
    ring = _ring(frame, box)
    mean: Values = np.asarray(np.nanmean(ring, axis=0))
    return np.rint(mean) if frame.dtype.kind in "ui" else mean


def _ring(frame: Values, box: Box) -> Values:
    """The pixels just outside the box, (n[, samples]); of the whole frame where there are none."""
    outer = box.padded(1).clipped(frame.shape[1], frame.shape[0])
    mask = np.zeros(frame.shape[:2], np.bool_)
    mask[outer.y0 : outer.y1, outer.x0 : outer.x1] = True
    mask[box.y0 : box.y1, box.x0 : box.x1] = False
    return frame[mask] if mask.any() else frame.reshape(-1, *frame.shape[2:])


def _can_be_inpainted(frame: Values, image: Image) -> bool:
    info = image.known
    is_grey = info.samples == 1 and info.bits_stored <= 16 and frame.dtype.kind in "ui"
    is_colour = info.samples == 3 and frame.dtype == np.uint8
    return info.photometric != "PALETTE COLOR" and info.bits_stored > 1 and (is_grey or is_colour)


def _inpaint(values: Values, boxes: list[Box]) -> None:
    import cv2

    hole = np.zeros(values.shape[:2], np.uint8)
    for x0, y0, x1, y1 in boxes:
        hole[y0:y1, x0:x1] = 1
    if values.ndim == 3 or values.dtype == np.uint8:
        drawn = cv2.inpaint(values, hole, INPAINT_RADIUS, cv2.INPAINT_TELEA)
        values[hole > 0] = drawn[hole > 0]
        return
    base = int(values.min())
    shifted = (values.astype(np.int64) - base).astype(np.uint16)
    drawn = cv2.inpaint(shifted, hole, INPAINT_RADIUS, cv2.INPAINT_NS)
    values[hole > 0] = (np.asarray(drawn, np.int64) + base).astype(values.dtype)[hole > 0]
