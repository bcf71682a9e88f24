"""Fields that grounds are made of: clouds, blobs, the fields of scanners; greys and tints."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Random = np.random.Generator
Ground = npt.NDArray[np.float32]
"""(rows, columns, 3), 0 to 255."""


def cloud(size: int, random: Random, finest: int = 4) -> npt.NDArray[np.float32]:
    """Smooth noise of several scales, 0 to 1, (size, size)."""
    total = np.zeros((size, size), np.float32)
    cells, weight = int(random.integers(2, 5)), 1.0
    slope = random.uniform(0.4, 0.75)
    while cells < size / finest:
        grid = random.random((cells + 1, cells + 1), np.float32)
        total += weight * cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)
        cells, weight = cells * 2, weight * slope
    return np.asarray((total - total.min()) / (np.ptp(total) + 1e-6), np.float32)


def fine(size: int, random: Random) -> npt.NDArray[np.float32]:
    """Clouds with blobs of 4 to 24 pixels, 0 to 1, (size, size)."""
    cells = int(size / random.uniform(4, 24)) + 2
    grid = cv2.resize(
        random.random((cells, cells), np.float32), (size, size), interpolation=cv2.INTER_CUBIC
    )
    share = random.uniform(0.1, 0.6)
    return np.asarray(np.clip((1 - share) * grid + share * cloud(size, random), 0, 1), np.float32)


def grey(level: npt.NDArray[Any]) -> Ground:
    """Levels, (rows, columns), as a picture."""
    return np.repeat(np.asarray(level, np.float32)[:, :, None], 3, axis=2)


def tinted(level: npt.NDArray[Any], random: Random) -> Ground:
    """Levels as a picture, sometimes in a colour."""
    tint = random.uniform(0.6, 1.1, 3) if random.random() < 0.3 else np.ones(3)
    return np.asarray(grey(level) * tint, np.float32)


def sector(size: int, random: Random) -> npt.NDArray[np.float32]:
    """A sector of a scanner's, or a linear probe's field: 1 inside, 0 outside."""
    mask = np.zeros((size, size), np.float32)
    if random.random() < 0.4:
        corners = random.integers(-size // 3, size + size // 3, (2, 2))
        (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
        skew = int(random.integers(-30, 30)) * int(random.random() < 0.4)
        points = [(x0, y0), (x1, y0), (x1 + skew, y1), (x0 + skew, y1)]
        cv2.fillPoly(mask, [np.array(points, np.int32)], 1.0)
        return mask
    apex = (int(random.integers(0, size)), int(random.integers(-size, size // 3)))
    radius = int(random.integers(size // 2, 2 * size))
    half, turn = random.uniform(25, 70), 90 + random.uniform(-15, 15)
    cv2.ellipse(mask, apex, (radius, radius), 0, turn - half, turn + half, 1.0, -1)
    if random.random() < 0.6:
        cv2.circle(mask, apex, radius // int(random.integers(4, 9)), 0.0, -1)
    return mask


def trabeculae(size: int, random: Random) -> npt.NDArray[np.float32]:
    """A net of thin bright ridges, as in bone or lung vessels, 0 to 1."""
    ridge = 1 - np.abs(2 * cloud(size, random, int(random.choice([2, 3, 6]))) - 1)
    return np.asarray(np.clip((ridge - 0.8) / 0.2, 0, 1) ** 2, np.float32)
