"""Velocity maps as scanners draw them: cells of the beam, hot and cold, aliasing, gaps."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from training.text.fields import Ground, Random, cloud, sector

Field = npt.NDArray[Any]


def velocity(picture: Ground, random: Random) -> None:
    """Draw one, in place: towards the probe hot, away cold, in an outlined field or everywhere."""
    size = picture.shape[0]
    wide, high = int(random.integers(1, 5)), int(random.integers(1, 9))
    cells = (size // high + 2, size // wide + 2)
    speed = _speeds(cells, random)
    smooth = cv2.INTER_NEAREST if random.random() < 0.75 else cv2.INTER_LINEAR
    colours = cv2.resize(_coloured(speed, random), (size, size), interpolation=smooth)
    present = _present(speed, random).astype(np.float32)
    inside = cv2.resize(present, (size, size), interpolation=smooth)
    if random.random() < 0.5:
        inside *= sector(size, random) if random.random() < 0.5 else _field(picture, random)
    picture[:] = picture * (1 - inside[:, :, None]) + colours * inside[:, :, None]


def _speeds(cells: tuple[int, int], random: Random) -> Field:
    """-1 to 1 in each cell of the beam: smooth, noisy, and wrapped round where it aliases."""
    rows, columns = cells
    field = cloud(max(cells), random, int(random.choice([2, 3, 4])))[:rows, :columns]
    speed = (field - random.uniform(0.3, 0.7)) * random.uniform(1.5, 6)
    speed = speed + random.normal(0, random.uniform(0.02, 0.6), cells)
    return (speed + 1) % 2 - 1 if random.random() < 0.6 else np.clip(speed, -1, 1)


def _coloured(speed: Field, random: Random) -> npt.NDArray[np.float32]:
    """Red to yellow towards the probe, blue to cyan away from it; any two maps now and then."""
    hot = random.uniform((80, 0, 0), (190, 30, 30)), random.uniform((230, 120, 0), (255, 255, 120))
    cold = random.uniform((0, 0, 90), (40, 40, 200)), random.uniform((0, 140, 200), (160, 255, 255))
    if random.random() < 0.15:
        hot, cold = ((random.uniform(0, 255, 3), random.uniform(0, 255, 3)) for _ in range(2))
    share = np.abs(speed)[:, :, None]
    towards, away = (low + share * (high - low) for low, high in (hot, cold))
    return np.where((speed > 0)[:, :, None], towards, away).astype(np.float32)


def _present(speed: Field, random: Random) -> npt.NDArray[np.bool_]:
    """Where flow is shown: in vessels, with cells missing, and not below the wall filter."""
    rows, columns = speed.shape
    finest = int(random.choice([2, 3, 6, 12]))
    vessels = cloud(max(speed.shape), random, finest)[:rows, :columns]
    seen = vessels > random.uniform(0.25, 0.7)
    seen &= random.random(speed.shape) > random.uniform(0, 0.35)
    return np.asarray(seen & (np.abs(speed) > random.uniform(0, 0.2)))


def _field(picture: Ground, random: Random) -> npt.NDArray[np.float32]:
    """A field of interest, leaning as the beam does, its outline drawn more often than not."""
    size = picture.shape[0]
    (x, y), (wide, high) = random.integers(-size // 4, size, 2), random.integers(size // 6, size, 2)
    lean = int(random.integers(-60, 60))
    corners = [(x, y), (x + wide, y), (x + wide + lean, y + high), (x - lean, y + high)]
    points = np.array(corners, np.int32)
    inside = np.zeros((size, size), np.float32)
    cv2.fillPoly(inside, [points], 1.0)
    if random.random() < 0.6:
        cv2.polylines(picture, [points], True, [float(v) for v in random.uniform(80, 255, 3)], 1)
    return inside
