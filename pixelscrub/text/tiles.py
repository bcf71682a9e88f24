"""Large pictures in parts that overlap, for networks that see a part at a time."""

from __future__ import annotations

from typing import Final

TILE: Final = 1024
"""Pixels of a tile's side, most."""
OVERLAP: Final = 96
"""Pixels that neighbouring tiles share, so that no letter is only seen cut."""
STEP: Final = 16
"""Sides of tiles are multiples of this; the last one may reach beyond the picture."""


def parts(side: int) -> list[slice]:
    """As few tiles as can be along a side, of one length in whole steps, that share OVERLAP."""
    count = max(-(-(side - OVERLAP) // (TILE - OVERLAP)), 1)
    length = -(-(side + (count - 1) * OVERLAP) // (count * STEP)) * STEP
    starts = (round((side - length) * k / (STEP * max(count - 1, 1))) * STEP for k in range(count))
    return [slice(start, start + length) for start in starts]
