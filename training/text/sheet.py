"""A picture that text is being put on: lists, scattered texts, axes, markers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from training.text.fonts import Font, Ink
from training.text.grounds import ground
from training.text.lettering import Corners, core, turned, words
from training.text.shelf import Shelf
from training.text.words import foreign, say, short

Random = np.random.Generator

MARKERS: Final = ("L", "R", "L", "R", "LT", "RT", "CC", "MLO", "PA", "AP", "RCC", "LMLO")
SAID: Final[tuple[Callable[[Random], str], ...]] = (say, foreign, short)
SAID_SHARES: Final = (0.6, 0.15, 0.25)
"""How often each stands here and there; short texts are the ones that are missed."""
UNITS: Final = ("", "", "", "", "", "", "%", "~", "cm")
LARGE: Final = (8, 48)
"""Pixels of height, least and most, of half of the scattered texts: as many of each octave."""
HUES: Final = np.array(
    [(255, 255, 255), (255, 255, 0), (0, 255, 0), (0, 255, 255), (255, 160, 0), (255, 60, 60),
     (90, 140, 255), (255, 0, 255), (200, 200, 200)], np.float32,
)  # fmt: skip


class Sheet:
    """A picture that text is being put on, each where none is yet."""

    def __init__(self, size: int, random: Random, kinds: list[list[Font]], shelf: Shelf) -> None:
        self.random, self.kinds, self.size = random, kinds, size
        self.picture = ground(size, random, shelf)
        self.taken = np.zeros((size, size), bool)
        self.boxes: list[tuple[int, int, int, int]] = []
        self.cores: list[Corners] = []
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
        """Texts here and there: any font, script and size, upright, turned or tilted."""
        random = self.random
        for _ in range(int(random.integers(1, 7))):
            is_large = random.random() < 0.5
            high = int(np.exp(random.uniform(*np.log(LARGE)))) if is_large else self._height(64)
            text = SAID[random.choice(len(SAID), p=SAID_SHARES)](random)
            ink = _inked(self._font(text), text, high)
            if ink is None:
                continue
            if random.random() < 0.1:
                wide = max(int(ink.shape[1] * random.uniform(0.7, 1.8)), 2)
                ink = cv2.resize(ink, (wide, ink.shape[0]), interpolation=cv2.INTER_AREA)
            x, y = (int(v) for v in random.integers(-6, self.size, 2))
            self.put(ink, x, y, self._style(), _angle(random))

    def markers(self) -> None:
        """Letters of lead, as on radiographs: few, large, at any angle, sometimes mirrored."""
        random = self.random
        font, style = self._font(), self._style()
        for _ in range(int(random.integers(1, 4))):
            text = str(random.choice(MARKERS)) if random.random() < 0.7 else say(random)[:4]
            ink = _inked(font, text, self._height(80))
            if ink is not None:
                ink = ink[:, ::-1] if random.random() < 0.15 else ink
                x, y = (int(v) for v in random.integers(-6, self.size, 2))
                self.put(ink, x, y, style, random.uniform(0, 360))

    def axis(self) -> None:
        """Numbers along ticks, as beside a sector's edge, a spectrum or a curve."""
        random = self.random
        font, style, high = self._font(), self._style(), self._height(20)
        step, tick = int(random.integers(2 * high, 8 * high)), int(random.integers(0, 9))
        down = random.random() < 0.6
        start, first = int(random.integers(-20, step)), int(random.integers(-9, 10))
        across = int(random.integers(0, self.size))
        lean = random.uniform(-0.5, 0.5) if random.random() < 0.4 else 0.0
        slant = int(random.integers(-tick, tick + 1)) // 2 if lean else 0
        by = int(random.choice([1, 1, 2, 5, 10]))
        minor = int(random.choice([0, 2, 5]))
        if random.random() < 0.3:
            self._line(across - tick - 1, down)
        for k in range(1 + self.size // step):
            ink = _inked(font, f"{by * (first + k)}{random.choice(UNITS)}", high)
            if ink is None:
                continue
            at, beside = start + k * step, across + round(lean * k * step)
            shift = ink.shape[0 if down else 1] // 2
            x, y = (beside, at - shift) if down else (at - shift, beside)
            if self.put(ink, x, y, style) and tick:
                side = -1 - tick if random.random() < 0.9 else ink.shape[1] + 1
                near = (x + side, at) if down else (at, y - 1 - tick)
                for j in range(max(minor, 1)):
                    on, off = j * step // max(minor, 1), round(lean * j * step / max(minor, 1))
                    mark = (near[0] + off, near[1] + on) if down else (near[0] + on, near[1] + off)
                    self._tick(mark, tick if j == 0 else tick // 2, slant, down, style)

    def _line(self, at: int, down: bool) -> None:
        """The line that ticks stand on."""
        colour = (self.random.choice(HUES) * self.random.uniform(0.4, 1)).tolist()
        ends = ((at, 0), (at, self.size)) if down else ((0, at), (self.size, at))
        cv2.line(self.picture, *ends, colour, int(self.random.integers(1, 3)))

    def _tick(
        self, mark: tuple[int, int], length: int, slant: int, down: bool, style: _Style
    ) -> None:
        along, aside = max(length - 1, 0), slant
        far = (mark[0] + along, mark[1] + aside) if down else (mark[0] + aside, mark[1] + along)
        cv2.line(self.picture, mark, far, [style.contrast] * 3, 1)

    def put(self, ink: Ink, x: int, y: int, style: _Style, angle: float = 0.0) -> bool:
        """Blend ink in, turned by so many degrees, where it fits and nothing is written yet."""
        runs = words(ink)
        ink, move = turned(ink, angle)
        rows, columns = ink.shape
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + columns, self.size), min(y + rows, self.size)
        if x1 - x0 < 3 or y1 - y0 < 4 or (rows > y1 - y0) or self.taken[y0:y1, x0:x1].any():
            return False
        ink = ink[y0 - y : y1 - y, x0 - x : x1 - x]
        if ink.max(initial=0) < 128:
            return False
        contrast = self._blend(ink, x0, y0, style)
        self.taken[max(y0 - 2, 0) : y1 + 2, max(x0 - 3, 0) : x1 + 3] = True
        for word in runs:
            self._note(word @ move[:, :2].T + move[:, 2] + (x, y), contrast)
        return True

    def _blend(self, ink: Ink, x0: int, y0: int, style: _Style) -> float:
        """Draw, and say by how much the text stands out."""
        y1, x1 = y0 + ink.shape[0], x0 + ink.shape[1]
        room = self.picture[y0:y1, x0:x1]
        pad = int(self.random.integers(1, 5))
        if style.plate is not None:
            area = (slice(max(y0 - pad, 0), y1 + pad), slice(max(x0 - pad, 0), x1 + pad))
            self.picture[area] = style.plate
        level = room.mean(axis=(0, 1))
        colour, contrast = style.colour(level, float(room.std(axis=(0, 1)).mean()))
        if style.frame:
            corners = (x0 - pad, y0 - pad), (x1 + pad - 1, y1 + pad - 1)
            cv2.rectangle(self.picture, *corners, colour.tolist(), 1)
        if style.outline:
            rim = cv2.dilate(ink, np.ones((3, 3), np.uint8))[:, :, None] / 255.0
            room[:] = room * (1 - rim) + (255 - colour) * 0.6 * rim
        cover = ink[:, :, None] / 255.0
        room[:] = room * (1 - cover) + colour * cover
        return contrast

    def _note(self, corners: Corners, contrast: float) -> None:
        """Where a run of words stands, given the corners of its ink."""
        low = np.maximum(np.floor(corners.min(axis=0) + 0.01), 0).astype(int)
        high = np.minimum(np.ceil(corners.max(axis=0) + 0.99), self.size).astype(int)
        if (high - low).min() < 3:
            return
        self.boxes.append((int(low[0]), int(low[1]), int(high[0]), int(high[1])))
        self.cores.append(core(corners))
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
        if random.random() < 0.08:
            self.hue = random.uniform(0, 255, 3).astype(np.float32)
        self.dark = random.random() < 0.2
        strength = random.random()
        low, high = (25, 60) if strength < 0.15 else (60, 140) if strength < 0.5 else (120, 255)
        self.contrast = random.uniform(low, high)
        has_plate = random.random() < 0.08
        self.plate = random.uniform(0, 255, 3).astype(np.float32) if has_plate else None
        self.outline = random.random() < 0.06
        self.frame = random.random() < 0.05
        self.by_hue = random.random() < 0.12

    def colour(self, level: npt.NDArray[Any], unrest: float) -> tuple[npt.NDArray[Any], float]:
        """A colour that stands out from the ground, and by how much."""
        wanted = max(self.contrast, 2.5 * unrest)
        aim = np.zeros(3) if self.dark or level.mean() > 170 else self.hue
        way = aim - level
        far = float(np.abs(way).max())
        if self.by_hue and np.ptp(level) > 12:  # of another hue rather than of another brightness
            aim = level[::-1] * 0.4 if level.mean() > 128 else level[[1, 2, 0]] + 90
            way = np.minimum(aim, 255) - level
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


def _angle(random: Random) -> float:
    """Degrees: upright more often than not, turned to a side, or tilted."""
    kind = random.random()
    if kind < 0.76:
        return 0.0
    return random.choice([90.0, 270.0]) if kind < 0.92 else random.normal(0, 18)


LAYOUTS: Final[list[Callable[[Sheet], None]]] = [
    Sheet.block, Sheet.scatter, Sheet.axis, Sheet.markers,
]  # fmt: skip
SHARES: Final = (0.38, 0.34, 0.18, 0.10)
