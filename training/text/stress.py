"""Pictures to measure with: texts of known ink, in fonts that the training never sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from training.text.decoys import decorate
from training.text.fields import Ground
from training.text.fonts import Font, Ink
from training.text.grounds import ground, noise
from training.text.shelf import packaged
from training.text.words import foreign, say

Random = np.random.Generator
Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

TEXTS: Final = 8
"""Texts of a picture, where they find room."""
TRIES: Final = 60
"""Places and words that are tried for them."""
LEGIBLE: Final = 3.0
"""Contrast of a text, at least, as a multiple of its ground's standard deviation."""
INKED: Final = 96
"""Coverage from which a pixel counts as ink."""
GONE: Final = 0.95
"""A text is gone where this share of its ink is masked."""
APART: Final = 12
"""Pixels between texts, and around a text, where a mask is not wrong."""
HUES: Final = np.array([(1, 1, 1), (1, 1, 0), (0, 1, 0), (0, 1, 1), (1, 0.6, 0)])


@dataclass(frozen=True)
class Kind:
    """One kind of text.

    Attributes:
        name: as the table says it.
        goal: share of such texts that has to be gone.
        contrast: grey levels between ink and ground, least and most.
        heights: of the ink, pixels.
        turned: by 90° or 270°.
        noisy: on noise, instead of any ground.
        is_text: False for pictures without any.
    """

    name: str
    goal: float
    contrast: tuple[float, float] = (70, 255)
    heights: tuple[int, int] = (10, 36)
    turned: bool = False
    noisy: bool = False
    is_text: bool = True


KINDS: Final = (
    Kind("high contrast", 0.97, contrast=(140, 255)),
    Kind("middle contrast", 0.97, contrast=(70, 140)),
    Kind("low contrast", 0.85, contrast=(30, 70)),
    Kind("turned by 90° or 270°", 0.95, turned=True),
    Kind("8 to 10 px", 0.90, heights=(8, 10)),
    Kind("on noise", 0.80, noisy=True),
    Kind("no text", 0.0, is_text=False),
)


@dataclass(frozen=True)
class Sheet:
    """A picture, uint8 (size, size, 3), and the ink of each text in it, bool (size, size)."""

    picture: Picture
    inks: list[Mask]

    def gone(self, mask: Mask) -> list[bool]:
        """Of each text, whether a mask hides it."""
        return [bool(mask[ink].mean() >= GONE) for ink in self.inks]

    def wrong(self, mask: Mask) -> float:
        """Share of the picture that is masked though no text is near."""
        texts = np.zeros(mask.shape, np.uint8)
        for ink in self.inks:
            rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
            texts[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = 1
        near = cv2.dilate(texts, np.ones((1 + APART, 1 + APART), np.uint8)) > 0
        return float((mask & ~near).mean())


def sheets(kind: Kind, count: int, size: int, fonts: list[list[Font]]) -> Iterable[Sheet]:
    """Draw pictures, the same on every run.

    Args:
        kind: of the texts.
        count: of pictures.
        size: of their sides, pixels.
        fonts: by kind; `fonts(held_out=True)` for a measurement that says something.
    """
    for number in range(count):
        yield _sheet(kind, size, np.random.default_rng([number, *kind.name.encode()]), fonts)


def _sheet(kind: Kind, size: int, random: Random, fonts: list[list[Font]]) -> Sheet:
    picture = noise(size, random) if kind.noisy else ground(size, random, packaged())
    picture = np.ascontiguousarray(np.clip(picture, 0, 255), np.float32)
    if not kind.noisy:
        decorate(picture, random)
    is_grey = random.random() < 0.5
    if is_grey:
        picture[:] = picture.mean(axis=2, keepdims=True)
    put = partial(_put, picture, kind=kind, random=random, is_grey=is_grey)
    inks: list[Mask] = []
    taken = np.zeros((size, size), bool)
    for _ in range(TRIES if kind.is_text else 0):
        ink = _ink(kind, random, fonts)
        if ink is not None and len(inks) < TEXTS and (mask := put(ink, taken)) is not None:
            inks.append(mask)
    return Sheet(_stored(picture, random), inks)


def _ink(kind: Kind, random: Random, fonts: list[list[Font]]) -> Ink | None:
    """A text, turned as its kind asks; None where this font cannot write it at this height."""
    text = foreign(random) if random.random() < 0.1 else say(random)
    group = fonts[random.integers(len(fonts))]
    font = group[random.integers(len(group))]
    low, high = kind.heights
    if not text.strip() or not font.covers(text):
        return None
    ink = font.draw(text, int(random.integers(low, high + 1)))
    if not low <= ink.shape[0] <= high or not (ink > INKED).any():
        return None
    return np.rot90(ink, int(random.choice([1, 3]))) if kind.turned else ink


def _put(
    picture: Ground, ink: Ink, taken: Mask, *, kind: Kind, random: Random, is_grey: bool
) -> Mask | None:
    """Draw it where there is room and it can be seen; gives its ink in the whole picture."""
    rows, columns = ink.shape
    size = len(picture)
    if max(rows, columns) >= size:
        return None
    y, x = int(random.integers(size - rows)), int(random.integers(size - columns))
    place = (slice(y, y + rows), slice(x, x + columns))
    room = (
        slice(max(y - APART, 0), y + rows + APART),
        slice(max(x - APART, 0), x + columns + APART),
    )
    below = picture[place]
    contrast = random.uniform(*kind.contrast)
    if taken[room].any() or contrast < LEGIBLE * float(below.std(axis=(0, 1)).max()):
        return None
    colour = _colour(below.mean(axis=(0, 1)), contrast, random, is_grey)
    if colour is None:
        return None
    cover = ink[:, :, None] / 255.0
    below[:] = below * (1 - cover) + colour * cover
    taken[room] = True
    mask = np.zeros(taken.shape, bool)
    mask[place] = ink > INKED
    return mask


def _colour(
    level: npt.NDArray[Any], contrast: float, random: Random, is_grey: bool
) -> npt.NDArray[Any] | None:
    """So much lighter or darker than the ground in a channel; None where it cannot be."""
    hue = HUES[0] if is_grey or random.random() < 0.5 else HUES[random.integers(len(HUES))]
    for way in random.permutation([1, 1, -1])[:2]:
        colour = level + way * contrast * hue
        if colour.min() >= 0 and colour.max() <= 255:
            return np.asarray(colour)
    return None


def _stored(picture: Ground, random: Random) -> Picture:
    """As bytes; one of three has been a JPEG before."""
    whole = np.clip(picture, 0, 255).astype(np.uint8)
    if random.random() > 1 / 3:
        return whole
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(70, 96))]
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", whole, quality)[1], 1), np.uint8)
