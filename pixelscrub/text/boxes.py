"""What a text detector returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box

Corners = npt.NDArray[np.int64]
"""x0, y0, x1 and y1 of one box, or of a row of boxes."""
Mask = npt.NDArray[np.bool_]
Belong = Callable[[Corners, Corners], Mask]

TURNED = 2.5
"""Height of a box, as a multiple of its width, from which its text is turned."""


@dataclass(frozen=True, slots=True)
class TextBox:
    """A place that shows text.

    Attributes:
        box: in pixels of the picture that was searched, end exclusive.
        score: how sure the detector is, 0 to 1.
        source: name of the detector.
        text: what it reads, where the detector reads; kept in memory only.
    """

    box: Box
    score: float
    source: str
    text: str = field(default="", repr=False)


def unite(found: Iterable[TextBox]) -> list[TextBox]:
    """Join boxes that cover nearly the same place; the surer one names the source."""
    return _joined(found, _are_same)


def are_same(one: Box, other: Box) -> bool:
    """Whether two boxes cover nearly the same place."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    common = across * down if across > 0 and down > 0 else 0
    own, its = one.area, other.area
    return 2 * common >= min(own, its) and 1.2 * (own + its - common) >= one.union(other).area


def into_lines(found: Iterable[TextBox]) -> list[TextBox]:
    """Join boxes that follow one another on a line: what stands between two words goes too."""
    return _joined(found, _same_line)


def _joined(found: Iterable[TextBox], belong: Belong) -> list[TextBox]:
    """Join, largest first, until no two boxes belong together."""
    texts = sorted(found, key=lambda t: (-t.box.area, t.box))
    corners = np.array([text.box for text in texts], np.int64).reshape(-1, 4)
    done = []
    while texts:
        text, texts, corners = texts[0], texts[1:], corners[1:]
        while (near := np.flatnonzero(belong(np.array(text.box), corners))).size:
            surest = max([text, *(texts[k] for k in near)], key=lambda t: t.score)
            whole = text.box
            for k in near:
                whole = whole.union(texts[k].box)
            text = replace(surest, box=whole)
            gone = set(near.tolist())
            texts = [t for k, t in enumerate(texts) if k not in gone]
            corners = np.delete(corners, near, axis=0)
        done.append(text)
    return sorted(done, key=lambda t: (t.box.y0, t.box.x0))


def _are_same(one: Corners, others: Corners) -> Mask:
    """Boxes that share half of the smaller one, and together fill what holds them both."""
    sides = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
    outer = np.maximum(one[2:], others[:, 2:]) - np.minimum(one[:2], others[:, :2])
    common = sides.clip(0).prod(axis=1)
    own = (one[2:] - one[:2]).prod()
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1)
    is_shared = 2 * common >= np.minimum(own, areas)
    return np.asarray(is_shared & (1.2 * (own + areas - common) >= outer.prod(axis=1)))


def _same_line(one: Corners, others: Corners) -> Mask:
    """Boxes of about one height, level with one another, and no further apart than high.

    Two that are much higher than wide are turned texts side by side: what lies between them stays.
    """
    heights, height = others[:, 3] - others[:, 1], one[3] - one[1]
    widths, width = others[:, 2] - others[:, 0], one[2] - one[0]
    turned = (heights > TURNED * widths) & (height > TURNED * width)
    tall, small = np.maximum(heights, height), np.minimum(heights, height)
    gap = np.maximum(one[0], others[:, 0]) - np.minimum(one[2], others[:, 2])
    level = np.minimum(one[3], others[:, 3]) - np.maximum(one[1], others[:, 1])
    near = (gap <= 0.9 * small) & (level >= 0.75 * small) & (tall <= 1.4 * small)
    return np.asarray(near & ~turned)
