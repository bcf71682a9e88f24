"""Ink as sheets take it: its runs of words, turned, and the core that the network learns."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from training.text.fonts import Ink

Corners = npt.NDArray[np.float64]
"""(4, 2): x and y of the first and last pixels of a text, along, down and back."""

CORE: Final = 0.2
"""Share of a line's height that is cut from each side of its box, so that lines stay apart."""
INWARD: Final = ((1, 1), (-1, 1), (-1, -1), (1, -1))
"""From each corner of a text, along and down, to its middle."""
INKED: Final = 96
"""Coverage from which a pixel counts as ink."""


def words(ink: Ink) -> list[Corners]:
    """Corners of each run of words that stand no further apart than they are high: (4, 2)."""
    found = []
    for start, end in _runs(np.any(ink > INKED, axis=0), max(int(1.2 * ink.shape[0]), 4)):
        down = np.flatnonzero((ink[:, start:end] > INKED).any(axis=1))
        top, bottom = int(down[0]), int(down[-1])
        if bottom - top >= 3:  # a dash or a row of dots is no text
            right = end - 1
            corners = [(start, top), (right, top), (right, bottom), (start, bottom)]
            found.append(np.array(corners, np.float64))
    return found


def turned(ink: Ink, angle: float) -> tuple[Ink, npt.NDArray[np.float64]]:
    """Ink on a sheet that holds it turned, and the way, (2, 3), that its pixels went."""
    rows, columns = ink.shape
    move = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), angle, 1)
    cosine, sine = np.abs(move[0, :2])
    wide = math.ceil(columns * cosine + rows * sine - 1e-6)
    high = math.ceil(columns * sine + rows * cosine - 1e-6)
    move[:, 2] += ((wide - columns) / 2, (high - rows) / 2)
    return np.asarray(cv2.warpAffine(ink, move, (wide, high)), np.uint8), move


def core(corners: Corners) -> Corners:
    """The middle of a text: its box without a part of its height on each side."""
    along, down = (np.linalg.norm(corners[k] - corners[0]) + 1 for k in (1, 3))
    cut = int(CORE * min(along, down))
    right = (corners[1] - corners[0]) / max(along - 1, 1)
    lower = (corners[3] - corners[0]) / max(down - 1, 1)
    return np.array(
        [c + cut * (a * right + b * lower) for c, (a, b) in zip(corners, INWARD, strict=True)]
    )


def _runs(seen: npt.NDArray[np.bool_], gap: int) -> list[tuple[int, int]]:
    """Start and end of what is seen; what is no further apart than `gap` is one."""
    at = np.flatnonzero(seen)
    if not at.size:
        return []
    breaks = np.flatnonzero(np.diff(at) > gap)
    starts, ends = at[np.r_[0, breaks + 1]], at[np.r_[breaks, at.size - 1]] + 1
    return [(int(s), int(e)) for s, e in zip(starts, ends, strict=True)]
