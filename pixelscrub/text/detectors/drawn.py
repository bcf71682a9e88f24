"""Whether what was read as a word looks drawn: readers see letters in tissue and noise."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.measures import ground_of, sharpness

Picture = npt.NDArray[np.uint8]

FAINT: Final = 20
"""Grey levels between letters and flat ground."""
STRONG: Final = 60
"""Grey levels between letters and tissue."""
FLAT: Final = 3.0
"""Grey levels; ground that varies by less is not tissue."""
LEAST_GROUND: Final = 0.2
"""Share of a word's box that is ground; less is the inside of letters."""
LONG: Final = 3
"""Letters and digits of a word that is believed on tissue."""
SHARP: Final = 0.6
"""Share of its contrast that the steepest edges of such a word bridge (`measures.sharpness`)."""
SURE: Final = 0.6
"""Confidence of a word that is believed on tissue."""


def is_drawn(grey: Picture, word: TextBox) -> bool:
    """Lenient on flat ground; on tissue a word must be strong, sharp, long and read for sure.

    Args:
        grey: uint8, (rows, columns).
        word: in pixels of `grey`.
    """
    x0, y0, x1, y1 = word.box.padded(2).clipped(grey.shape[1], grey.shape[0])
    region = grey[y0:y1, x0:x1]
    if region.size == 0:
        return False
    level, _ = cv2.threshold(region, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return any(_is_ink(region, ink, word) for ink in (region > level, region <= level))


def _is_ink(region: Picture, ink: npt.NDArray[np.bool_], word: TextBox) -> bool:
    ground = region[ground_of(ink.astype(np.uint8))]
    if ground.size < LEAST_GROUND * region.size or not ink.any():
        return False
    contrast = abs(float(region[ink].mean()) - float(ground.mean()))
    unrest = float(ground.std())
    if unrest <= FLAT:
        return contrast >= FAINT
    sharp = sharpness(region, Box(0, 0, region.shape[1], region.shape[0]))
    long = sum(character.isalnum() for character in word.text) >= LONG
    return contrast >= max(STRONG, 5 * unrest) and sharp >= SHARP and long and word.score >= SURE
