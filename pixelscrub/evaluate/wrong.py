"""What is masked and shows no text, taken apart by the harm that it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

SLACK: Final = 6
"""Pixels around a text that may be masked with it."""
LEAST_MARGIN: Final = 4
"""Pixels around a text beyond which a mask on picture is wrong, at least."""
MARGIN: Final = 0.35
"""The same as a share of the text's height."""
NEAR: Final = 4
"""Pixels around texts and logos in which unrest is theirs, not the picture's."""
WINDOW: Final = 7
"""Pixels of the square in which unrest is measured."""
UNREST: Final = 16
"""Range of levels in it, of 255, from which a place is picture rather than flat ground."""


@dataclass(frozen=True, slots=True)
class WrongArea:
    """Shares of the picture, 0 to 1.

    Attributes:
        total: masked, further than SLACK from any text or logo.
        in_empty_boxes: in masked boxes that hold no text at all.
        on_picture: on picture rather than flat ground, beyond a text's margin.
    """

    total: float
    in_empty_boxes: float
    on_picture: float


def wrong_area(
    picture: Picture, mask: Mask, boxes: Sequence[Box], texts: Sequence[Box], logos: Sequence[Box]
) -> WrongArea:
    """Take apart what is wrongly masked.

    Args:
        picture: uint8 (rows, columns) or (rows, columns, 3), as it was.
        mask: what is masked, (rows, columns).
        boxes: the boxes that make the mask.
        texts: of the truth.
        logos: of the truth; a mask on them is neither right nor wrong.
    """
    shape = mask.shape
    wrong = mask & ~_filled(shape, [box.padded(SLACK) for box in (*texts, *logos)])
    empty = [b for b in boxes if not any(b.intersection(t).area for t in (*texts, *logos))]
    margins = [t.padded(max(LEAST_MARGIN, round(MARGIN * t.height))) for t in texts]
    beyond = mask & ~_filled(shape, [*margins, *(logo.padded(LEAST_MARGIN) for logo in logos)])
    alone = ~_filled(shape, [box.padded(NEAR) for box in (*texts, *logos)])
    return WrongArea(
        total=float(wrong.mean()),
        in_empty_boxes=float((wrong & _filled(shape, empty)).mean()),
        on_picture=float((beyond & alone & is_picture(picture)).mean()),
    )


def is_picture(picture: Picture) -> Mask:
    """Where levels differ from pixel to pixel: tissue rather than flat ground."""
    square = np.ones((WINDOW, WINDOW), np.uint8)
    most, least = cv2.dilate(picture, square), cv2.erode(picture, square)
    spread = most.astype(np.int16) - least
    return np.asarray((spread if spread.ndim == 2 else spread.max(axis=2)) > UNREST)


def _filled(shape: tuple[int, ...], boxes: Sequence[Box]) -> Mask:
    mask = np.zeros(shape, np.bool_)
    for box in boxes:
        x0, y0, x1, y1 = box.clipped(shape[1], shape[0])
        mask[y0:y1, x0:x1] = True
    return mask
