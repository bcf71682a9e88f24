"""What a second look sees: a find magnified to one height, its levels stretched.

The first networks see a picture as it is, so small letters are a few of their cells, and rings,
rows of teeth and traces look like them. On a strip a line is sixteen pixels high.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box

Picture = npt.NDArray[np.uint8]
Strip = npt.NDArray[np.float32]

ROWS: Final = 32
"""Pixels of a strip's height; a find takes the middle half of them."""
COLUMNS: Final = 128
"""Pixels of a strip's length."""
AROUND: Final = 2.0
"""Height of what a strip shows, as a multiple of the find's."""
LONGEST: Final = 7.0
"""Length of a find, as a multiple of its height, that one strip shows; longer ones take three."""
TURNED: Final = 1.5
"""Height of a find, as a multiple of its width, from which it is looked at on its side."""
FAINTEST: Final = 8.0
"""Grey levels of deviation that levels are stretched from, at least."""
STRETCHED: Final = 4.0
"""Deviations from the mean at which stretched levels end."""


def parts(box: Box) -> list[Box]:
    """The box, or its start, middle and end where it is too long for one strip."""
    is_turned = box.height >= TURNED * box.width
    long, high = (box.height, box.width) if is_turned else (box.width, box.height)
    reach = round(LONGEST * max(high, 1))
    if long <= reach:
        return [box]
    starts = (0, (long - reach) // 2, long - reach)
    if is_turned:
        return [Box(box.x0, box.y0 + s, box.x1, box.y0 + s + reach) for s in starts]
    return [Box(box.x0 + s, box.y0, box.x0 + s + reach, box.y1) for s in starts]


def strip(image: Picture, box: Box) -> Strip:
    """A find and what is around it, upright or on its side, as the network takes it.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
        box: in pixels; may reach out of the picture, which is mirrored at its edges.

    Returns:
        (4, ROWS, COLUMNS): three colours with their levels stretched, and 1 within the find.
    """
    is_turned = box.height >= TURNED * box.width
    long, high = (box.height, box.width) if is_turned else (box.width, box.height)
    scale = ROWS / (AROUND * max(high, 1))
    half_long, half_high = COLUMNS / scale / 2, ROWS / scale / 2
    across, down = (half_high, half_long) if is_turned else (half_long, half_high)
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    part = _cut(image, Box(round(x - across), round(y - down), round(x + across), round(y + down)))
    upright = np.rot90(part) if is_turned else part
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sized = cv2.resize(np.ascontiguousarray(upright), (COLUMNS, ROWS), interpolation=how)
    colour = sized if sized.ndim == 3 else np.repeat(sized[:, :, None], 3, axis=2)
    levels = colour.astype(np.float32)
    spread = max(float(levels.std()), FAINTEST)
    stretched = np.clip((levels - levels.mean()) / spread, -STRETCHED, STRETCHED)
    within = np.zeros((ROWS, COLUMNS), np.float32)
    wide = min(round(long * scale), COLUMNS)
    first = (COLUMNS - wide) // 2
    within[ROWS // 4 : 3 * ROWS // 4, first : first + wide] = 1
    return np.concatenate([stretched.transpose(2, 0, 1), within[None]])


def _cut(image: Picture, box: Box) -> Picture:
    """A part of the picture, mirrored where it reaches out of it."""
    rows, columns = image.shape[:2]
    inner = box.clipped(columns, rows)
    if not inner.area:
        return np.zeros((max(box.height, 1), max(box.width, 1), *image.shape[2:]), np.uint8)
    part = image[inner.y0 : inner.y1, inner.x0 : inner.x1]
    missing = (inner.y0 - box.y0, box.y1 - inner.y1, inner.x0 - box.x0, box.x1 - inner.x1)
    if not any(missing):
        return part
    (top, bottom), (left, right) = missing[:2], missing[2:]
    room = [(top, bottom), (left, right), *[(0, 0)] * (image.ndim - 2)]
    return np.asarray(np.pad(part, room, mode="symmetric"), np.uint8)
