"""Whether what looks like text is flow: vessels and jets of Doppler pictures, which wind like ink.

Letters have one colour; flow goes from one hue to another within every patch. What holds white or
grey ink is never taken for flow, so that text written over it goes.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.measures import medians, twice_away

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

LARGE: Final = 80
"""Pixels of ink; less costs little where it is masked, and may be a letter on a colour bar."""
STANDS_OUT: Final = 0.4
"""Share of the strongest contrast from which a pixel is ink."""
VIVID: Final = 90
"""Saturation and value, of 255, from which a hue means something."""
PALE: Final = 60
BRIGHT: Final = 150
"""Saturation up to which, and value from which, ink is white or grey."""
WRITTEN: Final = 40
PART: Final = 0.025
"""Pixels of white or grey ink that may be a letter, and the share of all ink that they are."""
HUES: Final = 12.0
"""Degrees that the hues of a patch spread (tenth to ninetieth percentile), where it is flow."""
MANY_HUES: Final = 6
"""Hues, fifteen degrees each, of ink in a map of colours; a text has one, or one a letter."""
FREQUENT: Final = 0.05
"""Share of the ink that makes a hue count."""
PATCH: Final = 6
"""Pixels of the smallest patch that is looked at."""
NEARLY: Final = 0.9
"""Share of the ink that lies in such patches."""


def is_flow(image: Picture, box: Box) -> bool:
    """Whether a find shows nothing but flow.

    Args:
        image: uint8, (rows, columns) grey, which is never flow, or (rows, columns, 3) RGB.
        box: of what was found, in pixels of `image`.
    """
    if image.ndim == 2:
        return False
    x0, y0, x1, y1 = box.clipped(image.shape[1], image.shape[0])
    part = image[y0:y1, x0:x1]
    ink = _ink(part) if part.size else np.zeros((0, 0), np.bool_)
    if int(ink.sum()) < LARGE:
        return False
    hue, saturation, value = cv2.split(cv2.cvtColor(part, cv2.COLOR_RGB2HSV_FULL))
    written = ink & (saturation < PALE) & (value >= BRIGHT)
    if int(written.sum()) >= max(WRITTEN, PART * int(ink.sum())):
        return False
    vivid = (saturation >= VIVID) & (value >= VIVID)
    coloured = ink & vivid
    if 2 * int(coloured.sum()) >= int(ink.sum()) and _hues(hue[coloured]) >= MANY_HUES:
        return True
    return _changing(ink, hue, vivid) >= NEARLY


def _ink(part: Picture) -> Mask:
    away = twice_away(part, medians(part))
    return np.asarray(away >= max(STANDS_OUT * int(away.max()), 2), np.bool_)


def _hues(hues: npt.NDArray[np.generic]) -> int:
    """How many hues are frequent."""
    counts = np.bincount(hues.astype(np.int64) * 24 // 256, minlength=24)
    return int(np.count_nonzero(counts >= FREQUENT * max(hues.size, 1)))


def _changing(ink: Mask, hue: npt.NDArray[np.generic], vivid: Mask) -> float:
    """Share of the ink in patches whose hues spread."""
    count, labels = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8)
    areas = np.bincount(labels.ravel(), minlength=count)
    patches = [k for k in range(1, count) if areas[k] >= PATCH]
    changing = [k for k in patches if _spread(hue[(labels == k) & vivid], areas[k]) > HUES]
    return float(areas[changing].sum() / max(areas[patches].sum(), 1))


def _spread(hues: npt.NDArray[np.generic], area: int) -> float:
    """Degrees between the tenth and the ninetieth percentile; 0 where few pixels have a hue."""
    if hues.size < max(STANDS_OUT * area, PATCH):
        return 0.0
    turns = np.exp(2j * np.pi * hues.astype(np.float64) / 256)
    away = np.angle(turns / turns.mean())
    low, high = np.percentile(away, (10, 90))
    return float(np.degrees(high - low))
