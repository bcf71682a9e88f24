"""Letters of a page that its text layer does not tell: what they say only the pixels know.

A font need not say which letter a shape stands for, or may say a space for each. Such letters are
drawn, and no word of the text layer is where they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from pixelscrub.documents.pdf import PageWord, Picture
from pixelscrub.findings import Box

OVERHANG: Final = 0.5
"""Of a word's height: how far letters reach beyond the box that their font tells; accents of
capitals and slanted letters do."""
MIN_INK_PX: Final = 6
"""Pixels of ink; fewer are the smoothed edge of a letter, and no letter."""
LETTER_GAP: Final = 15
"""Pixels at 150 dots an inch: letters closer than this are one line."""


def unread_letters(picture: Picture, bare: Picture, words: Sequence[PageWord]) -> list[Box]:
    """Boxes around letters that are drawn where the text layer has no word.

    Args:
        picture: a page, (rows, columns, 3).
        bare: the same page without its text.
        words: of its text layer.
    """
    ink = (picture != bare).any(axis=2)
    rows, columns = ink.shape
    for box in (box for word in words for box in word.boxes):
        reach = round(OVERHANG * min(box.height, box.width))
        known = box.padded(max(reach, 1)).clipped(columns, rows)
        ink[known.y0 : known.y1, known.x0 : known.x1] = False
    return list(_lines(ink))


def _lines(ink: npt.NDArray[np.bool_]) -> Iterator[Box]:
    import cv2

    if not ink.any():
        return
    joined = cv2.dilate(ink.astype(np.uint8), np.ones((LETTER_GAP, LETTER_GAP), np.uint8))
    count, labels, around, _ = cv2.connectedComponentsWithStats(joined)
    for number in range(1, count):
        x, y, width, height = (int(side) for side in around[number][:4])
        here = np.s_[y : y + height, x : x + width]
        rows, columns = np.nonzero(ink[here] & (labels[here] == number))
        if rows.size >= MIN_INK_PX:
            first, last = (columns.min(), rows.min()), (columns.max() + 1, rows.max() + 1)
            yield Box(*map(int, (*first, *last))).shifted(x, y)
