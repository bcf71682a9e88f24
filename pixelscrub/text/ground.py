"""What a text stands on: flat, as screens and films are, or restless, as tissue is."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box

Picture = npt.NDArray[np.uint8]

RING: Final = 4
"""Pixels beside a text that are looked at."""
MOST: Final = 75
"""Percent of them that have to be alike; the rest may be another text's, or a line."""
ALIKE: Final = 6.0
"""Grey levels from their median."""
WHITE: Final = 255
"""Where a window ends: bone is so bright without being flat, and its cells look like figures."""
CALM: Final = 2
"""Sides of a text that have to be so; a curve may pass above, an axis beside."""


def is_calm(image: Picture, box: Box) -> bool:
    """Whether the ground is flat on two sides of a box, or more.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
        box: in pixels.
    """
    rows, columns = image.shape[:2]
    x0, y0, x1, y1 = box
    sides = (
        Box(x0 - RING, y0 - RING, x1 + RING, y0),
        Box(x0 - RING, y1, x1 + RING, y1 + RING),
        Box(x0 - RING, y0, x0, y1),
        Box(x1, y0, x1 + RING, y1),
    )
    return sum(_is_flat(image, side.clipped(columns, rows)) for side in sides) >= CALM


def _is_flat(image: Picture, side: Box) -> bool:
    """Whether most levels are alike and not cut off; what is no longer in the picture is."""
    part = image[side.y0 : side.y1, side.x0 : side.x1]
    levels = (part if part.ndim == 2 else part.max(axis=2, initial=0)).astype(np.float32)
    if not levels.size:
        return True
    flat = levels.ravel()
    middle = _middle(flat)
    if _middle(part.ravel()) >= WHITE:
        return False
    away = np.abs(flat - middle)
    return bool(np.count_nonzero(away <= ALIKE) >= MOST / 100 * away.size)


def _middle(levels: npt.NDArray[np.generic]) -> float:
    return float(np.partition(levels, levels.size // 2)[levels.size // 2])
