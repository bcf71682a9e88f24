"""Labels drawn into photographs, and voids drawn into MR slices."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from benchmarks.objects.common import SHARED, Picture, Values
from benchmarks.objects.radiographs import is_covered
from pixelscrub.findings import Box
from pixelscrub.objects.photographs import LabelSettings, find_labels
from pixelscrub.objects.voids import VoidSettings, find_voids


def sheets(count: int = 20) -> Iterator[tuple[Picture, Box]]:
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


def with_void(values: Values) -> Values:
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
