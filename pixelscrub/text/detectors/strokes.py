"""Lines of drawn letters, found without weights: by their ink, their evenness and their row."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from statistics import median
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors.ink import THRESHOLDS, Letter, calm, letters
from pixelscrub.text.detectors.registry import Cost, Detector
from pixelscrub.text.tiles import TileSettings, overlapping

Picture = npt.NDArray[np.uint8]

SMALLER: Final = 0.4
"""Scale of the picture in which large letters are looked for."""
LEFT: Final = 0.05
"""Share of a block's ink that smaller lines may leave, where they are taken instead of it."""
LARGE: Final = 200
"""Pixels of the shorter side from which the smaller scale is searched."""
LARGEST_LETTER: Final = 64
"""Pixels; of what the smaller picture shows, only letters of half this height are taken."""
TILES: Final = TileSettings(side=2208, overlap=160)
ROW: Final = 16
"""Pixels; lines are looked up by their row, so that a full page takes no longer than its size."""
RECENT: Final = 12
"""Lines of a row that a letter may continue."""
LEAST: Final = 3
"""Letters of a line on any ground; fewer must stand on flat ground."""
FLAT: Final = 2.0
"""Grey levels; ground that varies by less is not tissue."""
STRONG: Final = 75
"""Grey levels between letters and tissue."""
JOINED: Final = 24
"""Pixels; what is taller and in one piece, or on tissue, is not taken for a word."""
LEVEL: Final = 0.1
"""Share of their height by which letters of a line stray from its top or foot."""


def find_lines(image: Picture) -> list[TextBox]:
    """Find lines of drawn letters, light on dark and dark on light, upright or turned by 90°.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
    """
    bright = image if image.ndim == 2 else image.max(axis=2)
    dark = 255 - (image if image.ndim == 2 else image.min(axis=2))
    found: list[TextBox] = []
    for grey in (np.asarray(bright, np.uint8), np.asarray(dark, np.uint8)):
        fine = _at_scale(grey, 1)
        found += fine
        if min(image.shape[:2]) >= LARGE:
            large = (line for line in _at_scale(grey, SMALLER) if _is_large(line.box))
            found += [line for line in large if not _is_known(grey, line.box, fine)]
    return found


def _at_scale(grey: Picture, scale: float) -> list[TextBox]:
    return [
        _moved(line, x, y, scale)
        for tile, x, y in overlapping(_sized(grey, scale), THRESHOLDS[0], TILES)
        for line in lines(tile)
    ]


def _is_known(grey: Picture, box: Box, fine: list[TextBox]) -> bool:
    """Whether smaller lines hold nearly all that is light in a box: then it is a block of them."""
    x0, y0, x1, y1 = part = box.clipped(grey.shape[1], grey.shape[0])
    level = float(np.median(grey[y0:y1, x0:x1])) + THRESHOLDS[0]
    light = grey[y0:y1, x0:x1] > level
    left = light.copy()
    for line in fine:
        common = line.box.intersection(part)
        if common.area and 2 * line.box.height <= box.height:
            left[common.y0 - y0 : common.y1 - y0, common.x0 - x0 : common.x1 - x0] = False
    return int(left.sum()) <= LEFT * int(light.sum())


def lines(grey: Picture) -> list[TextBox]:
    """Lines of letters brighter than their ground."""
    quiet = calm(grey)
    found: list[TextBox] = []
    for threshold in THRESHOLDS:
        seen = letters(quiet, threshold)
        upright = [_judge(group) for group in _groups(seen)]
        turned = [_judge(group, LEAST + 2) for group in _groups([_turned(s) for s in seen])]
        found += [line for line in upright if line is not None]
        found += [replace(t, box=_swapped(t.box)) for t in turned if t is not None]
    return found


def _sized(grey: Picture, scale: float) -> Picture:
    if scale == 1:
        return grey
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _moved(line: TextBox, x: int, y: int, scale: float) -> TextBox:
    x0, y0, x1, y1 = (int(v / scale) for v in line.box.shifted(x, y))
    more = int(scale < 1)
    return replace(line, box=Box(x0 - more, y0 - more, x1 + 2 * more, y1 + 2 * more))


def _is_large(box: Box) -> bool:
    return min(box.width, box.height) >= LARGEST_LETTER / 2


def _swapped(box: Box) -> Box:
    return Box(box.y0, box.x0, box.y1, box.x1)


