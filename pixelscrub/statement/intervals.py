"""How sure a measured share is: the Wilson score interval (Wilson 1927, JASA 22:209)."""

from __future__ import annotations

from math import sqrt
from typing import Final

Z_95: Final = 1.959963984540054
"""Quantile of the normal distribution that leaves 2.5 % above it."""


def wilson(count: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share; 0 of n has an upper bound above 0 too.

    Args:
        count: how many of `total` it was.
        total: how many were measured; without any, everything is possible.

    Returns:
        Lower and upper bound, 0 to 1.
    """
    if total == 0:
        return 0.0, 1.0
    share, square = count / total, Z_95**2
    centre = share + square / (2 * total)
    half = Z_95 * sqrt(share * (1 - share) / total + square / (4 * total**2))
    scale = 1 + square / total
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
