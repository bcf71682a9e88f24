"""Radiographs with objects drawn into them, and words engraved in these.

Thickness of metal adds to a radiograph what it takes of the beam, blurred as a detector does, and
values end at the greatest that is stored.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from benchmarks.objects.common import SHARED, Rng, Values
from pixelscrub.findings import Box
from pixelscrub.objects.engraving import find_engraving
from pixelscrub.objects.radiographs import RadiographSettings, find_shapes, shrunk
from pixelscrub.text.detectors import detect

RADIOGRAPHED = ("ring", "plate", "chain", "pacemaker", "coin", "port")


def ground(seed: int, size: int = 1400) -> Values:
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
    return np.asarray(np.clip(picture, 0, 4095))


@cache
def radiographs() -> list[tuple[str, Values, str]]:
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
) -> tuple[Values, list[Box], Box | None]:
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
    values: Values, photometric: str, kind: str, rng: Rng, letters: int = 0
) -> tuple[Values, Box, list[Box]]:
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


def _engrave(metal: Values, cx: int, cy: int, letters: int, rng: Rng) -> Box:
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
    values: npt.NDArray[np.generic], photometric: str, texts: Sequence[Box] = ()
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
