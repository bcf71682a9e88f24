"""What can be made of written pixels by any window: the proof's own way of showing them.

The steps look for text in pictures of their making (`text.views`). What those do not show would be
left, and a proof that looked through them would not see it either. So the proof makes its own: of
each plane of what is stored, whatever window, table, palette or padding the header names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Values = npt.NDArray[Any]

TAILS: Final = (0.0, 0.005, 0.05)
"""Shares of the pixels at either end that are cut off: none, faulty ones, a margin of padding."""
ROUNDING: Final = 2
"""Grey levels by which two pictures of the same values differ."""


def pictures(values: Values, known: Picture | None = None) -> Iterator[Picture]:
    """Grey pictures of stored values, each unlike those before it.

    Args:
        values: (rows, columns) or (rows, columns, samples), any real type.
        known: a picture of them that was looked at already.

    Yields:
        uint8, (rows, columns): ranges of values, and their ranks, which tell any two values apart
        that are frequent, be they ever so near one another.
    """
    planes = values[..., None] if values.ndim == 2 else values
    made: list[Picture] = [known] if known is not None and known.ndim == 2 else []
    for k in range(planes.shape[2]):
        for picture in _of_plane(planes[..., k]):
            if not any(_are_alike(picture, other) for other in made):
                made.append(picture)
                yield picture


def _of_plane(plane: Values) -> Iterator[Picture]:
    finite = np.isfinite(plane) if plane.dtype.kind == "f" else np.ones(plane.shape, np.bool_)
    if not finite.any():
        return
    known = np.sort(plane[finite], axis=None)
    for tail in TAILS:
        last = known.size - 1
        low, high = (float(known[round(share * last)]) for share in (tail, 1 - tail))
        if high > low:
            levels = (np.clip(plane.astype(np.float64), low, high) - low) / (high - low)
            yield _eight(np.where(finite, levels, 0))
    ranks = np.searchsorted(known, plane, side="left") + np.searchsorted(known, plane, side="right")
    yield _eight(np.where(finite, ranks / (2 * known.size), 0))


def _eight(levels: Values) -> Picture:
    return np.asarray(np.rint(255 * levels), np.uint8)


def _are_alike(one: Picture, other: Picture) -> bool:
    return int(np.abs(one.astype(np.int16) - other).max(initial=0)) <= ROUNDING
