"""Text by the trained networks (`probability`).

They say for each 2 × 2 pixels whether the core of a text is there: a line's box without
the outer fifth of its height (training/text draws what they learn from). They see the picture as it
is and, for large letters, at a half, a fourth and so on, as far as the picture goes. Large
pictures go in tiles, and tiles where nothing stands out are skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from itertools import groupby
from operator import itemgetter
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors.flow import is_flow
from pixelscrub.text.detectors.probability import probability, require
from pixelscrub.text.detectors.registry import Cost, Detector
from pixelscrub.text.measures import is_flat_around, medians, sharpness, twice_away
from pixelscrub.text.tiles import around, search
from pixelscrub.text.whole import whole

Picture = npt.NDArray[np.uint8]
Finder = Callable[[Picture], list[TextBox]]
Shares = npt.NDArray[np.float32]

SURE: Final = 0.35
"""Probability from which a pixel belongs to the core of a text."""
PEAK: Final = 0.65
"""Probability that a core must reach somewhere. Chosen, as `SURE`, by a curve (models/text.md)."""
SURE_SMALLER: Final = 0.55
"""The same in smaller pictures, at least: lines are nearer to one another there, and join."""
PEAK_SMALLER: Final = 0.75
CERTAIN: Final = 0.9
"""Peak from which a short text is believed on any ground."""
PLAIN: Final = 0.993
"""Peak from which a text is believed, whatever its colours and edges."""
SHARP: Final = 0.5
"""Share of its contrast that the steepest edges of a text bridge from pixel to pixel."""
ALIKE: Final = 0.8
"""How sharp other texts are at least, as a share of a plain one's sharpness."""
LONG: Final = 4.0
"""Length of a text, as a multiple of its height, from which it is; tissue makes no long lines."""
GROW: Final = 1 / 3
"""What is added around a core, as a share of its height: cores are three fifths of a line."""
MAYBE: Final = 0.3
"""Probability from which a pixel may belong to a text that a helper finds."""
DOUBT: Final = 0.1
"""Share of what a helper finds that must be such pixels; it takes tissue for text at times."""
CELL: Final = 32
"""Pixels of the cells in which such pixels are looked for."""
ROOM: Final = 3
"""Cells around them that a helper sees as well, so that it sees whole lines."""
LEVEL: Final = 0.7
"""Height of a line in such a box, as a share of the box's, from which the box is that line."""
SOLID: Final = 0.6
"""Share of its box that the core of a line fills; a line of text is straight."""
INK: Final = 40
"""Grey levels by which ink stands out of its ground."""
LEFT: Final = 0.1
"""Share of a block's ink that smaller lines may leave, where they are taken instead of it."""
LARGE: Final = 14
"""Pixels of a smaller picture; lower cores in it are seen better in the next larger one."""
WHOLE: Final = 96
"""Pixels of the shorter side, from which a picture is looked at in half its size as well."""

COARSE: Final = 192
"""Pixels of the shorter side of a smaller picture, below which only headlines are believed."""
EVERYWHERE: Final = 0.999
"""Mean probability of what the network gives no number for: it counts as text, all of it."""
ORGAN: Final = 0.18
"""Height of a find, as a share of the picture's shorter side, from which the same holds."""
ORGAN_PX: Final = 48
"""Pixels; lower finds are lines, however small the part of a picture is that is searched."""
HEADLINE: Final = 2.5
"""Length of a headline, as a multiple of its height."""
HIGHEST: Final = 0.6
"""Height of a headline, most, as a share of the picture's shorter side."""
PLAINLY: Final = 0.85
"""Mean probability of a headline; large organs have up to 0.81."""


