"""Boxes that hold their letters whole: what reaches over an edge is taken in."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.measures import medians, twice_away

Picture = npt.NDArray[np.uint8]

REACH: Final = 0.4
"""How far letters may reach out of a box, as a share of its shorter side."""
INK: Final = 0.5
"""Share of the strongest contrast from which a pixel is ink."""
FAINT: Final = 24
"""Grey levels; what stands out by less is not followed."""
INSIDE: Final = 0.5
"""Share of a letter that lies in the box; what leads further out is a line."""


def whole(image: Picture, box: Box) -> Box:
    """A box that also holds the rest of the letters that its edge cuts.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
        box: of a text, in pixels.
    """
    rows, columns = image.shape[:2]
    reach = box.padded(max(round(REACH * min(box.width, box.height)), 1))
    inner, outer = box.clipped(columns, rows), reach.clipped(columns, rows)
    if not inner.area or inner == outer:
        return box
    ink = _ink(image[outer.y0 : outer.y1, outer.x0 : outer.x1], inner.shifted(-outer.x0, -outer.y0))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    x0, y0, x1, y1 = inner.shifted(-outer.x0, -outer.y0)
    within = np.bincount(labels[y0:y1, x0:x1].ravel(), minlength=len(stats))
    edges = [box]
    for k in range(1, len(stats)):
        x, y, width, height, area = stats[k].tolist()
        letter = Box(x, y, x + width, y + height).shifted(outer.x0, outer.y0)
        if within[k] >= INSIDE * area and reach.padded(-1).intersection(letter) == letter:
            edges.append(letter)
    low, high = np.min(edges, axis=0), np.max(edges, axis=0)
    return Box(int(low[0]), int(low[1]), int(high[2]), int(high[3]))


def _ink(part: Picture, inner: Box) -> Picture:
    """What stands out of the ground in the box, there and around it."""
    x0, y0, x1, y1 = inner
    away = twice_away(part, medians(part[y0:y1, x0:x1]))
    is_ink = away >= max(INK * int(away[y0:y1, x0:x1].max()), 2 * FAINT)
    return np.asarray(is_ink, np.uint8)
