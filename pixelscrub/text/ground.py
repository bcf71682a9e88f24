"""What a text stands on: flat, as screens and films are, or restless, as tissue is."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box

Picture = npt.NDArray[np.uint8]

RING: Final = 4
"""Pixels around a text that are looked at."""
MOST: Final = 75
"""Percent of them that have to be alike; the rest may be another text's, or a line."""
ALIKE: Final = 6.0
"""Grey levels from their median."""


def is_calm(image: Picture, box: Box) -> bool:
    """Whether the ground around a box is flat.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
        box: in pixels.
    """
    rows, columns = image.shape[:2]
    x0, y0, x1, y1 = outer = box.padded(RING).clipped(columns, rows)
    inner = box.clipped(columns, rows).shifted(-x0, -y0)
    part = image[y0:y1, x0:x1]
    ring = np.ones((outer.height, outer.width), np.bool_)
    ring[inner.y0 : inner.y1, inner.x0 : inner.x1] = False
    levels = (part if part.ndim == 2 else part.max(axis=2))[ring].astype(np.float32)
    if not levels.size:
        return True
    return float(np.percentile(np.abs(levels - np.median(levels)), MOST)) <= ALIKE