def find_lines(
    image: Picture, helper: Finder | None = None, sure: float = SURE, peak: float = PEAK
) -> list[TextBox]:
    """Find lines of text, upright or turned.

    Args:
        image: uint8, (rows, columns) grey or (rows, columns, 3) RGB.
        helper: another detector; it looks where there may be more than the lines that were found.
        sure: probability from which a pixel belongs to a text.
        peak: probability that a text must reach somewhere.

    Returns:
        Boxes in pixels of `image`; the score of own ones is the mean probability of the core.
        What the helper finds and does not look like text to the network is left out.

    Raises:
        MissingComponentError: the network is not installed.
    """
    scales = list(_scales(image))
    seen = [(scale, shares) for scale, shares in scales if not _is_coarse(image, scale)]
    cores = [
        (scale, line, top)
        for scale, shares in scales
        for core, top in _lines(shares, scale, sure, peak)
        for line in [replace(core, box=whole(image, core.box))]
        if not (_is_coarse(image, scale) or _is_large(image, line)) or _is_headline(image, line)
    ]
    need = cache(partial(_needed, image, [line for _, line, top in cores if top >= PLAIN]))
    own: list[TextBox] = []
    for scale, group in groupby(cores, key=itemgetter(0)):
        lines = [line for _, line, top in group if _is_believed(image, line, need, top)]
        own += [line for line in lines if scale == 1 or not _is_known(image, line.box, own)]
    if helper is None:
        return own
    more = (t for part in _doubted(seen, own, image) for t in search(helper, image, part))
    return [*own, *(t for t in more if _adds(seen, own, t.box) and _is_believed(image, t, need))]


def _is_coarse(image: Picture, scale: int) -> bool:
    """Whether a picture is so small at a scale that a large part of it may look like a letter."""
    return scale > 1 and min(image.shape[:2]) < COARSE * scale


def _is_large(image: Picture, text: TextBox) -> bool:
    """Whether a find is as high as an organ."""
    high = min(text.box.width, text.box.height)
    return bool(high >= max(ORGAN * min(image.shape[:2]), ORGAN_PX))


def _is_headline(image: Picture, text: TextBox) -> bool:
    """Whether what such a picture shows is a line of letters, however large, and no organ."""
    longer, shorter = sorted((text.box.width, text.box.height), reverse=True)
    is_line = longer >= HEADLINE * shorter and shorter <= HIGHEST * min(image.shape[:2])
    is_everywhere = text.score >= EVERYWHERE
    return bool(is_everywhere or (is_line and text.score >= PLAINLY))


def _needed(image: Picture, plain: list[TextBox]) -> float:
    """How sharp a doubtful text must be: as sharp as plain ones are, which are drawn alike."""
    return min([SHARP, *(ALIKE * sharpness(image, text.box) for text in plain)])


def _is_believed(
    image: Picture, text: TextBox, need: Callable[[], float], peak: float = 0.0
) -> bool:
    """Strict on tissue, lenient on flat ground, and on what the network sees plainly."""
    longer, shorter = sorted((text.box.width, text.box.height), reverse=True)
    if peak < CERTAIN and longer < LONG * shorter and not is_flat_around(image, text.box):
        return False
    if peak >= PLAIN:
        return True
    return sharpness(image, text.box) >= need() and not is_flow(image, text.box)


def _scales(image: Picture) -> Iterator[tuple[int, Shares]]:
    """At the full size, a half, a fourth and so on: by how much smaller, and what is seen."""
    scale = 1
    yield scale, probability(image)
    while min(image.shape[:2]) >= WHOLE:
        half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        image, scale = np.asarray(half, np.uint8), 2 * scale
        yield scale, probability(image)


def _is_known(image: Picture, box: Box, finer: list[TextBox]) -> bool:
    """Whether smaller lines hold nearly all that stands out in a box: it is a block of them."""
    x0, y0, x1, y1 = box.clipped(image.shape[1], image.shape[0])
    if x0 == x1 or y0 == y1:
        return True
    part = image[y0:y1, x0:x1]
    ink = twice_away(part, medians(part)) > 2 * INK
    left = ink.copy()
    for line in finer:
        a0, b0, a1, b1 = (max(edge, 0) for edge in line.box.shifted(-x0, -y0))
        left[b0:b1, a0:a1] = False
    return int(left.sum()) <= LEFT * int(ink.sum())


