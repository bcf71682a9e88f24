"""What a text detector returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from pixelscrub.findings import Box


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
    return _joined(found, _overlap)


def into_lines(found: Iterable[TextBox]) -> list[TextBox]:
    """Join boxes that follow one another on a line: what stands between two words goes too."""
    return _joined(found, _same_line)


def _joined(found: Iterable[TextBox], belong: Callable[[Box, Box], bool]) -> list[TextBox]:
    waiting, done = sorted(found, key=lambda t: (-t.box.area, t.box)), []
    while waiting:
        text = waiting.pop(0)
        other = next((t for t in waiting if belong(text.box, t.box)), None)
        if other is None:
            done.append(text)
        else:
            waiting.remove(other)
            surest = max(text, other, key=lambda t: t.score)
            waiting.insert(0, replace(surest, box=text.box.union(other.box)))
    return sorted(done, key=lambda t: (t.box.y0, t.box.x0))


def _overlap(one: Box, other: Box) -> bool:
    common, whole = one.intersection(other).area, one.union(other).area
    return 2 * common >= min(one.area, other.area) and (
        1.2 * (one.area + other.area - common) >= whole
    )


def _same_line(one: Box, other: Box) -> bool:
    tall, small = max(one.height, other.height), min(one.height, other.height)
    gap = max(one.x0, other.x0) - min(one.x1, other.x1)
    level = min(one.y1, other.y1) - max(one.y0, other.y0)
    return gap <= 0.9 * small and level >= 0.6 * small and tall <= 1.6 * small
