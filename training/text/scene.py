"""One picture to learn from: ground, decoys, text, and what screens, windows and JPEG do to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from training.text.decoys import decorate
from training.text.fonts import Font, Ink
from training.text.grounds import ground
from training.text.words import foreign, say

Random = np.random.Generator
Picture = npt.NDArray[np.uint8]

CORE: Final = 0.2
"""Share of a line's height that is cut from each side of its box, so that lines stay apart."""
LEAST: Final = 16
"""Grey levels; what stands out by less is not seen as text."""
HUES: Final = np.array(
    [(255, 255, 255), (255, 255, 0), (0, 255, 0), (0, 255, 255), (255, 160, 0), (255, 60, 60),
     (90, 140, 255), (255, 0, 255), (200, 200, 200)], np.float32,
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """A picture and the text in it.

    Attributes:
        picture: uint8, (size, size, 3).
        boxes: x0, y0, x1, y1 of the ink of each text, end exclusive.
        contrasts: grey levels between each text and its ground.
    """

    picture: Picture
    boxes: list[tuple[int, int, int, int]]
    contrasts: list[float]


def scene(size: int, random: Random, kinds: list[list[Font]]) -> Scene:
    """Draw a picture of `size` pixels square with the given kinds of fonts."""
    sheet = _Sheet(size, random, kinds)
    if random.random() < 0.9:
        decorate(sheet.picture, random)
    layout = random.random()
    if layout > 0.2:
        for _ in range(int(random.integers(1, 5))):
            (sheet.block if random.random() < 0.6 else sheet.scatter)()
    picture = _degraded(sheet.picture, random)
    seen = [k for k, box in enumerate(sheet.boxes) if _stands_out(picture, box)]
    return Scene(picture, [sheet.boxes[k] for k in seen], [sheet.contrasts[k] for k in seen])


def _stands_out(picture: Picture, box: tuple[int, int, int, int]) -> bool:
    """Whether anyone can see that something is there: gamma and range may have swallowed it."""
    x0, y0, x1, y1 = box
    part = picture[y0:y1, x0:x1].reshape(-1, 3).astype(np.int16)
    return bool(np.ptp(part, axis=0).max() >= LEAST)


def target(scene: Scene) -> npt.NDArray[np.float32]:
    """The core of each text's box at half the size: (size // 2, size // 2), 0 to 1."""
    mask = np.zeros(scene.picture.shape[:2], np.float32)
    for x0, y0, x1, y1 in scene.boxes:
        cut = int(CORE * min(x1 - x0, y1 - y0))
        mask[y0 + cut : y1 - cut, x0 + cut : x1 - cut] = 1
    return np.asarray(cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


class _Sheet:
    """A picture that text is being put on, each where none is yet."""

    def __init__(self, size: int, random: Random, kinds: list[list[Font]]) -> None:
        self.random, self.kinds, self.size = random, kinds, size
        self.picture = ground(size, random)
        self.taken = np.zeros((size, size), bool)
        self.boxes: list[tuple[int, int, int, int]] = []
        self.contrasts: list[float] = []

    def block(self) -> None:
        """Lines under one another in one font, left or right aligned, as devices list values."""
        random = self.random
        high = self._height(30)
        font, style = self._font(), self._style()
        right = random.random() < 0.25
        x, y = (int(v) for v in random.integers(-10, self.size, 2))
        apart = random.uniform(1.15, 2.2)
        for _ in range(int(random.integers(2, 13))):
            ink = _inked(font, say(random), high)
            if ink is None:
                continue
            self.put(ink, x - ink.shape[1] if right else x, y, style)
            y += int(max(ink.shape[0], high) * apart) + 1

    def scatter(self) -> None:
        """Texts here and there: any font, script and size, upright or turned."""
        random = self.random
        for _ in range(int(random.integers(1, 7))):
            turn = int(random.choice([0, 1, 3], p=[0.84, 0.08, 0.08]))
            high = self._height(64)
            text = foreign(random) if random.random() < 0.15 else say(random)
            ink = _inked(self._font(text), text, high)
            if ink is None:
                continue
            if random.random() < 0.1:
                wide = max(int(ink.shape[1] * random.uniform(0.7, 1.8)), 2)
                ink = cv2.resize(ink, (wide, ink.shape[0]), interpolation=cv2.INTER_AREA)
            ink = np.rot90(ink, turn)
            x, y = (int(v) for v in random.integers(-6, self.size, 2))
            self.put(ink, x, y, self._style())

    def put(self, ink: Ink, x: int, y: int, style: _Style) -> None:
        """Blend ink in, where it fits and nothing is written yet."""
        rows, columns = ink.shape
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + columns, self.size), min(y + rows, self.size)
        if x1 - x0 < 3 or y1 - y0 < 4 or (rows > y1 - y0) or self.taken[y0:y1, x0:x1].any():
            return
        ink = ink[y0 - y : y1 - y, x0 - x : x1 - x]
        if ink.max(initial=0) < 128:
            return
        room = self.picture[y0:y1, x0:x1]
        if style.plate is not None:
            pad = int(self.random.integers(1, 5))
            area = (slice(max(y0 - pad, 0), y1 + pad), slice(max(x0 - pad, 0), x1 + pad))
            self.picture[area] = style.plate
        level = room.mean(axis=(0, 1))
        colour, contrast = style.colour(level, float(room.std(axis=(0, 1)).mean()))
        if style.outline:
            rim = cv2.dilate(ink, np.ones((3, 3), np.uint8))[:, :, None] / 255.0
            room[:] = room * (1 - rim) + (255 - colour) * 0.6 * rim
        cover = ink[:, :, None] / 255.0
        room[:] = room * (1 - cover) + colour * cover
        self.taken[max(y0 - 2, 0) : y1 + 2, max(x0 - 3, 0) : x1 + 3] = True
        self._note(ink, x0, y0, contrast)

    def _note(self, ink: Ink, x0: int, y0: int, contrast: float) -> None:
        """One box for each run of words that stand no further apart than they are high."""
        upright = ink.shape[1] >= ink.shape[0] or ink.shape[0] < 12
        seen = (ink > 96).any(axis=0 if upright else 1)
        high = ink.shape[0] if upright else ink.shape[1]
        for start, end in _runs(seen, max(int(1.2 * high), 4)):
            part = ink[:, start:end] if upright else ink[start:end]
            across = np.flatnonzero((part > 96).any(axis=1 if upright else 0))
            low, top = int(across[0]), int(across[-1]) + 1
            if top - low < 4:  # a dash or a row of dots is no text
                continue
            box = (x0 + start, y0 + low, x0 + end, y0 + top)
            turned = (x0 + low, y0 + start, x0 + top, y0 + end)
            self.boxes.append(box if upright else turned)
            self.contrasts.append(contrast)

    def _height(self, most: int) -> int:
        return int(np.exp(self.random.triangular(np.log(5), np.log(9), np.log(most))))

    def _font(self, text: str = "") -> Font:
        """One that has all of the characters, or any after a few tries."""
        kind = self.kinds[self.random.choice(len(self.kinds), p=_shares(len(self.kinds)))]
        for _ in range(12):
            font = kind[self.random.integers(len(kind))]
            if font.covers(text or "A"):
                return font
            kind = self.kinds[0]
        return font

    def _style(self) -> _Style:
        return _Style(self.random)


def _shares(kinds: int) -> Any:
    """How often each kind of font is used: outlines, bitmaps, console, strokes."""
    weights = np.array([0.5, 0.2, 0.15, 0.15][:kinds])
    return weights / weights.sum()


class _Style:
    """How one text, or one block of them, is coloured."""

    def __init__(self, random: Random) -> None:
        self.hue = HUES[0] if random.random() < 0.55 else HUES[random.integers(len(HUES))]
        self.dark = random.random() < 0.2
        strength = random.random()
        low, high = (25, 60) if strength < 0.15 else (60, 120) if strength < 0.4 else (120, 255)
        self.contrast = random.uniform(low, high)
        has_plate = random.random() < 0.08
        self.plate = random.uniform(0, 255, 3).astype(np.float32) if has_plate else None
        self.outline = random.random() < 0.06

    def colour(self, level: npt.NDArray[Any], unrest: float) -> tuple[npt.NDArray[Any], float]:
        """A colour that stands out from the ground, and by how much."""
        wanted = max(self.contrast, 2.5 * unrest)
        aim = np.zeros(3) if self.dark or level.mean() > 170 else self.hue
        way = aim - level
        far = float(np.abs(way).max())
        if far < 40:
            aim = np.zeros(3) if level.mean() > 128 else np.full(3, 255.0)
            way = aim - level
            far = float(np.abs(way).max())
        share = min(wanted / max(far, 1), 1.0)
        return level + share * way, share * far


def _inked(font: Font, text: str, height: int) -> Ink | None:
    if not text.strip() or not font.covers(text):
        return None
    try:
        ink = font.draw(text, height)
    except (OSError, ValueError):  # a font that freetype cannot draw
        return None
    return ink if ink.size and 5 <= ink.shape[0] <= 90 else None


def _runs(seen: npt.NDArray[np.bool_], gap: int) -> list[tuple[int, int]]:
    """Start and end of what is seen; what is no further apart than `gap` is one."""
    at = np.flatnonzero(seen)
    if not at.size:
        return []
    breaks = np.flatnonzero(np.diff(at) > gap)
    starts, ends = at[np.r_[0, breaks + 1]], at[np.r_[breaks, at.size - 1]] + 1
    return [(int(s), int(e)) for s, e in zip(starts, ends, strict=True)]


def _degraded(picture: npt.NDArray[np.float32], random: Random) -> Picture:
    """What lies between a screen and a file."""
    size = picture.shape[0]
    if random.random() < 0.15:
        picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.3, 0.9))
    if random.random() < 0.1:
        less = int(size * random.uniform(0.6, 0.95))
        picture = cv2.resize(picture, (less, less), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR)
    if random.random() < 0.3:
        picture = 255 * (np.clip(picture, 0, 255) / 255) ** random.uniform(0.5, 1.8)
    if random.random() < 0.15:
        picture = picture + random.normal(0, random.uniform(2, 12), picture.shape)
    if random.random() < 0.1:
        picture = 255 - picture
    if random.random() < 0.6:
        picture = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2)
    whole = np.clip(picture, 0, 255).astype(np.uint8)
    if random.random() < 0.35:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 96))]
        whole = np.asarray(cv2.imdecode(cv2.imencode(".jpg", whole, quality)[1], 1), np.uint8)
    return whole