def _doubted(seen: list[tuple[int, Shares]], own: list[TextBox], image: Picture) -> list[Box]:
    """Parts of the picture where there may be text beside the lines that were found."""
    cells = np.zeros([-(-side // CELL) for side in image.shape[:2]], np.bool_)
    for scale, shares in seen:
        may = shares >= MAYBE
        for line in own:
            x0, y0, x1, y1 = (max(edge, 0) // (2 * scale) for edge in line.box)
            may[y0 : y1 + 1, x0 : x1 + 1] = False
        y, x = (2 * scale * places // CELL for places in np.nonzero(may))
        cells[y.clip(max=cells.shape[0] - 1), x.clip(max=cells.shape[1] - 1)] = True
    return around(cells, CELL, ROOM)


def _adds(seen: list[tuple[int, Shares]], own: list[TextBox], box: Box) -> bool:
    """Whether a box holds more text than the lines in it: all of one, or what may be another."""
    lines = [line.box for line in own if _meet(line.box, box)]
    if any(line.height >= LEVEL * box.height for line in lines if box.width >= box.height):
        return True
    return any(_left(shares, scale, lines, box) >= DOUBT for scale, shares in seen)


def _meet(one: Box, other: Box) -> bool:
    across = one[0] < other[2] and other[0] < one[2]
    return across and one[1] < other[3] and other[1] < one[3]


def _left(shares: Shares, scale: int, lines: list[Box], box: Box) -> float:
    """The share of what lines leave of a box that may be text."""
    x0, y0, x1, y1 = (max(edge, 0) // (2 * scale) for edge in box)
    may = shares[y0 : y1 + 1, x0 : x1 + 1] >= MAYBE
    is_left = np.ones(may.shape, np.bool_)
    for line in lines:
        a0, b0, a1, b1 = (max(edge, 0) // (2 * scale) for edge in line)
        down = slice(max(b0 - y0, 0), max(b1 - y0 + 1, 0))
        is_left[down, max(a0 - x0, 0) : max(a1 - x0 + 1, 0)] = False
    return float(may[is_left].mean()) if is_left.any() else 0.0


def _lines(shares: Shares, scale: int, sure: float, peak: float) -> list[tuple[TextBox, float]]:
    """Connected cores, grown to whole lines, and their peaks.

    In pixels of a picture that is `scale` times as large as the one that was seen.
    """
    if scale > 1:
        sure, peak = max(sure, SURE_SMALLER), max(peak, PEAK_SMALLER)
    cores = (shares >= sure).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cores, connectivity=8)
    members, values = labels[cores > 0], shares[cores > 0]
    peaks = np.zeros(count, np.float32)
    np.maximum.at(peaks, members, values)
    means = np.bincount(members, values, count) / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    least = LARGE if scale > 1 else 0
    found = []
    for k in np.flatnonzero(peaks >= peak):
        x, y, width, height = stats[k, : cv2.CC_STAT_AREA].tolist()
        if 2 * min(width, height) >= least:
            core = labels[y : y + height, x : x + width] == k
            high = _thickness(core)
            for part in _solid(core):
                place = _grown(part.shifted(x, y), high, 2 * scale)
                text = TextBox(place, float(means[k]), "network")
                found.append((text, float(peaks[k])))
    return found


def _thickness(core: npt.NDArray[np.bool_]) -> int:
    """How high the line is that winds here: twice the way from its middle to its edge."""
    inside = cv2.copyMakeBorder(core.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return round(2 * float(cv2.distanceTransform(inside, cv2.DIST_L2, 3).max())) - 1


def _solid(core: npt.NDArray[np.bool_]) -> list[Box]:
    """Boxes that a core fills: one for a line, many for what winds or branches."""
    rows, columns = core.shape
    if core.mean() >= SOLID or max(rows, columns) <= 2:
        return [Box(0, 0, columns, rows)]
    turned = rows > columns
    along = core.T if turned else core
    middle = along.shape[1] // 2
    found = []
    for start, half in ((0, along[:, :middle]), (middle, along[:, middle:])):
        down, across = (np.flatnonzero(half.any(axis=axis)) for axis in (1, 0))
        if down.size:
            x, y = int(across[0]), int(down[0])
            inner = half[y : int(down[-1]) + 1, x : int(across[-1]) + 1]
            found += [part.shifted(start + x, y) for part in _solid(inner)]
    return [Box(y0, x0, y1, x1) if turned else Box(x0, y0, x1, y1) for x0, y0, x1, y1 in found]


def _grown(core: Box, high: int, scale: int) -> Box:
    """A part of a core that is `high` thick, with what its line has around it, in full pixels."""
    x0, y0, x1, y1 = core
    more = round(GROW * scale * max(high, min(x1 - x0, y1 - y0))) + scale // 2
    return Box(scale * x0 - more, scale * y0 - more, scale * x1 + more, scale * y1 + more)


DETECTOR: Final = Detector("network", Cost.QUICK, find_lines, require)
