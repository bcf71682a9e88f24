"""Heads and other bodies, drawn out of ellipsoids: no two alike, none of a person.

Every body is a `Body` on cubic voxels of 3 mm in (x, y, z) order, x to the left, y to the back, z
to the top: air 0, tissue about 1, with soft edges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Random = np.random.Generator

STEP: Final = 3.0


@dataclass(frozen=True, slots=True)
class Body:
    """A volume to be posed and looked at.

    Attributes:
        values: float32, (x, y, z).
        face: what a defacing takes, bool; nothing in it where there is no face.
        nasion: index of the root of the nose; None where there is no head.
        height_mm: edge of the voxels.
        is_whole: whether nose and chin are in view.
    """

    values: Floats
    face: Mask
    nasion: npt.NDArray[np.floating] | None
    step: float = STEP
    air: float = 0.0
    brain: Mask | None = None


class Sculpture:
    """A union of ellipsoids on a grid, with what is cut out of it."""

    def __init__(self, low: tuple[float, float, float], high: tuple[float, float, float]) -> None:
        self.low = np.array(low)
        axes = [np.arange(a, b, STEP, dtype=np.float32) for a, b in zip(low, high, strict=True)]
        self.x, self.y, self.z = np.meshgrid(*axes, indexing="ij", sparse=True)
        shape = tuple(len(a) for a in axes)
        self.far = np.full(shape, 50.0, np.float32)
        self.values = np.ones(shape, np.float32)

    def distance(self, centre: tuple[float, ...], axes: tuple[float, ...]) -> Floats:
        """Below 0 inside an ellipsoid; roughly millimetres near its surface."""
        parts = zip((self.x, self.y, self.z), centre, axes, strict=True)
        radius = np.sqrt(sum(((p - c) / a) ** 2 for p, c, a in parts))
        return np.asarray((radius - 1) * min(axes), np.float32)

    def add(self, centre: tuple[float, ...], axes: tuple[float, ...]) -> None:
        """Join an ellipsoid."""
        np.minimum(self.far, self.distance(centre, axes), out=self.far)

    def add_where(self, inside: Mask) -> None:
        """Join what a condition says."""
        self.far = np.where(inside, np.minimum(self.far, -2.0), self.far)

    def cut(self, centre: tuple[float, ...], axes: tuple[float, ...]) -> None:
        """Take an ellipsoid out: air."""
        np.maximum(self.far, -self.distance(centre, axes), out=self.far)

    def paint(self, centre: tuple[float, ...], axes: tuple[float, ...], level: float) -> None:
        """Give what is inside an ellipsoid another level."""
        self.values[self.distance(centre, axes) < 0] = level

    def solid(self, blur: float) -> Floats:
        """Values with soft edges."""
        share = np.clip(0.5 - gaussian_filter(self.far, blur) / STEP, 0, 1)
        return np.asarray(share * self.values, np.float32)

    def index(self, point: tuple[float, ...]) -> npt.NDArray[np.floating]:
        """Where a point is, in voxels."""
        return np.asarray((np.array(point) - self.low) / STEP)


def head(random: Random) -> Body:
    """A head with some neck; sizes vary by a tenth, features come and go."""
    r = random.uniform
    s = Sculpture((-96, -142, -170), (96, 122, 110))
    k = r(0.9, 1.1, 3)

    def e(centre: tuple[float, ...], axes: tuple[float, ...]) -> tuple[tuple[float, ...], ...]:
        vary = r(0.92, 1.08, 3)
        return tuple(c * f for c, f in zip(centre, k, strict=True)), tuple(
            a * f * v for a, f, v in zip(axes, k, vary, strict=True)
        )

    s.add(*e((0, 0, 5), (75, 96, 85)))
    s.add(*e((0, -35, -60), (62, 62, 70)))
    s.add(*e((0, -42, -98), (52, 52, 38)))
    s.add(*e((0, 26, -145), (57, 60, 110)))
    s.add(*e((0, -78, -124), (r(18, 28), r(14, 22), r(12, 20))))
    if random.random() < 0.5:
        s.add(*e((0, -72, -14), (48, 24, 12)))  # brow
    nasion = (0.0, float(-88 * k[1]), float(-30 * k[2]))
    _nose(s, random, k)
    if random.random() < 0.6:
        s.add(*e((0, -88, -92), (r(18, 30), 12, r(8, 16))))  # lips
    eyes = r(28, 36)
    if random.random() < 0.6:
        for side in (-1, 1):
            s.cut(*e((side * eyes, -98, r(-36, -28)), (r(16, 22), r(12, 20), r(10, 16))))
            s.add(*e((side * eyes, -72, -32), (13, 13, 13)))
    for side in (-1, 1):
        if random.random() < 0.7:
            s.add(*e((side * 78, 10, -40), (r(6, 12), 20, 30)))
    _insides(s, random, k, eyes)
    face = _face_zone(s, k, random)
    brain = s.distance((0, 2 * k[1], 14 * k[2]), tuple(k * (65, 83, 60))) < 0
    return Body(s.solid(r(0.4, 0.9)), face, s.index(nasion), brain=brain)


def _nose(s: Sculpture, random: Random, k: npt.NDArray[np.floating]) -> None:
    r = random.uniform
    length, tip = r(18, 30), -62 * k[2]
    style = random.random()
    if style < 0.5:  # a wedge that widens downwards
        top, front = -30 * k[2], -86 * k[1]
        share = np.clip((top - s.z) / (top - tip), 0, 1)
        inside = (np.abs(s.x) < r(3, 6) + r(8, 13) * share) & (s.y < front + 14)
        inside &= (s.y > front - length * share - 2) & (s.z < top + 2) & (s.z > tip - 4)
        s.add_where(inside)
    else:
        s.add((0, -98 * k[1], tip), (r(13, 18), length, r(12, 24)))
        if style < 0.8:
            s.add((0, -93 * k[1], -46 * k[2]), (r(8, 12), r(12, 20), 20))


def _insides(s: Sculpture, random: Random, k: npt.NDArray[np.floating], eyes: float) -> None:
    """What comes to light when the face is gone: brain, orbits, sinuses, mouth, throat."""
    r = random.uniform
    if random.random() < 0.7:
        s.paint((0, 2 * k[1], 12 * k[2]), tuple(k * (71, 90, 67)), r(0.1, 2.0))
        s.paint((0, 2 * k[1], 14 * k[2]), tuple(k * (65, 83, 60)), r(0.6, 1.4))
    for side in (-1, 1):
        s.paint((side * eyes, -70 * k[1], -32 * k[2]), (13, 13, 13), r(0.3, 1.2))
        if random.random() < 0.6:
            s.cut((side * 24, -58 * k[1], -60 * k[2]), (12, 14, 14))
    if random.random() < 0.5:  # jaws
        s.paint((0, -20 * k[1], -105 * k[2]), (50, 62, 22), 1.6)
        s.paint((0, -12 * k[1], -105 * k[2]), (40, 52, 26), 1.0)
        s.paint((0, -62 * k[1], -75 * k[2]), (34, 18, 9), 1.6)
    if random.random() < 0.6:
        s.cut((0, -56 * k[1], -58 * k[2]), (r(6, 12), 28, 16))
        s.cut((0, -14, -100), (9, 8, 60))


def _face_zone(s: Sculpture, k: npt.NDArray[np.floating], random: Random) -> Mask:
    """In front of the ears, between brow and throat, to some depth beneath the skin."""
    deep = random.uniform(30, 45)
    low, top = -150 * k[2], random.uniform(-15, 12) * k[2]
    zone = (s.z > low) & (s.z < top) & (np.abs(s.x) < 64 * k[0])
    brain = s.distance((0, 2 * k[1], 14 * k[2]), tuple(k * (72, 88, 68))) < 0
    front = np.maximum(-40 * k[1], -96 * k[1] + deep)
    return np.asarray(zone & (s.y < front) & ~brain)


def trunk(random: Random) -> Body:
    """Chest or belly, with or without arms and breasts."""
    r = random.uniform
    s = Sculpture((-180, -130, -120), (180, 130, 120))
    wide, deep, high = r(110, 165), r(70, 115), r(250, 600)
    s.add((0, 0, 0), (wide, deep, high))
    if random.random() < 0.4:
        for side in (-1, 1):
            s.add((side * wide / 2, -deep * 0.85, r(-60, 60)), (r(35, 60), r(20, 50), r(35, 60)))
    if random.random() < 0.4:
        for side in (-1, 1):
            s.add((side * (wide + 5), 0, 0), (35, 40, 400))
    if random.random() < 0.5:  # a navel, a tube, a fold
        s.cut((0, -deep, r(-80, 80)), (r(5, 15), r(8, 20), r(5, 15)))
    for side in (-1, 1):
        s.cut((side * wide / 2, 0, r(-20, 100)), (wide / 3, deep / 1.6, r(60, 150)))
    return _faceless(s, random)


def limb(random: Random) -> Body:
    """One leg or two, with a knee cap, a heel, or nothing."""
    r = random.uniform
    s = Sculpture((-110, -110, -120), (110, 110, 120))
    pair = random.random() < 0.5
    for side in (-1, 1) if pair else (0,):
        wide = r(38, 65)
        x = side * (wide + r(2, 20))
        s.add((x, 0, 140), (wide * r(1, 1.3), wide * r(1, 1.3), 220))
        s.add((x, r(0, 15), -140), (wide * r(0.7, 1), wide * r(0.8, 1.1), 220))
        if random.random() < 0.7:
            s.add((x, -wide * 0.85, r(-20, 20)), (r(15, 28), r(12, 28), r(18, 32)))
        if random.random() < 0.3:
            s.add((x, -60, -90), (r(30, 40), r(80, 120), r(20, 35)))
    return _faceless(s, random)


def lumps(random: Random) -> Body:
    """Ellipsoids at random: phantoms, fruit, organs, what is no body at all."""
    r = random.uniform
    s = Sculpture((-100, -110, -100), (100, 110, 100))
    if random.random() < 0.4:
        s.add((0, 0, 0), tuple(r(60, 95, 3)))
    for _ in range(random.integers(1, 9)):
        s.add(tuple(r(-70, 70, 3)), tuple(r(8, 70, 3)))
    for _ in range(random.integers(0, 6)):
        s.cut(tuple(r(-90, 90, 3)), tuple(r(6, 40, 3)))
    return _faceless(s, random)


def box(random: Random) -> Body:
    """A phantom: cylinder or block, with bores and pegs."""
    r = random.uniform
    s = Sculpture((-110, -110, -100), (110, 110, 100))
    half = r(45, 95, 3)
    if random.random() < 0.5:
        inside = (np.hypot(s.x / half[0], s.y / half[1]) < 1) & (np.abs(s.z) < half[2])
    else:
        inside = (np.abs(s.x) < half[0]) & (np.abs(s.y) < half[1]) & (np.abs(s.z) < half[2])
    s.add_where(inside)
    for _ in range(random.integers(0, 8)):
        s.cut(tuple(r(-95, 95, 3)), tuple(r(5, 30, 3)))
    for _ in range(random.integers(0, 3)):
        s.add(tuple(r(-95, 95, 3)), tuple(r(5, 25, 3)))
    return _faceless(s, random)


def cloud(random: Random) -> Body:
    """Smooth noise above a level: what bad thresholds leave."""
    field = gaussian_filter(random.normal(0, 1, (70, 70, 70)), random.uniform(1.5, 9))
    field = (field - field.min()) / (field.max() - field.min())
    if random.random() < 0.5:
        at = np.mgrid[-1:1:70j, -1:1:70j, -1:1:70j]
        field = field + 1.2 * (np.sqrt((at**2).sum(0)) < random.uniform(0.5, 0.95))
    return Body(field.astype(np.float32), np.zeros(field.shape, np.bool_), None)


def _faceless(s: Sculpture, random: Random) -> Body:
    return Body(s.solid(random.uniform(0.4, 0.9)), np.zeros(s.far.shape, np.bool_), None)


OTHERS: Final[tuple[Callable[[Random], Body], ...]] = (trunk, limb, lumps, box, cloud)
"""Bodies without a face; one more is one function."""
