"""CT volumes with metal drawn into them: what is found, and on which side of the skin.

Metal is 8,000 HU by its share of each voxel, ends at 3,071 HU and throws streaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import ndimage

from benchmarks.objects.common import SHARED, Mask, Rng, Values
from pixelscrub.objects.ct import CtSettings, MetalPiece, find_pieces, to_hounsfield

METAL_HU, GREATEST_HU = 8000.0, 3071.0
"""HU of steel, silver and gold are higher still; what scanners of 12 bits store at most."""
MARKED = ("15", "58", "232")
"""Real heads in planning position with set-up markers of metal on the skin, which are found."""
EXTERNAL = ("stud", "ear-ring", "pendant", "disc", "bar", "bracelet")
INTERNAL = ("filling", "clip", "plate inside", "pacemaker")


@dataclass(frozen=True)
class Volume:
    """A CT volume without metal: HU (slices, rows, columns), and mm from voxel to voxel."""

    name: str
    values: Values
    spacing: tuple[float, float, float]


def phantom(kind: str, seed: int) -> Volume:
    """A drawn body: `head` (skull, teeth, sinuses, neck) or `chest` (lungs, ribs, arms, table)."""
    rng = np.random.default_rng(seed)
    spacing = (float(rng.choice([1.5, 2.5, 3.0])), 0.9, 0.9)
    shape = (round(180 / spacing[0]), 280, 280) if kind == "head" else (60, 460, 460)
    z, y, x = np.meshgrid(
        *((np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)),
        indexing="ij", sparse=True,
    )  # fmt: skip
    values = np.full(shape, -1000, np.float32)

    def fill(level: float, where: Mask) -> None:
        values[np.broadcast_to(where, shape)] = level

    def oval(a: float, b: float, cx: float = 0, cy: float = 0) -> Values:
        return np.asarray(((x - cx) / a) ** 2 + ((y - cy) / b) ** 2)

    if kind == "head":
        wide, deep = rng.uniform(70, 80), rng.uniform(88, 100)
        fill(40, oval(wide, deep) <= 1)
        for side in (-1, 1):  # ears
            ear = oval(8, 14, side * (wide + 3), 5) <= 1
            fill(20, ear & (abs(z) < 30))
        fill(
            rng.uniform(1200, 1900),
            (oval(wide - 6, deep - 6) <= 1) & (oval(wide - 12, deep - 12) > 1),
        )
        fill(-980, (oval(14, 18, 0, -deep + 28) <= 1) & (abs(z) < 25))
        arch = (oval(26, 30, 0, -deep + 40) <= 1) & (oval(20, 24, 0, -deep + 40) > 1)
        fill(rng.uniform(2000, 2700), arch & (z > 45) & (z < 62) & (y < -deep + 45))
        table = 112
    else:
        fill(40, oval(170, 105) <= 1)
        for side in (-1, 1):
            fill(-850, oval(60, 75, side * 80, -5) <= 1)
            fill(40, oval(38, 38, side * 200, 10) <= 1)
            fill(rng.uniform(900, 1500), oval(11, 11, side * 200, 10) <= 1)
        fill(700, oval(18, 18, 0, 70) <= 1)
        ribs = (oval(158, 93) <= 1) & (oval(150, 85) > 1) & (np.sin(z / 4.5) > 0.3)
        fill(rng.uniform(700, 1300), ribs)
        table = 112
    fill(150, (abs(y - table) < 2) & (abs(x) < 180))
    fill(-900, (y > table + 2) & (y < table + 20) & (abs(x) < 180))
    values = ndimage.gaussian_filter(values, 0.5)
    values += rng.normal(0, 15, shape).astype(np.float32)
    return Volume(f"drawn {kind} {seed}", np.clip(values, -1024, GREATEST_HU), spacing)


@cache
def volumes(count: int = 2) -> list[Volume]:
    """Drawn volumes, and the real heads beside the checkout that hold no metal."""
    made = [phantom(kind, seed) for seed in range(count) for kind in ("head", "chest")]
    folder = SHARED / "head" / "nifti"
    if folder.is_dir():
        import SimpleITK as sitk  # noqa: N813

        for path in sorted(folder.glob("openkbp_*.nii.gz")):
            if path.name.split("_")[1] not in MARKED:
                image = sitk.ReadImage(str(path))
                values = sitk.GetArrayFromImage(image).astype(np.float32)
                made.append(Volume(path.name, values, image.GetSpacing()[::-1]))
    return made


def skin_point(volume: Volume, rng: Rng, angles: tuple[float, float]) -> tuple[Values, float]:
    """A point on the skin (mm, z y x), and the angle from the axis of the body to it."""
    k = int(rng.integers(len(volume.values) // 4, 3 * len(volume.values) // 4))
    tissue = ndimage.binary_opening(volume.values[k] > -350, iterations=2)
    labels, _ = ndimage.label(tissue)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    body = labels == sizes.argmax()
    middle = np.argwhere(body).mean(0)
    angle = rng.uniform(*angles)
    way = np.array([np.sin(angle), np.cos(angle)])
    steps = np.arange(0, max(body.shape), 0.5)
    at = (middle + steps[:, None] * way).astype(int)
    at = at[((at >= 0) & (at < body.shape)).all(1)]
    last = steps[np.flatnonzero(body[tuple(at.T)])[-1]]
    point = np.array([k, *(middle + (last + 0.5) * way)]) * volume.spacing
    return point, angle


def draw_metal(volume: Volume, kind: str, rng: Rng) -> tuple[Values, Mask]:
    """The volume with one object, and which voxels it is in for a tenth or more."""
    is_ear = kind in ("stud", "ear-ring")
    half = 0.35 if is_ear else np.pi
    side = np.pi * rng.integers(0, 2) if is_ear else 0.0
    point, angle = skin_point(volume, rng, (side - half, side + half))
    out = np.array([0.0, np.sin(angle), np.cos(angle)])
    along = np.array([1.0, 0.0, 0.0])
    depth = {"filling": -25, "clip": -40, "plate inside": -30, "pacemaker": -22}.get(kind, 0)
    size = rng.uniform(5, 25)
    lift = {"stud": 2.5, "ear-ring": 6.0, "pendant": 1.2, "disc": 1.0, "bar": 1.5, "bracelet": 3.0}
    centre = point + (depth + lift.get(kind, 0.0)) * out
    low = np.maximum(((centre - 33) / volume.spacing).astype(int), 0)
    high = np.minimum(((centre + 33) / volume.spacing).astype(int) + 1, volume.values.shape)
    fine = 3
    axes = [
        (np.arange(a * fine, b * fine) + 0.5) / fine * s - s / 2 - c
        for a, b, s, c in zip(low, high, volume.spacing, centre, strict=True)
    ]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    across = np.cross(out, along)
    a, b, c = (z * v[0] + y * v[1] + x * v[2] for v in (along, across, out))
    inside = _solid(kind, size, a, b, c, rng)
    shape = [n for a0, b0 in zip(low, high, strict=True) for n in (b0 - a0, fine)]
    share = np.broadcast_to(inside, [n * fine for n in (high - low)]).reshape(shape)
    share = share.mean(axis=(1, 3, 5))
    window = tuple(slice(a0, b0) for a0, b0 in zip(low, high, strict=True))
    values = volume.values.copy()
    blurred = ndimage.gaussian_filter(share.astype(np.float32), 0.4)
    part = values[window] * (1 - blurred) + METAL_HU * blurred
    values[window] = part
    _add_streaks(values, centre, low, high, share, volume.spacing)
    truth = np.zeros(values.shape, bool)
    truth[window] = share > 0.1
    return np.clip(values, -1024, GREATEST_HU), truth


def _solid(  # noqa: PLR0911 (one solid a line)
    kind: str, size: float, a: Values, b: Values, c: Values, rng: Rng
) -> Mask:
    """Which points are metal: a along the body, b along the skin, c out of it, mm."""
    if kind in ("stud", "clip"):
        return np.asarray(a**2 + b**2 + c**2 <= 2.6**2)
    if kind == "filling":
        return np.asarray((abs(a) <= 2.5) & (abs(b) <= 2.5) & (abs(c) <= 2))
    if kind == "ear-ring":
        radius, thick = rng.uniform(6, 14), rng.uniform(1.0, 1.6)
        return np.asarray((np.hypot(a, c) - radius) ** 2 + b**2 <= thick**2)
    if kind == "pendant":
        return np.asarray((abs(a) <= size / 2) & (abs(b) <= size / 3) & (abs(c) <= 1.0))
    if kind in ("disc", "plate inside"):
        return np.asarray((np.hypot(a, b) <= size / 2) & (abs(c) <= 0.9))
    if kind == "bar":
        return np.asarray((abs(a) <= 6 + size / 2) & (np.hypot(b, c) <= 1.4))
    if kind == "bracelet":
        return np.asarray((abs(b) <= 6) & (abs(a) <= 30) & (abs(c) <= 1.5))
    return np.asarray((abs(a) <= 18) & (abs(b) <= 14) & (abs(c) <= 3.5))  # pacemaker


def _add_streaks(
    values: Values,
    centre: Values,
    low: Values,
    high: Values,
    share: Values,
    spacing: tuple[float, float, float],
) -> None:
    """Dark and bright rays that fade, in the slices that hold metal, by how much there is."""
    y, x = np.indices(values.shape[1:])
    across, down = x * spacing[2] - centre[2], y * spacing[1] - centre[1]
    away, angle = np.hypot(across, down), np.arctan2(down, across)
    rays = np.cos(14 * angle) * np.exp(-away / 35) * (away > 2)
    for k in range(low[0], high[0]):
        amount = float(share[k - low[0]].sum() * spacing[1] * spacing[2])
        values[k] += np.float32(min(500.0, 8 * amount)) * rays.astype(np.float32)


def is_hit(pieces: list[MetalPiece], truth: Mask) -> MetalPiece | None:
    """The piece that shares most voxels with what was drawn."""
    best, most = None, 0
    for piece in pieces:
        window = tuple(slice(a, a + n) for a, n in zip(piece.low, piece.mask.shape, strict=True))
        common = int((truth[window] & piece.mask).sum())
        if common > most:
            best, most = piece, common
    return best


def measure_ct(rounds: int = 1) -> None:
    """Objects found, by kind, and on which side of the skin they are said to be."""
    settings = CtSettings()
    print("| object in CT | drawn | found | right side | readable |")
    print("| --- | --- | --- | --- | --- |")
    total: dict[tuple[bool, bool], list[int]] = {}
    for kind in (*EXTERNAL, *INTERNAL):
        drawn = found = right = readable = 0
        where = "external" if kind in EXTERNAL else "internal"
        for number, volume in enumerate(volumes() * rounds):
            rng = np.random.default_rng([number, len(kind)])
            values, truth = draw_metal(volume, kind, rng)
            pieces, _, _ = find_pieces(to_hounsfield(values, settings)[0], volume.spacing, settings)
            drawn += 1
            piece = is_hit(pieces, truth)
            sums = total.setdefault((kind in EXTERNAL, volume.spacing[1] < 2), [0, 0, 0])
            is_right = piece is not None and piece.about.where == where
            sums[:] = [sums[0] + 1, sums[1] + (piece is not None), sums[2] + is_right]
            if piece is not None:
                found += 1
                right += piece.about.where == where
                readable += "readable" in piece.about.notes
        print(f"| {kind} | {drawn} | {found} | {right} | {readable} |", flush=True)
    for (is_outside, is_fine), (drawn, found, right) in sorted(total.items(), reverse=True):
        name = ("external" if is_outside else "internal") + (", 1 mm" if is_fine else ", 4 to 5 mm")
        print(f"| all {name} | {drawn} | {found} ({found / drawn:.1%}) | {right} | |")
