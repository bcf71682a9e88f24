"""Measure how well and how fast objects are found: metal drawn into CT volumes and radiographs.

Usage:
    python -m benchmarks.objects [ct|radiographs|engraving|negatives|labels|voids|time]...

Without arguments it does all of them. Volumes and radiographs are drawn, and taken from the real
images beside the checkout where these are there. Truth is exact, since all objects are drawn.
Prints tables in Markdown; seconds are of one CPU.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np

from benchmarks.objects.common import SHARED
from benchmarks.objects.ct import draw_metal, measure_ct, phantom, volumes
from benchmarks.objects.pictures import measure_labels, measure_voids
from benchmarks.objects.radiographs import (
    lettered,
    measure_engraving,
    measure_radiographs,
    radiographs,
    seen_in,
)
from pixelscrub.compat.quiet import hush
from pixelscrub.objects.ct import CtSettings, find_pieces
from pixelscrub.objects.photographs import LabelSettings, find_labels


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
        if grey is not None and seen_in(grey, "MONOCHROME2"):
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
        spent = _seconds(partial(find_pieces, values, volume.spacing, settings))
        print(f"| {volume.name}, {' × '.join(map(str, values.shape))} | {spent:.3f} |", flush=True)
    for name, values, how in radiographs()[5:]:
        stored = np.clip(values, 0, 65535).astype(np.uint16)
        spent = _seconds(partial(seen_in, stored, how))
        print(f"| {name}, {' × '.join(map(str, values.shape))} | {spent:.3f} |", flush=True)


def _seconds(action: Callable[[], Any]) -> float:
    spent = []
    for _ in range(3):
        start = time.process_time()
        action()
        spent.append(time.process_time() - start)
    return min(spent)


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
