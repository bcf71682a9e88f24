"""Volumes without a head: a drawn trunk, a knee and a spine, and shoulders below cut-off heads.

None of them is to be changed, and hardly one held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from benchmarks.heads.head import Head

Floats = npt.NDArray[np.floating]

VALUES: Final = {
    "CT": {
        "air": -1000.0,
        "fat": -100.0,
        "soft": 45.0,
        "bone": 700.0,
        "lung": -820.0,
        "fluid": 8.0,
    },
    "MR": {"air": 3.0, "fat": 800.0, "soft": 300.0, "bone": 90.0, "lung": 12.0, "fluid": 500.0},
}
"""Levels of tissue: Hounsfield units, and a T1 as a middle field gives it."""
NOISE: Final = {"CT": 12.0, "MR": 9.0}


def _grid(size: tuple[float, float, float], step: float) -> tuple[Floats, Floats, Floats]:
    """Coordinates (mm) of a box around the origin: x to the left, y to the back, z up."""
    z, y, x = np.meshgrid(*[np.arange(-s / 2, s / 2, step) for s in size[::-1]], indexing="ij")
    return x, y, z


def _ball(at: tuple[Floats, Floats, Floats], middle: Floats, axes: Floats) -> npt.NDArray[np.bool_]:
    parts = [((p - m) / a) ** 2 for p, m, a in zip(at, middle, axes, strict=True)]
    return np.asarray(sum(parts) < 1)


def _image(kind: str, labels: npt.NDArray[np.str_], step: float, seed: int) -> sitk.Image:
    levels = VALUES[kind]
    values = np.zeros(labels.shape)
    for name, level in levels.items():
        values[labels == name] = level
    values += np.random.default_rng(seed).normal(0, NOISE[kind], values.shape)
    image = sitk.GetImageFromArray((values if kind == "CT" else np.abs(values)).astype(np.float32))
    image.SetSpacing([step] * 3)
    return image


def trunk(kind: str, seed: int) -> sitk.Image:
    """Chest and belly, with lungs, spine and ribs; of another build with another seed."""
    random = np.random.default_rng(seed)
    wide, deep = random.uniform(140, 195), random.uniform(95, 130)
    x, y, z = at = _grid((430, 330, 380), 4.0)
    radius = np.hypot(x / (wide * (1 + 0.06 * np.sin(z / 60))), y / deep)
    labels = np.full(x.shape, "air", dtype="<U5")
    labels[radius < 1] = "fat"
    labels[radius < 0.87] = "soft"
    labels[
        (radius > 0.82) & (radius < 0.86) & (np.sin(z / 6 + np.abs(x) / 30) > 0.3) & (z > -40)
    ] = "bone"
    for side in (-1, 1):
        labels[_ball(at, np.array([side * 75, -5, 90]), np.array([55, 70, 120]))] = "lung"
    labels[np.hypot(x / 22, (y - 0.55 * deep) / 18) < 1] = "bone"
    labels[np.hypot(x / 9, (y - 0.8 * deep) / 8) < 1] = "fluid"
    return _image(kind, labels, 4.0, seed)


def knee(kind: str, seed: int) -> sitk.Image:
    """Two bones, a patella and muscle."""
    random = np.random.default_rng(seed)
    wide = random.uniform(58, 75)
    x, y, z = at = _grid((180, 180, 170), 2.0)
    shape = 1 + 0.08 * np.cos(z / 30)
    labels = np.full(x.shape, "air", dtype="<U5")
    labels[np.hypot(x / (wide * shape), y / (wide * shape)) < 1] = "fat"
    labels[np.hypot(x / (wide - 9), y / (wide - 9)) < 1] = "soft"
    labels[_ball(at, np.array([0, -wide - 4, 8]), np.array([25, 14, 24]))] = "soft"
    bones = [
        ((0, 5, 75), (40, 36, 70)),
        ((0, 5, -80), (40, 34, 74)),
        ((0, -wide + 3, 8), (20, 10, 21)),
    ]
    for middle, axes in bones:
        labels[_ball(at, np.array(middle), np.array(axes))] = "bone"
        labels[_ball(at, np.array(middle), np.array(axes) - 5)] = "fat"
    return _image(kind, labels, 2.0, seed)


def spine(kind: str, seed: int) -> sitk.Image:
    """A slab through the back: vertebrae, discs and canal, cut off in front and at the sides."""
    random = np.random.default_rng(seed)
    bend = random.uniform(10, 30)
    x, y, z = _grid((80, 200, 280), 2.5)
    y = y + bend * np.cos(z / 70)
    labels = np.full(x.shape, "soft", dtype="<U5")
    labels[y > 70] = "fat"
    labels[y > 85] = "air"
    column = np.hypot(x / 24, y / 18) < 1
    labels[column] = "bone"
    labels[column & (np.abs(np.mod(z, 36) - 18) < 4)] = "fluid"
    labels[np.hypot(x / 10, (y - 28) / 8) < 1] = "fluid"
    labels[(np.abs(x) < 5) & (y > 40) & (y < 62) & (np.abs(np.mod(z, 36) - 18) > 8)] = "bone"
    return _image(kind, labels, 2.5, seed)


DRAWN: Final[dict[str, Callable[[str, int], sitk.Image]]] = {
    "trunk": trunk,
    "knee": knee,
    "spine": spine,
}


def drawn(count: int) -> Iterator[Head]:
    """So many of each kind for CT and MR; without landmarks, since there is no face."""
    for name, draw in DRAWN.items():
        for kind in VALUES:
            for seed in range(count):
                image = draw(kind, seed)
                yield Head(f"{name}_{kind}_{seed}", kind, image, {}, None, sitk.Transform())


def below(head: Head) -> Head | None:
    """Shoulders: what lies 30 mm and more beneath the chin; None where that is not in view."""
    if "chin" not in head.landmarks:
        return None
    top = head.image.TransformPhysicalPointToIndex(head.landmarks["chin"].tolist())[2]
    top -= round(30 / head.image.GetSpacing()[2])
    if top < 20:
        return None
    return replace(head, name=f"{head.name}:below", image=head.image[:, :, :top], landmarks={})
