"""Letters engraved in metal: the text detector once more, on one object, magnified and stretched.

They are of metal on metal, and differ little from what is around them beside all the picture's
range.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox

MARGIN: Final = 0.04
"""Share of an object's sides that is cut off: its edges are no letters."""
LEAST_LEVELS: Final = 3
"""Stored values by which letters differ at least; a saturated object has none."""
DEPTH: Final = 0.45
"""How far letters differ from the metal at most, as a share of how far that differs from what is
around it."""
LARGEST_PX: Final = 1024
"""Longer side of what is searched: larger objects are not magnified."""
MAGNIFIED: Final = 2.0
SMALLEST_PX: Final = 16
"""Pixels of an object's shorter side in which three letters of 12 pixels have no room."""
MIN_SCORE: Final = 0.3


def find_engraving(values: npt.NDArray[Any], box: Box) -> list[TextBox]:
    """Text on an object.

    Args:
        values: stored values of the frame, (rows, columns).
        box: the object, in stored pixels.

    Returns:
        Boxes in stored pixels.

    Raises:
        HeldError: DETECTOR_FAILED.
    """
    from pixelscrub.text.detectors import detect

    inner = box.padded(-round(MARGIN * min(box.width, box.height)))
    if min(inner.width, inner.height) < SMALLEST_PX:
        return []
    part = values[inner.y0 : inner.y1, inner.x0 : inner.x1].astype(np.float32)
    picture = _stretched(part, _ground(values, box))
    if picture is None:
        return []
    largest = min(MAGNIFIED, LARGEST_PX / max(part.shape))
    for scale in dict.fromkeys((largest, min(largest, 1.0))):  # large letters are found as they are
        large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        found = [text for text in detect(large, ("strokes", "network")) if text.score >= MIN_SCORE]
        if found:
            step = large.shape[1] / part.shape[1]
            boxes = (_placed(text.box, inner, step) for text in found)
            return [
                TextBox(box, text.score, text.source)
                for box, text in zip(boxes, found, strict=True)
            ]
    return []


def _stretched(part: npt.NDArray[np.float32], ground: float) -> npt.NDArray[np.uint8] | None:
    """The levels of the metal alone, over the whole range; None where it has but one.

    Args:
        part: stored values of the object.
        ground: level of what is around it. What is nearer to that than to the metal is no letter.
    """
    metal = float(np.median(part))
    near = part[np.abs(part - metal) <= DEPTH * abs(metal - ground)]
    if near.size < part.size // 4:
        return None
    low, high = (float(end) for end in np.percentile(near, [1, 99]))
    if high - low < LEAST_LEVELS:
        return None
    levels = (part - low) * (255.0 / (high - low))
    return np.asarray(np.clip(levels, 0, 255), np.uint8)


def _ground(values: npt.NDArray[Any], box: Box) -> float:
    """The level around an object: the median of a frame of its own breadth / 4."""
    side = max(2, min(box.width, box.height) // 4)
    wide = box.padded(side).clipped(values.shape[1], values.shape[0])
    around = values[wide.y0 : wide.y1, wide.x0 : wide.x1].astype(np.float32)
    is_beside = np.ones(around.shape, np.bool_)
    is_beside[box.y0 - wide.y0 : box.y1 - wide.y0, box.x0 - wide.x0 : box.x1 - wide.x0] = False
    return float(np.median(around[is_beside])) if is_beside.any() else 0.0


def _placed(box: Box, part: Box, scale: float) -> Box:
    low = [int(np.floor(edge / scale)) for edge in (box.x0, box.y0)]
    high = [int(np.ceil(edge / scale)) for edge in (box.x1, box.y1)]
    inside = Box(low[0], low[1], high[0], high[1]).shifted(part.x0, part.y0)
    return inside.intersection(part)
