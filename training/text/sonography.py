"""Ultrasound without text: speckle, flow, vessels, M-mode, Doppler spectra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from training.text.fields import Ground, Random, cloud, fine, grey, sector, tinted
from training.text.velocity import velocity

Shape = npt.NDArray[np.uint8]


def ultrasound(size: int, random: Random) -> Ground:
    """Speckle in a sector on black, sometimes with colour flow."""
    speckle = random.rayleigh(1.0, (size, size)).astype(np.float32)
    blur = random.uniform(0.5, 2.2)
    speckle = cv2.GaussianBlur(speckle, (0, 0), blur * random.uniform(1, 2), sigmaY=blur)
    speckle /= speckle.mean() + 1e-6
    level = random.uniform(20, 150) * cloud(size, random, 8) ** random.uniform(0.8, 2.5) * speckle
    picture = tinted(level, random)
    if random.random() < 0.25:
        FLOWS[random.integers(len(FLOWS))](picture, random)
    if random.random() < 0.2:
        flow, side = cloud(size, random, 16), cloud(size, random, 16)[:, :, None]
        colours = np.where(side > 0.5, random.uniform(0, 255, 3), random.uniform(0, 255, 3))
        coloured = (flow > random.uniform(0.6, 0.8))[:, :, None]
        picture = np.where(coloured, 0.3 * picture + 0.7 * colours * flow[:, :, None], picture)
    inside = sector(size, random)[:, :, None]
    return np.asarray(picture * inside + random.uniform(0, 12) * (1 - inside), np.float32)


def flow(size: int, random: Random) -> Ground:
    """Colour or power Doppler, fine or coarse, in a field with an outline or without one."""
    speckle = random.rayleigh(random.uniform(0.5, 1.0), (size, size)).astype(np.float32)
    picture = grey(random.uniform(10, 110) * cloud(size, random, 8) * speckle)
    FLOWS[random.integers(len(FLOWS))](picture, random)
    corners = random.integers(-size // 4, size + size // 4, (2, 2))
    (x0, y0), (x1, y1) = (tuple(int(v) for v in c) for c in np.sort(corners, axis=0))
    if random.random() < 0.5:
        colour = [float(v) for v in random.uniform(100, 255, 3)]
        cv2.rectangle(picture, (x0, y0), (x1, y1), colour, 1)
    return picture


def _trees(picture: Ground, random: Random) -> None:
    """Vessels that branch from one another and thin out, light in their middle, in place."""
    size = picture.shape[0]
    mask = np.zeros((size, size), np.uint8)
    scale = random.uniform(0.4, 1.5)
    ends = [
        (*random.uniform(0, size, 2), random.uniform(0, 2 * np.pi), random.uniform(2, 9) * scale)
        for _ in range(int(random.integers(1, 7)))
    ]
    for _ in range(int(random.integers(60, 400))):
        if not ends:
            break
        x, y, way, wide = ends.pop(int(random.integers(len(ends))))
        long = random.uniform(3, 14) * scale
        to_x, to_y = x + long * np.cos(way), y + long * np.sin(way)
        start, end = (int(x), int(y)), (int(to_x), int(to_y))
        cv2.line(mask, start, end, 1, max(round(wide), 1))
        if wide > 0.7:
            more = 1 + (random.random() < 0.45)
            ends += [
                (to_x, to_y, way + random.normal(0, 0.5), wide * random.uniform(0.75, 1.0))
                for _ in range(more)
            ]
    _heated(picture, mask, random)


def _mosaic(picture: Ground, random: Random) -> None:
    """Turbulent flow: blobs of small cells in many colours, or in streaks, in place."""
    size = picture.shape[0]
    cell = int(random.integers(2, 9))
    rows, columns = size // cell + 1, size // max(int(cell * random.choice([0.3, 1, 1, 3])), 1) + 1
    hues = random.uniform(0, 255, (int(random.integers(2, 7)), 3)).astype(np.float32)
    cells = hues[random.integers(len(hues), size=(rows, columns))]
    smooth = cv2.INTER_LINEAR if random.random() < 0.5 else cv2.INTER_NEAREST
    colours = cv2.resize(cells, (size, size), interpolation=smooth)
    if random.random() < 0.5:
        colours = colours.transpose(1, 0, 2)
    mask = cloud(size, random, 6) > random.uniform(0.55, 0.8)
    picture[:] = np.where(
        mask[:, :, None], colours * cloud(size, random)[:, :, None] * 1.4, picture
    )


def _patches(picture: Ground, random: Random) -> None:
    """Small patches of one hue with ragged rims, in place."""
    size = picture.shape[0]
    near = cloud(size, random, 32) > random.uniform(0.3, 0.7)
    _heated(
        picture, ((fine(size, random) > random.uniform(0.5, 0.8)) & near).astype(np.uint8), random
    )


def _heated(picture: Ground, mask: Shape, random: Random) -> None:
    """Colour what flows: from dark rims to a light middle, hot, cold or of any hue; in place."""
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3) / random.uniform(1.5, 6)
    share = np.clip(depth + random.uniform(0, 0.3) * cloud(mask.shape[0], random), 0, 1)[:, :, None]
    low, high = np.array([180.0, 40, 0]), np.array([255.0, 230, 60])
    if random.random() < 0.4:
        low, high = random.uniform(0, 160, 3), random.uniform(120, 255, 3)
    colours = (low + share * (high - low))[:, :, :: -1 if random.random() < 0.3 else 1]
    picture[:] = np.where(mask[:, :, None] > 0, colours, picture)


def _vessels(picture: Ground, random: Random) -> None:
    """Trees of vessels in the hot or cold colours of power Doppler, drawn in place."""
    size = picture.shape[0]
    dark = random.uniform(0, 120, 3) * (1, random.random() < 0.5, random.random() < 0.3)
    light = random.uniform(120, 255, 3)
    share = cloud(size, random, 8)[:, :, None]
    colours = dark + share * (light - dark)
    mask = np.zeros((size, size), np.float32)
    for _ in range(int(random.integers(10, 90))):
        steps = np.cumsum(random.normal(0, 0.4, 12)) + random.uniform(0, 2 * np.pi)
        way = np.stack([np.cos(steps), np.sin(steps)], axis=1) * random.uniform(1, 5)
        start = size / 2 + random.normal(0, size / 5, 2) * (1.6, 0.8)
        points = (np.cumsum(way, axis=0) + start).astype(np.int32)
        cv2.polylines(mask, [points], False, 1.0, int(random.integers(1, 7)))
    picture[:] = np.where(mask[:, :, None] > 0, colours, picture)


def _corals(picture: Ground, random: Random) -> None:
    """Thick branches with a light core, as power Doppler shows a node or a kidney, in place."""
    size = picture.shape[0]
    ridge = 1 - np.abs(2 * fine(size, random) - 1)
    share = np.clip((ridge - random.uniform(0.6, 0.85)) / 0.15, 0, 1)[:, :, None]
    centre, reach = random.uniform(0.2, 0.8, 2) * size, random.uniform(0.1, 0.5, 2) * size
    away = np.square((np.indices((size, size)).transpose(1, 2, 0) - centre) / reach).sum(axis=2)
    share = np.where(away[:, :, None] < random.uniform(0.6, 1.4), share, 0)
    cold = random.random() < 0.3
    low, high = np.array([200.0, 60, 0]), np.array([255.0, 230, 60])
    colours = (low + share * (high - low))[:, :, :: -1 if cold else 1] * random.uniform(0.6, 1)
    picture[:] = np.where(share > 0.05, colours, picture)


def motion(size: int, random: Random) -> Ground:
    """M-mode: tissue drawn out over time, often with streaks of colour that beat."""
    field = cloud(size, random, 3)
    lines = cv2.resize(field[:, : max(size // 6, 8)], (size, size), interpolation=cv2.INTER_CUBIC)
    picture = grey(random.uniform(60, 255) * np.clip(lines, 0, 1) ** random.uniform(1, 3))
    picture *= random.rayleigh(random.uniform(0.5, 0.8), (size, size, 1))
    if random.random() < 0.7:
        beat = (np.arange(size) % random.uniform(size / 10, size / 2)) / size
        narrow = cv2.resize(fine(size, random), (size, size // 4), interpolation=cv2.INTER_AREA)
        streak = cv2.resize(narrow, (size, size)) + random.uniform(1, 4) * beat[None, :]
        for low, colour in ((0.9, random.uniform(0, 255, 3)), (1.1, random.uniform(0, 255, 3))):
            inside = (streak % 1.3 > low)[:, :, None]
            picture = np.where(inside, colour * (0.3 + field[:, :, None]), picture)
    return np.asarray(picture, np.float32)


def spectrum(size: int, random: Random) -> Ground:
    """A Doppler spectrum: beats of speckle from a baseline, up and down, on black."""
    along = np.arange(size)
    period, width = random.uniform(size / 6, size), random.uniform(0.05, 0.3)
    phase = ((along / period + random.random()) % 1)[None, :]
    high = size * random.uniform(0.05, 0.5)
    up = high * (random.uniform(0, 0.5) + np.exp(-(((phase - 0.3) / width) ** 2)))
    down = high * random.uniform(0, 1) * np.exp(-(((phase - 0.6) / (width / 2)) ** 2))
    base = size * random.uniform(0.2, 0.8)
    ragged = 1 + random.uniform(0.02, 0.3) * random.normal(0, 1, (size, size))
    above = base - np.arange(size)[:, None]
    inside = (above < up * ragged) & (-above < down * ragged)
    hollow = random.random() < 0.4
    rim = np.clip(np.abs(above) / np.maximum(np.where(above > 0, up, down), 1), 0, 1)
    level = inside * random.uniform(80, 255) * (rim if hollow else 1)
    level = level * random.rayleigh(random.uniform(0.5, 0.9), (size, size)) + random.uniform(0, 15)
    level = cv2.GaussianBlur(level.astype(np.float32), (0, 0), random.uniform(0.3, 1.4))
    if random.random() < 0.7:
        level[int(base)] = random.uniform(90, 255)
    return tinted(np.clip(level, 0, 255), random)


FLOWS: Final[list[Callable[[Ground, Random], None]]] = [
    _vessels, _corals, _trees, _trees, _mosaic, _patches, velocity, velocity, velocity, velocity,
]  # fmt: skip
