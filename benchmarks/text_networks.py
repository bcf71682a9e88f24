"""What each text network finds alone, and what their mean and their greatest find, by ink.

Usage: python -m benchmarks.text_networks [IMAGES TRUTH.json] [--grounds FOLDER]

The whole look at still frames, with the thresholds that are shipped and those that were before.
With --grounds: of pictures without text in a folder, how many get a box, by the networks alone.
Prints tables in Markdown.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.text import SHARED
from pixelscrub.compat.quiet import hush
from pixelscrub.evaluate.measure import evaluate
from pixelscrub.text.detectors import detect, network, probability
from pixelscrub.text.tiles import SETTINGS

Shares = np.ndarray
THRESHOLDS = ((0.45, 0.65), (0.35, 0.65))
"""Of a pixel and of a peak: those of the pair before, and today's."""


def seen(image: np.ndarray, names: list[str], mix: Callable[[Any], Shares]) -> Shares:
    """What networks say of a whole picture, mixed."""
    missing = [(0, -side % SETTINGS.step) for side in image.shape[:2]]
    whole = np.pad(image, [*missing, *[(0, 0)] * (image.ndim - 2)], mode="symmetric")
    return mix(np.stack([probability._searched(whole, name) for name in names]))


NARROW, WIDE = probability.NARROW, probability.WIDE
MIXTURES: dict[str, Callable[[np.ndarray], Shares]] = {
    "narrow alone": partial(seen, names=[NARROW], mix=lambda all_: all_[0]),
    "wide alone": partial(seen, names=[WIDE], mix=lambda all_: all_[0]),
    "their greatest": partial(seen, names=[NARROW, WIDE], mix=lambda all_: all_.max(axis=0)),
    "their mean": partial(seen, names=[NARROW, WIDE], mix=lambda all_: all_.mean(axis=0)),
    "shipped: the mean, near doubtful text": probability.probability,
}


def main() -> None:
    """Print the tables."""
    hush()
    arguments = sys.argv[1:]
    if arguments[:1] == ["--grounds"]:
        grounds(Path(arguments[1]))
        return
    images, truth = map(Path, arguments) if arguments else (SHARED, SHARED / "truth.json")
    print(
        "| networks | thresholds | identifying | all | wrong | no text | picture | without text |"
    )
    print("| --- " * 8 + "|")
    for name, sure, peak in rows():
        figures = evaluate(images, truth, readers=[]).figures
        values = (
            *(figures.identifying_gone, figures.all_gone, figures.wrong_with_text),
            *(figures.wrong_in_empty_boxes, figures.wrong_on_picture, figures.wrong_without_text),
        )
        shown = " | ".join(f"{100 * (value or 0):.2f} %" for value in values)
        print(f"| {name} | {sure}, {peak} | {shown} |", flush=True)


def grounds(folder: Path) -> None:
    """Pictures without text: those with a box, and the share of their area."""
    paths = sorted(folder.glob("*.png"))
    print("| networks | thresholds | pictures | with a box | area |\n" + "| --- " * 5 + "|")
    for name, sure, peak in rows():
        shares = [masked(path) for path in paths]
        count, area = sum(share > 0 for share in shares), 100 * float(np.mean(shares))
        print(f"| {name} | {sure}, {peak} | {len(paths)} | {count} | {area:.3f} % |", flush=True)


def masked(path: Path) -> float:
    """The share of a picture that is in boxes."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        return 0.0
    mask = np.zeros(pixels.shape[:2], bool)
    for text in detect(np.ascontiguousarray(pixels[..., ::-1], np.uint8), ["network"]):
        x0, y0, x1, y1 = text.box.clipped(*mask.shape[::-1])
        mask[y0:y1, x0:x1] = True
    return float(mask.mean())


def rows() -> Any:
    """Each mixture with its thresholds, set for the time it is measured."""
    for name, mixture in MIXTURES.items():
        for sure, peak in THRESHOLDS if name == "narrow alone" else THRESHOLDS[1:]:
            setattr(network, "probability", mixture)  # noqa: B010 (a name of another module)
            network.find_lines.__defaults__ = (None, sure, peak)
            yield name, sure, peak


if __name__ == "__main__":
    main()