def _turned(letter: Letter) -> Letter:
    return replace(letter, box=_swapped(letter.box))


def _groups(seen: list[Letter]) -> list[list[Letter]]:
    """Letters of about one height and brightness, side by side."""
    groups: list[list[Letter]] = []
    by_row: dict[int, list[list[Letter]]] = defaultdict(list)
    for letter in sorted(seen, key=lambda found: found.box):
        row = (letter.box.y0 + letter.box.y1) // (2 * ROW)
        near = (group for r in (row - 1, row, row + 1) for group in by_row[r][-RECENT:])
        group = next((group for group in near if _continues(group[-1], letter)), None)
        if group is None:
            group = []
            groups.append(group)
            by_row[row].append(group)
        group.append(letter)
    return groups


def _continues(last: Letter, letter: Letter) -> bool:
    (_, a_top, a_end, a_foot), (b_start, b_top, _, b_foot) = last.box, letter.box
    high, other = a_foot - a_top, b_foot - b_top
    tall, small = (high, other) if high > other else (other, high)
    gap = b_start - a_end
    if not (-2 <= gap <= 1.3 * tall and tall <= 2 * small):
        return False
    overlap = min(a_foot, b_foot) - max(a_top, b_top)
    even = min(last.contrast, letter.contrast) >= 0.6 * max(last.contrast, letter.contrast)
    return overlap >= 0.6 * small and even


def _judge(group: list[Letter], least: int = 1) -> TextBox | None:
    """Whether a line is drawn: the fewer letters, the flatter its ground must be."""
    box = group[0].box
    for letter in group[1:]:
        box = box.union(letter.box)
    count = sum(_count(letter.box) for letter in group)
    if count < least or not _is_drawn(group, count):
        return None
    return TextBox(_with_rim(box, group), min(0.5 + 0.1 * count, 0.95), "strokes")


def _with_rim(box: Box, group: list[Letter]) -> Box:
    """The box with room for faint rims, for accents and for a point or a sign at its ends."""
    height = int(median(letter.box.height for letter in group))
    side, high = -(-height // 3), -(-height // 7)
    return Box(box.x0 - side, box.y0 - high, box.x1 + side, box.y1 + high)


def _count(box: Box) -> int:
    """How many letters touch in a component as wide as this."""
    return max(1, round(box.width / (0.8 * box.height)))


def _is_drawn(group: list[Letter], count: int) -> bool:
    """Lenient on flat ground, strict on tissue: there a line must be strong, sharp and level."""
    sharp = median(letter.sharp for letter in group)
    unrest = median(letter.unrest for letter in group)
    contrast = median(letter.contrast for letter in group)
    if count < LEAST:
        crisp = sharp >= 0.85 and contrast >= max(STRONG, 10 * unrest) * (
            1 if len(group) > 1 else 1.5
        )
        quiet = unrest <= FLAT and sharp >= 0.6 and contrast >= STRONG / 2
        return (quiet or crisp) and _is_letter(group)
    if len(group) == 1 and group[0].box.height > JOINED:
        return False
    if unrest <= FLAT:
        return sharp >= 0.45 and _slant(group) <= 2 * LEVEL and contrast >= 12 * (unrest + 1)
    tall = median(letter.box.height for letter in group) > JOINED
    strong = contrast >= max(STRONG, 5 * unrest) and not tall
    return (
        strong
        and sharp >= (0.5 if len(group) >= 2 * LEAST else 0.65)
        and _slant(group) <= LEVEL
        and len(group) > LEAST
    )


def _slant(group: list[Letter]) -> float:
    """How far letters stray from a common top or foot, as a share of their height."""
    strays = []
    for edge in ([letter.box.y0 for letter in group], [letter.box.y1 for letter in group]):
        common = median(edge)
        strays.append(sum(abs(place - common) for place in edge) / len(edge))
    return min(strays) / median(letter.box.height for letter in group)


def _is_letter(group: list[Letter]) -> bool:
    """Whether one or two components are shaped like letters, not like ticks, lines or dots."""
    return all(
        6 <= letter.box.height <= 40
        and letter.box.width >= 0.3 * letter.box.height
        and 0.15 <= letter.fill <= 0.8
        for letter in group
    )


DETECTOR: Final = Detector("strokes", Cost.CHEAP, find_lines)
