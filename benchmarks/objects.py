"""Measure how well and how fast objects are found: metal drawn into CT volumes and radiographs.

Usage:
    python -m benchmarks.objects [ct|radiographs|engraving|negatives|labels|voids|time]...

Without arguments it does all of them. Volumes and radiographs are drawn, and taken from the real
images beside the checkout where these are there. Truth is exact, since all objects are drawn:
thickness of metal adds to a radiograph what it takes of the beam, blurred as a detector does, and
values end at the greatest that is stored; in CT metal is 8,000 HU by its share of each voxel, ends
at 3,071 HU and throws streaks. Prints tables in Markdown; seconds are of one CPU.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy import ndimage

from pixelscrub.compat.quiet import hush
from pixelscrub.findings import Box
from pixelscrub.objects.ct import CtSettings, MetalPiece, find_pieces, to_hounsfield
from pixelscrub.objects.engraving import find_engraving
from pixelscrub.objects.photographs import LabelSettings, find_labels
from pixelscrub.objects.radiographs import RadiographSettings, find_shapes, shrunk
from pixelscrub.objects.voids import VoidSettings, find_voids
from pixelscrub.text.detectors import detect

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
METAL_HU, GREATEST_HU = 8000.0, 3071.0
"""HU of steel, silver and gold are higher still; what scanners of 12 bits store at most."""
MARKED = ("15", "58", "232")
"""Real heads in planning position with set-up markers of metal on the skin, which are found."""
EXTERNAL = ("stud", "ear-ring", "pendant", "disc", "bar", "bracelet")
INTERNAL = ("filling", "clip", "plate inside", "pacemaker")
RADIOGRAPHED = ("ring", "plate", "chain", "pacemaker", "coin", "port")
Rng = np.random.Generator


@dataclass(frozen=True)
class Volume:
    """A CT volume without metal: HU (slices, rows, columns), and mm from voxel to voxel."""

    name: str
    values: np.ndarray
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

    def fill(level: float, where: np.ndarray) -> None:
        values[np.broadcast_to(where, shape)] = level

    def oval(a: float, b: float, cx: float = 0, cy: float = 0) -> np.ndarray:
        return ((x - cx) / a) ** 2 + ((y - cy) / b) ** 2

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


def skin_point(volume: Volume, rng: Rng, angles: tuple[float, float]) -> tuple[np.ndarray, float]:
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


def draw_metal(volume: Volume, kind: str, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
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
    kind: str, size: float, a: np.ndarray, b: np.ndarray, c: np.ndarray, rng: Rng
) -> np.ndarray:
    """Which points are metal: a along the body, b along the skin, c out of it, mm."""
    if kind in ("stud", "clip"):
        return a**2 + b**2 + c**2 <= 2.6**2
    if kind == "filling":
        return (abs(a) <= 2.5) & (abs(b) <= 2.5) & (abs(c) <= 2)
    if kind == "ear-ring":
        radius, thick = rng.uniform(6, 14), rng.uniform(1.0, 1.6)
        return (np.hypot(a, c) - radius) ** 2 + b**2 <= thick**2
    if kind == "pendant":
        return (abs(a) <= size / 2) & (abs(b) <= size / 3) & (abs(c) <= 1.0)
    if kind in ("disc", "plate inside"):
        return (np.hypot(a, b) <= size / 2) & (abs(c) <= 0.9)
    if kind == "bar":
        return (abs(a) <= 6 + size / 2) & (np.hypot(b, c) <= 1.4)
    if kind == "bracelet":
        return (abs(b) <= 6) & (abs(a) <= 30) & (abs(c) <= 1.5)
    return (abs(a) <= 18) & (abs(b) <= 14) & (abs(c) <= 3.5)  # pacemaker


def _add_streaks(
    values: np.ndarray,
    centre: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    share: np.ndarray,
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


def is_hit(pieces: list[MetalPiece], truth: np.ndarray) -> MetalPiece | None:
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


def ground(seed: int, size: int = 1400) -> np.ndarray:
    """A drawn radiograph of a chest or a limb, 12 bits, bright where the beam is taken."""
    rng = np.random.default_rng(seed)
    y, x = (np.indices((size, size)) - size / 2) / size
    picture = 250 + 2000 * np.exp(-((x / 0.42) ** 4) - (y / 0.6) ** 4)
    for side in (-1, 1):
        lung = ((x - side * 0.19) / 0.14) ** 2 + (y / 0.32) ** 2
        picture -= 1200 / (1 + np.exp(12 * (lung - 1)))
    for rib in np.linspace(-0.35, 0.35, 9):
        picture += 220 * np.exp(-(((y - rib - 0.4 * x**2) / 0.012) ** 2))
    picture += 500 * np.exp(-((x / 0.05) ** 2))
    rough = ndimage.zoom(rng.normal(0, 1, (40, 40)), size / 40, order=3)[:size, :size]
    picture += 60 * rough + rng.normal(0, 25, picture.shape)
    return np.clip(picture, 0, 4095)


@cache
def radiographs() -> list[tuple[str, np.ndarray, str]]:
    """Name, stored values and photometric interpretation of radiographs without metal."""
    from pixelscrub.pixels.image import Image

    made = [(f"drawn {seed}", ground(seed), "MONOCHROME2") for seed in range(6)]
    for name in (
        "presidio_0_cr_rle", "rg3_marker_mono1", "mg1_marker_rot", "jsl_dx_noise", "neg_rg1_chest",
        "cr_konica_mono1_jpg", "neg_xa1", "presidio_2_ctscout", "dx_dog_highdicom",
    ):  # fmt: skip
        path = SHARED / "text" / "dcm" / f"{name}.dcm"
        if path.exists():
            with path.open("rb") as file:
                image = Image(file)
                photometric = image.known.photometric
                made.append((name, image.frame(0).astype(np.float64), photometric))
    return made


def _projected(
    kind: str, shape: tuple[int, int], rng: Rng, letters: int
) -> tuple[np.ndarray, list[Box], Box | None]:
    """Thickness of one object's metal, boxes of its letters, and the can of a pacemaker."""
    rows, columns = shape
    unit = max(shape) / 400  # pixels of a millimetre
    metal = np.zeros((rows, columns), np.float32)
    length = int(rng.uniform(12, 40) * unit)
    if letters:
        length = max(length, letters * 7)
    length = min(length, rows // 3, columns // 3)
    cx = int(rng.integers(columns // 3, 2 * columns // 3))
    cy = int(rng.integers(rows // 3, 2 * rows // 3))
    line = max(2, round(1.2 * unit))
    text: list[Box] = []
    can: Box | None = None
    if kind == "ring":
        cv2.ellipse(
            metal, (cx, cy), (length // 3, length // 4), int(rng.integers(180)), 0, 360, 1, line
        )
    elif kind in ("plate", "coin"):
        half = length // 2
        if kind == "coin":
            cv2.circle(metal, (cx, cy), half, 0.8, -1)
        else:
            cv2.rectangle(metal, (cx - half, cy - half // 2), (cx + half, cy + half // 2), 0.8, -1)
        if letters:
            text.append(_engrave(metal, cx, cy, letters, rng))
    elif kind == "chain":
        way = np.cumsum(rng.normal(0, 0.1, 26)) + rng.uniform(0, 6)
        at = np.array([cx, cy]) + np.cumsum(np.stack([np.cos(way), np.sin(way)], 1), 0) * 2.2 * line
        for place in at.round().astype(int).tolist():
            cv2.circle(metal, place, line, 1, max(1, line // 2))
    elif kind == "pacemaker":
        can = Box(cx - length // 2, cy - length // 2, cx + length // 2, cy + length // 2)
        cv2.ellipse(metal, (cx, cy), (length // 2, int(length / 2.4)), 10, 0, 360, 0.55, -1)
        cv2.rectangle(metal, (cx - length // 5, cy), (cx + length // 5, cy + length // 5), 1, -1)
        cv2.ellipse(metal, (cx, cy + length), (length // 2, length // 2), 0, 180, 300, 0.9, line)
    else:  # port: a ring with a chamber
        cv2.circle(metal, (cx, cy), length // 3, 0.9, line)
        cv2.circle(metal, (cx, cy), length // 6, 0.6, -1)
    return metal, text, can


def draw_object(
    values: np.ndarray, photometric: str, kind: str, rng: Rng, letters: int = 0
) -> tuple[np.ndarray, Box, list[Box]]:
    """A radiograph with one object, its box, and the boxes of what is engraved in it.

    Args:
        values: stored values.
        photometric: which end of them is metal.
        kind: of `RADIOGRAPHED`.
        rng: for size, place and angle.
        letters: height of engraved letters in pixels; 0 for none.
    """
    rows, columns = values.shape
    metal, text, can = _projected(kind, (rows, columns), rng, letters)
    spot = np.argwhere(metal > 0)
    box = Box(*(int(n) for n in (*spot.min(0)[::-1], *(spot.max(0)[::-1] + 1))))
    if can is not None:
        box = can
    low, high = np.percentile(values, [0.5, 99.8])
    thick = cv2.GaussianBlur(metal, (0, 0), 0.7) * 1.1 * float(high - low)
    room = float(high - low) * (1.5 if letters else 0.5)  # a plate that saturates holds no letters
    if photometric == "MONOCHROME1":
        return np.maximum(values - thick, min(float(values.min()), low - room)), box, text
    return np.minimum(values + thick, max(float(values.max()), high + room)), box, text


def _engrave(metal: np.ndarray, cx: int, cy: int, letters: int, rng: Rng) -> Box:
    """Take letters of so many pixels out of the metal, a fifth of its thickness."""
    word = "".join(rng.choice(list("ABCDEFHKLMNPRSTUXYZ0123456789"), 6))
    font, thick = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(letters / 9))
    scale = letters / cv2.getTextSize("H", font, 1.0, 1)[0][1]
    (width, height), _ = cv2.getTextSize(word, font, scale, thick)
    ink = np.zeros(metal.shape, np.uint8)
    cv2.putText(
        ink, word, (cx - width // 2, cy + height // 2), font, scale, 255, thick, cv2.LINE_AA
    )
    metal -= np.float32(0.2 / 255) * ink * (metal > 0)
    return Box(cx - width // 2, cy - height // 2, cx + width // 2, cy + height // 2)


def seen_in(
    values: np.ndarray, photometric: str, texts: Sequence[Box] = ()
) -> list[tuple[Box, str]]:
    """Boxes of the shapes that the finder sees, in stored pixels."""
    from pixelscrub.objects.radiographs import _stored
    from pixelscrub.objects.shapes import kind_of

    settings = RadiographSettings()
    small, scale = shrunk(values, settings)
    shapes, _ = find_shapes(small, scale, texts, photometric, settings)
    return [(_stored(shape.box, scale), kind_of(shape)) for shape in shapes]


def lettered(name: str) -> list[Box]:
    """Where a real radiograph shows text, by the truth beside the checkout."""
    path = SHARED / "text" / "truth.json"
    if not path.exists():
        return []
    truth = json.loads(path.read_text(encoding="utf-8")).values()
    return [Box(*b["box"]) for one in truth if Path(one["file"]).stem == name for b in one["boxes"]]


def is_covered(boxes: list[Box], truth: Box) -> bool:
    """Whether boxes that are no larger than four times the object hold half of it."""
    common = sum(b.intersection(truth).area for b in boxes if b.area <= 4 * truth.area)
    return common >= 0.5 * truth.area


def measure_radiographs(rounds: int = 1) -> None:
    """Objects found in radiographs, by kind."""
    print("| object in a radiograph | drawn | found |")
    print("| --- | --- | --- |")
    drawn_all = found_all = 0
    for kind in RADIOGRAPHED:
        drawn = found = 0
        for number, (_, values, photometric) in enumerate(radiographs() * rounds):
            rng = np.random.default_rng([number, len(kind), 7])
            picture, box, _ = draw_object(values, photometric, kind, rng)
            drawn += 1
            found += is_covered([b for b, _ in seen_in(picture, photometric)], box)
        print(f"| {kind} | {drawn} | {found} |", flush=True)
        drawn_all, found_all = drawn_all + drawn, found_all + found
    print(f"| all | {drawn_all} | {found_all} ({found_all / drawn_all:.1%}) |")


def measure_engraving() -> None:
    """Engraved words found on plates that are found, by the height of their letters."""
    print("| letters, px | drawn | found on the object | found by the text step alone |")
    print("| --- | --- | --- | --- |")
    for letters in (8, 12, 16, 24):
        drawn = again = alone = 0
        for number, (_, values, photometric) in enumerate(radiographs()):
            if min(values.shape) < 600:
                continue
            rng = np.random.default_rng([number, letters])
            picture, box, text = draw_object(values, photometric, "plate", rng, letters)
            drawn += 1
            found = [f.box for f in find_engraving(picture, box.padded(2))]
            again += any(2 * f.intersection(text[0]).area >= text[0].area for f in found)
            low, high = picture.min(), picture.max()
            shown = ((picture - low) * (255 / (high - low))).astype(np.uint8)
            shown = 255 - shown if photometric == "MONOCHROME1" else shown
            room = box.padded(60).clipped(shown.shape[1], shown.shape[0])
            part = np.ascontiguousarray(shown[room.y0 : room.y1, room.x0 : room.x1])
            boxes = [f.box.shifted(room.x0, room.y0) for f in detect(part, ("strokes", "network"))]
            alone += any(2 * f.intersection(text[0]).area >= text[0].area for f in boxes)
        print(f"| {letters} | {drawn} | {again} | {alone} |", flush=True)


def measure_negatives() -> None:
    """False reports in images that show no object."""
    from skimage import data

    print("| without any object | images | with a report |")
    print("| --- | --- | --- |")
    settings = CtSettings()
    found = 0
    bare = [phantom(kind, seed) for seed in range(10, 18) for kind in ("head", "chest")]
    bare += volumes()[-2:]
    for volume in bare:
        pieces, _, _ = find_pieces(volume.values, volume.spacing, settings)
        found += bool(pieces)
    print(f"| CT volumes | {len(bare)} | {found} |", flush=True)
    seen = [name for name, values, how in radiographs() if seen_in(values, how, lettered(name))]
    print(f"| radiographs | {len(radiographs())} | {len(seen)} {' '.join(seen)} |", flush=True)
    grounds = sorted((SHARED / "grounds").glob("COVID*.png"))
    seen = []
    for path in grounds:
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if seen_in(grey, "MONOCHROME2"):
            seen.append(path.name)
    print(
        f"| chests, some with electrodes | {len(grounds)} | {len(seen)} {' '.join(seen)} |",
        flush=True,
    )
    pictures = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket(), data.retina(),
                data.immunohistochemistry(), data.cat()]  # fmt: skip
    labels = sum(bool(find_labels(p, [], LabelSettings())) for p in pictures)
    print(f"| photographs | {len(pictures)} | {labels} |", flush=True)


def measure_time() -> None:
    """CPU seconds beside what is read anyway."""
    settings = CtSettings()
    print("| what | s |")
    print("| --- | --- |")
    for volume in (phantom("head", 1), phantom("chest", 1)):
        values, _ = draw_metal(volume, "pendant", np.random.default_rng(0))
        spent = _seconds(lambda v=values, s=volume.spacing: find_pieces(v, s, settings))
        print(f"| {volume.name}, {' × '.join(map(str, values.shape))} | {spent:.3f} |", flush=True)
    for name, values, how in radiographs()[5:]:
        stored = np.clip(values, 0, 65535).astype(np.uint16)
        spent = _seconds(lambda v=stored, h=how: seen_in(v, h))
        print(f"| {name}, {' × '.join(map(str, values.shape))} | {spent:.3f} |", flush=True)


def _seconds(action: Callable[[], Any]) -> float:
    spent = []
    for _ in range(3):
        start = time.process_time()
        action()
        spent.append(time.process_time() - start)
    return min(spent)


def sheets(count: int = 20) -> Iterator[tuple[np.ndarray, Box]]:
    """Photographs with a label: handwriting on a pale sheet, turned, under uneven light."""
    from skimage import data

    grounds = [data.astronaut(), data.coffee(), data.chelsea(), data.immunohistochemistry()]
    for seed in range(count):
        rng = np.random.default_rng(seed)
        picture = grounds[seed % len(grounds)].copy()
        width, height = int(rng.integers(90, 180)), int(rng.integers(45, 90))
        paper = np.full((height, width, 3), int(rng.integers(215, 245)), np.uint8)
        for line in range(12, height - 8, 16):
            at = np.array([8, line])
            for _ in range(int(rng.integers(4, 9))):
                strokes = at + np.cumsum(rng.integers(-4, 6, (5, 2)), 0)
                cv2.polylines(
                    paper, [strokes.reshape(-1, 1, 2)], False, (40, 40, 90), 1, cv2.LINE_AA
                )
                at = at + np.array([int(rng.integers(12, 18)), 0])
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-20, 20)), 1.0)
        x, y = (int(rng.integers(80, n - 120)) for n in picture.shape[1::-1])
        turn[:, 2] += (x - width / 2, y - height / 2)
        size = picture.shape[1::-1]
        laid = cv2.warpAffine(paper, turn, size)
        inside = cv2.warpAffine(np.full(paper.shape[:2], 255, np.uint8), turn, size) > 127
        picture[inside] = laid[inside]
        spot = np.argwhere(inside)
        yield picture, Box(*(int(n) for n in (*spot.min(0)[::-1], *(spot.max(0)[::-1] + 1))))


def measure_labels() -> None:
    """Labels with handwriting found in photographs."""
    made = list(sheets())
    found = sum(
        is_covered([b for b, _ in find_labels(picture, [], LabelSettings())], box)
        for picture, box in made
    )
    print(f"labels with handwriting in photographs: {found} of {len(made)}")


def measure_voids() -> None:
    """Voids drawn into MR slices, and reports in slices without any."""
    import pydicom

    folder = SHARED / "head" / "dicom"
    if not folder.is_dir():
        return
    print("| MR series | slices | with a report | voids drawn | found |")
    print("| --- | --- | --- | --- | --- |")
    for name in (
        "brainix_t1",
        "brainix_t2",
        "brainix_flair",
        "fnndsc_adi_mprage",
        "decubitus_t1_hfs",
    ):
        paths = sorted((folder / name).iterdir())
        paths = paths[:: max(1, len(paths) // 20)]
        slices = [pydicom.dcmread(path).pixel_array for path in paths]
        slices = [one for one in slices if one.ndim == 2]
        false = sum(bool(find_voids(one, VoidSettings())) for one in slices)
        middle = slices[len(slices) // 3 : -len(slices) // 3]
        found = sum(bool(find_voids(with_void(one), VoidSettings())) for one in middle)
        print(f"| {name} | {len(slices)} | {false} | {len(middle)} | {found} |", flush=True)


def with_void(values: np.ndarray) -> np.ndarray:
    """A slice with a void in the middle, and its signal piled up on one side."""
    picture = values.astype(np.float32)
    radius = max(picture.shape) / 18
    spot = np.argwhere(picture > np.percentile(picture, 70)).mean(0)
    y, x = np.indices(picture.shape) - spot[:, None, None]
    away = np.hypot(x, y * 1.3)
    picture[away < radius] *= 0.03
    side = (away >= radius) & (away < 1.25 * radius) & (x > 0)
    picture[side] = np.maximum(picture[side] * 2, 1.6 * np.percentile(values, 99))
    return np.clip(picture, 0, None)


MEASURES = {
    "ct": measure_ct,
    "radiographs": measure_radiographs,
    "engraving": measure_engraving,
    "negatives": measure_negatives,
    "labels": measure_labels,
    "voids": measure_voids,
    "time": measure_time,
}


def main() -> None:
    hush()
    for name in sys.argv[1:] or MEASURES:
        MEASURES[name]()
        print()


if __name__ == "__main__":
    main()
