"""Pictures of many tiles: rows of heads are no lines of text, though they look like some.

Tiles of a mosaic or a contact sheet show slices that follow one another, so the picture is much
like itself one tile further, and unlike itself half a tile further. Pages of text are not.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box

Picture = npt.NDArray[np.uint8]

SIDE: Final = 192
"""Pixels of the longer side at which a picture is compared with itself."""
COUNTS: Final = range(2, 17)
"""Tiles along a side."""
LEAST: Final = 20
"""Pixels of the smallest tile's side, in the full picture."""
ALIKE: Final = 0.5
"""Correlation of a picture with itself one tile further; of montages of heads 0.6 to 1.0."""
UNLIKE: Final = 0.3
"""By how much less it is like itself half a tile further."""
LARGE: Final = 0.3
"""Share of a tile's side from which a find is as high as what the tile shows; labels are lower."""


class Tiles(NamedTuple):
    """Height and width of the tiles of a montage, in pixels."""

    height: float
    width: float


def tiles_of(picture: Picture) -> Tiles | None:
    """The tiles that a picture is made of; None where it is one picture.

    Args:
        picture: uint8, (rows, columns) or (rows, columns, 3).
    """
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    rows, columns = grey.shape
    share = min(SIDE / max(rows, columns), 1.0)
    size = (max(round(columns * share), 2), max(round(rows * share), 2))
    small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)
    across, down = _count(small), _count(np.ascontiguousarray(small.T))
    if across is None or down is None:
        return None
    tiles = Tiles(rows / down, columns / across)
    return tiles if min(tiles) >= LEAST else None


def is_content(box: Box, tiles: Tiles) -> bool:
    """Whether a find is as high as what tiles show: a head, or a row of them."""
    return min(box.width, box.height) >= LARGE * min(tiles)


def _count(levels: npt.NDArray[np.float32]) -> int | None:
    """How many tiles lie side by side along the rows; None where none do."""
    width = levels.shape[1]
    best, found = ALIKE, None
    for count in COUNTS:
        step = width / count
        if step < 6:
            break
        alike = _likeness(levels, round(step))
        if alike > best and alike - _likeness(levels, round(step / 2)) >= UNLIKE:
            best, found = alike, count
    return found


def _likeness(levels: npt.NDArray[np.float32], shift: int) -> float:
    """Correlation of a picture with itself so many pixels further along its rows."""
    one, other = levels[:, shift:], levels[:, : levels.shape[1] - shift]
    one, other = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return float((one * other).sum()) / scale if scale > 0 else 0.0
