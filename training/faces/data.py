"""Draws what the two finders learn from, and keeps it in files: training needs no heads then."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from training.faces import depth, pictures
from training.faces.drawn import OTHERS, Body, head
from training.text.grounds import ground
from training.text.shelf import packaged

Random = np.random.Generator

REAL, DRAWN = 0.5, 0.22
"""Shares of real and of drawn heads; the rest are other bodies."""
HEADS: Final = 50
"""Drawn heads at a time; one in ten is replaced."""
KEPT: Final = 0.35
"""Share of a head's views without a face that is learned from."""
PHOTOGRAPHS: Final = (
    *("brick", "grass", "gravel", "chelsea", "coffee", "cell", "hubble_deep_field"),
    *("immunohistochemistry", "microaneurysms", "moon", "retina", "page", "text", "coins"),
    *("clock", "horse", "rocket"),
)
"""Pictures without a face that scikit-image carries."""


def bodies(real: Mapping[str, Body], random: Random) -> Iterator[Body]:
    """Heads and other bodies without end."""
    faces = [body for body in real.values() if body.nasion is not None]
    others = [body for body in real.values() if body.nasion is None]
    drawn: list[Body] = []
    while True:
        style = random.random()
        if style < REAL and faces:
            yield faces[random.integers(len(faces))]
        elif style < REAL + DRAWN:
            if len(drawn) < HEADS or random.random() < 0.1:
                drawn = [*drawn[-HEADS:], head(random)]
            yield drawn[random.integers(len(drawn))]
        elif others and random.random() < 0.25:
            yield others[random.integers(len(others))]
        else:
            yield OTHERS[random.integers(len(OTHERS))](random)


def draw_surfaces(real: Mapping[str, Body], seconds: float, seed: int, path: Path) -> None:
    """Views of surfaces and where the face is in them (-1, -1 for none)."""
    random = np.random.default_rng(seed)
    shown, places = [], []
    end = time.process_time() + seconds
    for body in bodies(real, random):
        if time.process_time() > end:
            break
        for sample in depth.samples(body, random):
            if sample.place is None and body.nasion is not None and random.random() > KEPT:
                continue
            shown.append(np.rint(sample.picture * 127).astype(np.int8))
            places.append(sample.place or (-1.0, -1.0))
    np.savez(path, pictures=np.stack(shown), places=np.array(places, np.float32))


def draw_pictures(real: Mapping[str, Body], seconds: float, seed: int, path: Path) -> None:
    """Pictures and which part of them is a face, at a fourth of the size."""
    random = np.random.default_rng(seed)
    shown, faces = [], []
    end = time.process_time() + seconds
    size = pictures.SIZE // 4, pictures.SIZE // 4
    for body in bodies(real, random):
        if time.process_time() > end:
            break
        for sample in pictures.samples(body, random):
            shown.append(np.asarray(np.rint(sample.picture * 255), np.uint8))
            mask = sample.face.astype(np.uint8) * 255
            faces.append(cv2.resize(mask, size, interpolation=cv2.INTER_AREA))
    np.savez(path, pictures=np.stack(shown), faces=np.stack(faces))


def draw_grounds(folder: Path | None, seconds: float, seed: int, path: Path) -> None:
    """Pictures that show nobody: every other one of a folder, scikit-image's, drawn ones."""
    from skimage import data

    random = np.random.default_rng(seed)
    shown = []
    for number, file in enumerate(sorted(folder.glob("*.png")) if folder else []):
        picture = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if number % 2 == 0 and picture is not None:
            shown += [_part(picture, random) for _ in range(2)]
    for name in PHOTOGRAPHS:
        shown += [_part(np.asarray(getattr(data, name)(), np.float32), random) for _ in range(3)]
    end, shelf = time.process_time() + seconds, packaged()
    while time.process_time() < end:
        shown.append(_part(ground(160, random, shelf), random))
    faces = np.zeros((len(shown), pictures.SIZE // 4, pictures.SIZE // 4), np.uint8)
    np.savez(path, pictures=np.stack(shown), faces=faces)


def _part(picture: npt.NDArray[np.generic], random: Random) -> npt.NDArray[np.uint8]:
    """A part of a picture from nearly its darkest to nearly its brightest."""
    grey = np.asarray(picture, np.float32)
    grey = grey.mean(axis=2) if grey.ndim == 3 else grey
    share = random.uniform(0.5, 1)
    rows, columns = (max(1, int(n * share)) for n in grey.shape)
    top, left = (
        int(random.integers(0, n - m + 1)) for n, m in zip(grey.shape, (rows, columns), strict=True)
    )
    part = grey[top : top + rows, left : left + columns]
    part = cv2.resize(part, (pictures.SIZE,) * 2, interpolation=cv2.INTER_AREA)
    low, high = np.percentile(part, (1, 99.5))
    level = 255 * np.clip((part - low) / max(float(high - low), 1e-6), 0, 1)
    return np.asarray(level, np.uint8)
