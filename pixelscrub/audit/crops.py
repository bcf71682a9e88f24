"""Where in an original a smaller output was cut out."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box

Frame = npt.NDArray[Any]
PATCH: Final = 24
"""Pixels of the side of what is looked for: small enough to lie between masks."""
LIKE: Final = 0.5
"""Share of equal pixels from which two pictures show the same."""


def likeness(one: Frame, other: Frame) -> float:
    """Share of equal pixels of two frames; 0 where they have different shapes."""
    if one.shape != other.shape:
        return 0.0
    same = one == other
    return float(same.reshape(*one.shape[:2], -1).all(axis=2).mean())


def crop_of(original: Frame, output: Frame) -> Box | None:
    """The part of a frame that another one shows.

    Args:
        original: stored values, (rows, columns) or with samples.
        output: the same or less of it; parts of it may be masked.

    Returns:
        The box in `original`, or None where `output` shows something else.
    """
    rows, columns = output.shape[:2]
    if output.ndim != original.ndim or rows > original.shape[0] or columns > original.shape[1]:
        return None
    y, x = _busiest(output)
    patch = _grey(output)[y : y + PATCH, x : x + PATCH]
    found = cv2.matchTemplate(_grey(original), patch, cv2.TM_SQDIFF)
    _, _, (left, top), _ = cv2.minMaxLoc(found)
    box = Box(left - x, top - y, left - x + columns, top - y + rows)
    if box.clipped(original.shape[1], original.shape[0]) != box:
        return None
    same = likeness(original[box.y0 : box.y1, box.x0 : box.x1], output)
    return box if same >= LIKE else None


def _grey(frame: Frame) -> npt.NDArray[np.float32]:
    values = frame.astype(np.float32)
    return values if values.ndim == 2 else np.asarray(values.mean(axis=2), np.float32)


def _busiest(frame: Frame) -> tuple[int, int]:
    """The corner of the patch of the greatest variance."""
    grey = _grey(frame)
    corners = [
        (y, x)
        for y in range(0, max(grey.shape[0] - PATCH, 0) + 1, PATCH // 2)
        for x in range(0, max(grey.shape[1] - PATCH, 0) + 1, PATCH // 2)
    ]
    return max(corners, key=lambda c: grey[c[0] : c[0] + PATCH, c[1] : c[1] + PATCH].var())
