"""One picture to learn from: ground, decoys, text, and what screens, windows and JPEG do to it."""

from __future__ import annotations

import math
from collections.abc import Callable
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
INWARD: Final = ((1, 1), (-1, 1), (-1, -1), (1, -1))
"""From each corner of a text, in the order of `Scene.cores`, along and down, to its middle."""
INKED: Final = 96
"""Coverage from which a pixel counts as ink."""
MARKERS: Final = ("L", "R", "L", "R", "LT", "RT", "CC", "MLO", "PA", "AP", "RCC", "LMLO")
UNITS: Final = ("", "", "", "", "", "", "%", "~", "cm")
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
        cores: (4, 2) corners, x and y, of the middle of each text: tilted as the text is.
        contrasts: grey levels between each text and its ground.
    """

    picture: Picture
    boxes: list[tuple[int, int, int, int]]
    cores: list[npt.NDArray[np.float64]]
    contrasts: list[float]


def scene(size: int, random: Random, kinds: list[list[Font]]) -> Scene:
    """Draw a picture of `size` pixels square with the given kinds of fonts."""
    sheet = _Sheet(size, random, kinds)
    if random.random() < 0.9:
        decorate(sheet.picture, random)
    layout = random.random()
    if layout > 0.2:
        for _ in range(int(random.integers(1, 5))):
            LAYOUTS[random.choice(len(LAYOUTS), p=SHARES)](sheet)
    picture = _degraded(sheet.picture, random)
    seen = [k for k, box in enumerate(sheet.boxes) if _stands_out(picture, box)]
    boxes, cores, contrasts = (
        [values[k] for k in seen] for values in (sheet.boxes, sheet.cores, sheet.contrasts)
    )
    return Scene(picture, boxes, cores, contrasts)


def _stands_out(picture: Picture, box: tuple[int, int, int, int]) -> bool:
    """Whether anyone can see that something is there: gamma and range may have swallowed it."""
    x0, y0, x1, y1 = box
    part = picture[y0:y1, x0:x1].reshape(-1, 3).astype(np.int16)
    return bool(np.ptp(part, axis=0).max() >= LEAST)


def target(scene: Scene) -> npt.NDArray[np.float32]:
    """The core of each text at half the size: (size // 2, size // 2), 0 to 1."""
    mask = np.zeros(scene.picture.shape[:2], np.float32)
    for core in scene.cores:
        cv2.fillPoly(mask, [np.rint(core).astype(np.int32)], 1.0)
    return np.asarray(cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


class _Sheet:
    """A picture that text is being put on, each where none is yet."""

    def __init__(self, size: int, random: Random, kinds: list[list[Font]]) -> None:
        self.random, self.kinds, self.size = random, kinds, size
        self.picture = ground(size, random)
        self.taken = np.zeros((size, size), bool)
        self.boxes: list[tuple[int, int, int, int]] = []
        self.cores: list[npt.NDArray[np.float64]] = []
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
            high = self._height(64)
            text = foreign(random) if random.random() < 0.15 else say(random)
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
        """Numbers along ticks, as beside a sector, a spectrum or a curve."""
        random = self.random
        font, style, high = self._font(), self._style(), self._height(20)
        step, tick = int(random.integers(2 * high, 8 * high)), int(random.integers(0, 9))
        down = random.random() < 0.6
        start, first = int(random.integers(-20, step)), int(random.integers(-9, 10))
        across = int(random.integers(0, self.size))
        by = int(random.choice([1, 1, 2, 5, 10]))
        for k in range(1 + self.size // step):
            ink = _inked(font, f"{by * (first + k)}{random.choice(UNITS)}", high)
            if ink is None:
                continue
            at = start + k * step
            shift = ink.shape[0 if down else 1] // 2
            x, y = (across, at - shift) if down else (at - shift, across)
            if self.put(ink, x, y, style) and tick:
                side = -1 - tick if random.random() < 0.9 else ink.shape[1] + 1
                near = (x + side, at) if down else (at, y - 1 - tick)
                far = (near[0] + tick - 1, at) if down else (at, near[1] + tick - 1)
                cv2.line(self.picture, near, far, [style.contrast] * 3, 1)

    def put(self, ink: Ink, x: int, y: int, style: _Style, angle: float = 0.0) -> bool:
        """Blend ink in, turned by so many degrees, where it fits and nothing is written yet."""
        words = _words(ink)
        ink, move = _turned(ink, angle)
        rows, columns = ink.shape
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + columns, self.size), min(y + rows, self.size)
        if x1 - x0 < 3 or y1 - y0 < 4 or (rows > y1 - y0) or self.taken[y0:y1, x0:x1].any():
            return False
        ink = ink[y0 - y : y1 - y, x0 - x : x1 - x]
        if ink.max(initial=0) < 128:
            return False
        contrast = self._blend(ink, x0, y0, style)
        self.taken[max(y0 - 2, 0) : y1 + 2, max(x0 - 3, 0) : x1 + 3] = True
        for word in words:
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

    def _note(self, corners: npt.NDArray[np.float64], contrast: float) -> None:
        """Where a run of words stands, given the corners of its ink."""
        low = np.maximum(np.floor(corners.min(axis=0) + 0.01), 0).astype(int)
        high = np.minimum(np.ceil(corners.max(axis=0) + 0.99), self.size).astype(int)
        if (high - low).min() < 3:
            return
        along, down = (np.linalg.norm(corners[k] - corners[0]) + 1 for k in (1, 3))
        cut = int(CORE * min(along, down))
        ways = [
            (corners[1] - corners[0]) / max(along - 1, 1),
            (corners[3] - corners[0]) / max(down - 1, 1),
        ]
        inner = [corners[k] + cut * (a * ways[0] + b * ways[1]) for k, (a, b) in enumerate(INWARD)]
        self.boxes.append((int(low[0]), int(low[1]), int(high[0]), int(high[1])))
        self.cores.append(np.array(inner))
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
        self.frame = random.random() < 0.05

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


def _words(ink: Ink) -> list[npt.NDArray[np.float64]]:
    """Corners of each run of words that stand no further apart than they are high: (4, 2)."""
    found = []
    for start, end in _runs((ink > INKED).any(axis=0), max(int(1.2 * ink.shape[0]), 4)):
        down = np.flatnonzero((ink[:, start:end] > INKED).any(axis=1))
        top, bottom = int(down[0]), int(down[-1])
        if bottom - top >= 3:  # a dash or a row of dots is no text
            right = end - 1
            corners = [(start, top), (right, top), (right, bottom), (start, bottom)]
            found.append(np.array(corners, np.float64))
    return found


def _turned(ink: Ink, angle: float) -> tuple[Ink, npt.NDArray[np.float64]]:
    """Ink on a sheet that holds it turned, and the way, (2, 3), that its pixels went."""
    rows, columns = ink.shape
    move = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), angle, 1)
    cosine, sine = np.abs(move[0, :2])
    wide = math.ceil(columns * cosine + rows * sine - 1e-6)
    high = math.ceil(columns * sine + rows * cosine - 1e-6)
    move[:, 2] += ((wide - columns) / 2, (high - rows) / 2)
    return np.asarray(cv2.warpAffine(ink, move, (wide, high)), np.uint8), move


def _angle(random: Random) -> float:
    """Degrees: upright more often than not, turned to a side, or tilted."""
    kind = random.random()
    if kind < 0.76:
        return 0.0
    return random.choice([90.0, 270.0]) if kind < 0.92 else random.normal(0, 18)


def _runs(seen: npt.NDArray[np.bool_], gap: int) -> list[tuple[int, int]]:
    """Start and end of what is seen; what is no further apart than `gap` is one."""
    at = np.flatnonzero(seen)
    if not at.size:
        return []
    breaks = np.flatnonzero(np.diff(at) > gap)
    starts, ends = at[np.r_[0, breaks + 1]], at[np.r_[breaks, at.size - 1]] + 1
    return [(int(s), int(e)) for s, e in zip(starts, ends, strict=True)]


LAYOUTS: Final[list[Callable[[_Sheet], None]]] = [
    _Sheet.block, _Sheet.scatter, _Sheet.axis, _Sheet.markers,
]  # fmt: skip
SHARES: Final = (0.5, 0.34, 0.1, 0.06)


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
