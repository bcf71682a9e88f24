"""How sharp edges are: letters are drawn, or cut of lead; tissue blurs over several pixels."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box

Picture = npt.NDArray[np.uint8]

STEEPEST: Final = 0.05
"""Share of the steps between neighbouring pixels that are looked at; letters have more edges."""
ENDS: Final = (2, 98)
"""Percentiles of the levels between which the contrast lies."""
LARGE: Final = 32
"""Pixels of a text's height, from which it is looked at in a half, a third and so on of its size:
the edges of large letters are wide."""


def sharpness(image: Picture, box: Box) -> float:
    """How much of the contrast of a text its steepest edges bridge from pixel to pixel.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
        box: of the text, in pixels of `image`.

    Returns:
        0 for no edges, about 1 for letters that are drawn without smoothing.
    """
    x0, y0, x1, y1 = box.clipped(image.shape[1], image.shape[0])
    part = image[y0:y1, x0:x1]
    if min(part.shape[:2]) < 2:
        return 0.0
    share = 1 / max(min(part.shape[:2]) // LARGE, 1)
    part = np.asarray(cv2.resize(part, None, fx=share, fy=share, interpolation=cv2.INTER_AREA))
    part = part.reshape(*part.shape[:2], -1)
    levels = np.sort(part.reshape(-1, part.shape[2]), axis=0).astype(np.int16)
    low, high = (levels[round(end / 100 * (len(levels) - 1))] for end in ENDS)
    across, down = cv2.absdiff(part[:, 1:], part[:, :-1]), cv2.absdiff(part[1:], part[:-1])
    steps = np.concatenate([step.reshape(-1, part.shape[2]).max(axis=1) for step in (across, down)])
    count = max(round(STEEPEST * steps.size), 1)
    steepest = np.partition(steps, -count)[-count:]
    return float(steepest.mean() / max((high - low).max(), 1))
