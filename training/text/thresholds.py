"""What each pair of thresholds finds and wrongly masks, on drawn scenes that are new to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pixelscrub.text.detectors.network import find_lines
from training.text.fonts import fonts
from training.text.scene import Scene, scene
from training.text.shelf import Shelf

SEED: Final = 7
"""Apart from the training's, so that no scene is one of its own."""
SIZE: Final = 512
PAD: Final = 2
"""Pixels around what is found, as text is masked by default."""
SLACK: Final = 6
"""Pixels around a text that may be masked with it."""
GONE: Final = 0.95
PAIRS: Final = tuple((sure, peak) for sure in (0.35, 0.45, 0.55) for peak in (0.65, 0.75, 0.85))


@dataclass(frozen=True)
class Row:
    """Shares, 0 to 1, at one pair of thresholds.

    Attributes:
        sure, peak: as `find_text` takes them.
        gone: of texts, those whose box is masked.
        wrong_with, wrong_without: of the area of scenes with and without text, what is masked
            and shows none.
        untouched: of scenes without text, those where nothing is masked.
    """

    sure: float
    peak: float
    gone: float
    wrong_with: float
    wrong_without: float
    untouched: float


def rows(count: int, shelf: Shelf) -> Iterator[Row]:
    """One row for each pair of thresholds, over as many scenes."""
    random, kinds = np.random.default_rng(SEED), fonts()
    scenes = [scene(SIZE, random, kinds, shelf) for _ in range(count)]
    for sure, peak in PAIRS:
        seen = [_measured(drawn, sure, peak) for drawn in scenes]
        texts = [is_gone for gone, _ in seen for is_gone in gone]
        wrong_with = [wrong for gone, wrong in seen if gone]
        wrong_without = [wrong for gone, wrong in seen if not gone]
        untouched = [wrong == 0 for wrong in wrong_without]
        yield Row(
            sure, peak, _mean(texts), _mean(wrong_with), _mean(wrong_without), _mean(untouched)
        )


def _measured(drawn: Scene, sure: float, peak: float) -> tuple[list[bool], float]:
    """Which texts are gone, and the share of the picture that is wrongly masked."""
    found = [text.box for text in find_lines(drawn.picture, None, sure, peak)]
    mask, allowed = np.zeros((2, SIZE, SIZE), bool)
    for x0, y0, x1, y1 in (box.padded(PAD).clipped(SIZE, SIZE) for box in found):
        mask[y0:y1, x0:x1] = True
    for x0, y0, x1, y1 in drawn.boxes:
        allowed[max(y0 - SLACK, 0) : y1 + SLACK, max(x0 - SLACK, 0) : x1 + SLACK] = True
    gone = [bool(mask[y0:y1, x0:x1].mean() >= GONE) for x0, y0, x1, y1 in drawn.boxes]
    return gone, float((mask & ~allowed).mean())


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
