"""What text stands on: procedural ultrasound, CT, MR, radiographs, photographs, pages, panels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from training.text.fields import Ground, Random, cloud, fine, grey, sector, tinted, trabeculae
from training.text.shelf import Shelf
from training.text.sonography import flow, motion, spectrum, ultrasound


def ground(size: int, random: Random, shelf: Shelf) -> Ground:
    """A picture without text, `size` pixels square: drawn, or a part of a real one."""
    if random.random() < shelf.ground:
        return shelf.piece(size, random)
    kind = KINDS[random.choice(len(KINDS), p=WEIGHTS)]
    if kind in DETAILED and random.random() < FINER:
        picture = cv2.resize(kind(2 * size, random), (size, size), interpolation=cv2.INTER_AREA)
    else:
        picture = kind(size, random)
    return np.ascontiguousarray(np.clip(picture, 0, 255), np.float32)


def flat(size: int, random: Random) -> Ground:
    """One level, black more often than not."""
    style = random.random()
    if style < 0.55:
        return np.full((size, size, 3), random.uniform(0, 30), np.float32)
    if style < 0.7:
        return np.full((size, size, 3), random.uniform(200, 255), np.float32)
    return np.ones((size, size, 3), np.float32) * random.uniform(0, 255, 3).astype(np.float32)


def gradient(size: int, random: Random) -> Ground:
    """From one level to another."""
    ends = random.uniform(0, 255, (2, 3 if random.random() < 0.3 else 1))
    way = np.linspace(0, 1, size, dtype=np.float32)[:, None]
    picture = np.repeat((ends[0] + way * (ends[1] - ends[0]))[:, None, :], size, axis=1)
    picture = np.broadcast_to(picture, (size, size, 3))
    return np.asarray(picture if random.random() < 0.5 else picture.transpose(1, 0, 2), np.float32)


def noise(size: int, random: Random) -> Ground:
    """Noise around a level, fine or coarse."""
    cell = int(random.choice([1, 1, 2, 3]))
    field = random.normal(0, 1, (size // cell + 1, size // cell + 1)).astype(np.float32)
    field = cv2.resize(field, (size, size), interpolation=cv2.INTER_LINEAR)
    return grey(random.uniform(0, 160) + random.uniform(3, 45) * field)


def bars(size: int, random: Random) -> Ground:
    """A test pattern: fields of bars and greys."""
    picture = np.full((size, size, 3), random.uniform(0, 255), np.float32)
    for _ in range(int(random.integers(3, 14))):
        (y, x), (high, wide) = random.integers(0, size, 2), random.integers(8, size // 3, 2)
        room = picture[y : y + high, x : x + wide]
        ends, period = random.uniform(0, 255, 2), int(random.choice([2, 2, 4, 6, 8, 12, 16, 24]))
        along = np.arange(room.shape[int(random.integers(2))]) % period < period / 2
        level = np.where(along, ends[0], ends[1]).astype(np.float32)
        is_rows = level.size == room.shape[0]
        room[:] = level[:, None, None] if is_rows else level[None, :, None]
    return picture


def mucosa(size: int, random: Random) -> Ground:
    """Wet tissue as an endoscope shows it: red and pink, with sharp white highlights."""
    red, pink = random.uniform((120, 20, 10), (230, 110, 90)), random.uniform(150, 255, 3)
    picture = red + cloud(size, random, 3)[:, :, None] * (pink - red) * random.uniform(0.2, 0.8)
    shine = fine(size, random)
    near = cloud(size, random, 32) > random.uniform(0.3, 0.7)
    bright = ((shine > random.uniform(0.6, 0.85)) & near).astype(np.float32)
    bright = cv2.GaussianBlur(bright, (0, 0), random.uniform(0.4, 1.2))[:, :, None]
    return np.asarray(picture * (1 - bright) + random.uniform(220, 255) * bright, np.float32)


def _column(level: npt.NDArray[np.float32], random: Random) -> None:
    """Like shadows under one another: vertebrae, ribs, teeth; drawn in place."""
    size = level.shape[0]
    x, wide = random.uniform(0.1, 0.9) * size, random.uniform(0.03, 0.15) * size
    step, turn = wide * random.uniform(0.6, 1.6), random.uniform(-30, 30)
    shade = np.zeros_like(level)
    for y in np.arange(-step, size + step, step):
        axes = (int(wide) + 1, int(step * random.uniform(0.25, 0.5)) + 1)
        thick = -1 if random.random() < 0.5 else int(random.integers(1, 5))
        cv2.ellipse(shade, (int(x), int(y)), axes, turn, 0, 360, 1.0, thick)
    level += random.uniform(-70, 90) * cv2.GaussianBlur(shade, (0, 0), random.uniform(1, 4))


def section(size: int, random: Random) -> Ground:
    """A slice of CT or MR: nested soft shapes with rims, texture and noise on black."""
    level = np.zeros((size, size), np.float32)
    centre = random.integers(0, size, 2)
    for _ in range(random.integers(2, 9)):
        shape = np.zeros((size, size), np.float32)
        place = tuple(int(v) for v in centre + random.integers(-size // 3, size // 3, 2))
        axes = tuple(int(v) for v in random.integers(size // 16, size, 2))
        thick = -1 if random.random() < 0.6 else int(random.integers(1, 14))
        cv2.ellipse(shape, place, axes, random.uniform(0, 180), 0, 360, 1.0, thick)
        shape = cv2.GaussianBlur(shape, (0, 0), random.uniform(0.6, 3))
        level = level * (1 - shape) + random.uniform(0, 255) * shape
    level *= 0.7 + 0.6 * cloud(size, random, int(random.choice([2, 4, 8])))
    for _ in range(random.integers(0, 3)):
        pocket = cloud(size, random, int(random.choice([4, 8, 16]))) > random.uniform(0.55, 0.85)
        pocket = cv2.GaussianBlur(pocket.astype(np.float32), (0, 0), random.uniform(0.5, 2))
        level = level * (1 - pocket) + random.choice([0.0, 20.0, 255.0, 400.0]) * pocket
    if random.random() < 0.2:
        bone = cloud(size, random, 16) > random.uniform(0.5, 0.75)
        level = np.where(bone, np.where(fine(size, random) > 0.6, 0.0, 400.0), level)
        level = cv2.GaussianBlur(level.astype(np.float32), (0, 0), random.uniform(0.5, 1.5))
    if random.random() < 0.4:
        level += random.uniform(10, 70) * trabeculae(size, random)
    if random.random() < 0.4:
        level = random.uniform(1, 9) * (level - random.uniform(0, 160))  # a narrow window
    level = np.clip(level, 0, 255)
    return grey(level + random.normal(0, random.uniform(0.5, 14), (size, size)))


def radiograph(size: int, random: Random) -> Ground:
    """Smooth shadows, bands of bone, collimation, grain."""
    level = 255 * cloud(size, random, 24) ** random.uniform(0.6, 1.6)
    for _ in range(random.integers(0, 7)):
        points = np.cumsum(random.normal(0, size / 4, (6, 2)), axis=0) + random.integers(0, size, 2)
        band = np.zeros((size, size), np.float32)
        cv2.polylines(band, [points.astype(np.int32)], False, 1.0, int(random.integers(3, 40)))
        level += random.uniform(-60, 90) * cv2.GaussianBlur(band, (0, 0), random.uniform(1, 6))
    if random.random() < 0.4:
        level += random.uniform(10, 50) * trabeculae(size, random)
    if random.random() < 0.4:
        _column(level, random)
    if random.random() < 0.3:
        level *= sector(size, random)
    return grey(level + random.normal(0, random.uniform(0, 9), (size, size)))


def scenery(size: int, random: Random) -> Ground:
    """Coloured clouds with hard-edged shapes, as in photographs and endoscopy."""
    picture = np.stack([255 * cloud(size, random, 2) for _ in range(3)], axis=2)
    mean = picture.mean(axis=2, keepdims=True)
    picture = mean + random.uniform(0, 1) * (picture - mean)
    for _ in range(random.integers(0, 8)):
        points = random.integers(0, size, (int(random.integers(3, 7)), 2)).astype(np.int32)
        mask = np.zeros((size, size), np.float32)
        cv2.fillPoly(mask, [points], 1.0)
        mask = cv2.GaussianBlur(mask, (0, 0), random.uniform(0.5, 8))[:, :, None]
        picture = picture * (1 - mask) + mask * random.uniform(0, 255, 3)
    return np.asarray(picture, np.float32)


def panel(size: int, random: Random) -> Ground:
    """Boxes, frames and bars of a user interface."""
    picture = flat(size, random)
    for _ in range(random.integers(3, 16)):
        corner = random.integers(-20, size, 2)
        end = corner + random.integers(6, size // 2, 2)
        colour = [float(v) for v in random.uniform(0, 255, 3)]
        if random.random() < 0.6:
            colour = [colour[0]] * 3
        thick = -1 if random.random() < 0.5 else int(random.integers(1, 4))
        first, last = (tuple(int(v) for v in point) for point in (corner, end))
        cv2.rectangle(picture, first, last, colour, thick)
    return picture


def page(size: int, random: Random) -> Ground:
    """Paper or film, evenly lit or not."""
    level = random.uniform(170, 255) - random.uniform(0, 60) * cloud(size, random, 32)
    picture = tinted(level + random.normal(0, random.uniform(0, 4), (size, size)), random)
    return picture if random.random() < 0.7 else 255 - picture


def histology(size: int, random: Random) -> Ground:
    """Stained tissue: pink fibres, purple nuclei, white lumina."""
    pink = random.uniform((180, 90, 150), (245, 190, 230))
    purple = random.uniform((60, 20, 90), (150, 90, 190))
    picture = pink + (cloud(size, random, 3)[:, :, None] - 0.5) * random.uniform(20, 120)
    fibres = fine(size, random) > random.uniform(0.5, 0.8)
    picture = picture - fibres[:, :, None] * random.uniform(0, 50)
    nuclei = _nuclei(size, random)[:, :, None]
    picture = picture * (1 - nuclei) + purple * nuclei
    lumina = (cloud(size, random, 16) > random.uniform(0.7, 0.95)).astype(np.float32)
    lumina = cv2.GaussianBlur(lumina, (0, 0), 1)[:, :, None]
    white = random.uniform((200, 220, 220), (255, 255, 255))
    return np.asarray(picture * (1 - lumina) + white * lumina, np.float32)


def _nuclei(size: int, random: Random) -> npt.NDArray[np.float32]:
    """Small dark ellipses, denser in places, 0 to 1."""
    nuclei = np.zeros((size, size), np.float32)
    dense = cloud(size, random, 24)
    for _ in range(int(random.integers(40, 900))):
        y, x = (int(v) for v in random.integers(0, size, 2))
        if dense[y, x] >= random.random():
            long = random.uniform(1, 6)
            axes = (max(int(long), 1), max(int(long * random.uniform(0.5, 1)), 1))
            turn, dark = random.uniform(0, 180), random.uniform(0.4, 1)
            cv2.ellipse(nuclei, (x, y), axes, turn, 0, 360, dark, -1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(nuclei, (0, 0), random.uniform(0.4, 1.0)), np.float32)


KINDS: Final[list[Callable[[int, Random], Ground]]] = [
    flat, gradient, noise, ultrasound, section, radiograph, scenery, panel, page, spectrum,
    motion, bars, mucosa, flow, histology,
]  # fmt: skip
WEIGHTS: Final = np.array([10, 2, 4, 15, 16, 10, 4, 5, 3, 4, 4, 3, 3, 13, 4]) / 100
DETAILED: Final = (ultrasound, flow, section, radiograph, spectrum, motion, mucosa, histology)
"""Kinds that are also drawn at twice the size and halved, as large pictures are looked at."""
FINER: Final = 0.2
