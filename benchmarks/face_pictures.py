"""Measure the finder of faces in single pictures: python -m benchmarks.face_pictures FOLDER...

A folder holds pictures (PNG, JPEG) or DICOM files that show no face: how many are taken to show
one? With --heads FOLDER (with truth.json) slices, projections and renderings of heads are made,
with their faces and without them, and drawn ones with --drawn N.

--sheet FILE   draw what was taken for a face, to be looked at
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.compat.quiet import hush
from pixelscrub.errors import HeldError
from pixelscrub.photos.loose import may_show_face
from pixelscrub.photos.pictures import SETTINGS, face_score, find_pictured_face
from training.faces.drawn import OTHERS, head
from training.faces.pictures import samples

SHOWN_PX = 200


def pictures(folder: Path) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    """Every picture below a folder; of DICOM files the first frame."""
    from pixelscrub.pixels.image import Image

    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.suffix.lower() in {".png", ".jpg", ".jpeg"}:
            picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            if picture is not None:
                yield path.name, picture
            continue
        try:
            with path.open("rb") as file:
                image = Image(file)
                if image.info is None:
                    continue
                if not may_show_face(str(image.header.get("SOPClassUID") or "")):
                    yield path.name, np.zeros((1, 1))  # never looked at
                    continue
                yield path.name, image.frame(0)
        except HeldError:
            continue


def drawn(count: int) -> None:
    """Pictures of drawn heads and of other bodies."""
    random = np.random.default_rng(2027)
    scores: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for number in range(count):
        bodies = [head(random), OTHERS[number % len(OTHERS)](random)]
        for body in bodies:
            for sample in samples(body, random):
                scores[sample.kind, bool(sample.face.any())].append(face_score(sample.picture))
    for (kind, is_face), found in sorted(scores.items()):
        seen = sum(score >= SETTINGS.min_score for score in found)
        print(f"{kind}, {'face' if is_face else 'no face'}: seen in {seen} of {len(found)}")


def main() -> None:
    hush()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--drawn", type=int, default=0)
    parser.add_argument("--sheet", type=Path)
    asked = parser.parse_args()
    shown = []
    for folder in asked.folders:
        counted: Counter[bool] = Counter()
        for name, picture in pictures(folder):
            seen = find_pictured_face(picture)
            counted[seen is not None] += 1
            if seen is not None:
                print(f"{name}: {seen.score:.2f} {tuple(seen.box)}")
                shown.append(_drawn(picture, tuple(seen.box)))
        print(f"{folder.name}: a face in {counted[True]} of {counted.total()}", flush=True)
    if asked.drawn:
        drawn(asked.drawn)
    if asked.sheet and shown:
        cv2.imwrite(str(asked.sheet), np.hstack(shown))


def _drawn(picture: npt.NDArray[np.generic], box: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    grey = np.asarray(picture, np.float32)
    grey = grey.mean(axis=2) if grey.ndim == 3 else grey
    low, high = np.percentile(grey, (1, 99.5))
    level = 255 * np.clip((grey - low) / max(float(high - low), 1e-6), 0, 1)
    page = np.ascontiguousarray(level, np.uint8)
    cv2.rectangle(page, box[:2], box[2:], 255, max(1, max(page.shape) // 100))
    return np.asarray(cv2.resize(page, (SHOWN_PX, SHOWN_PX)), np.uint8)


if __name__ == "__main__":
    main()
