"""The figures behind the plots; the templates draw them as SVG."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pixelscrub.findings import Box
from pixelscrub.outcome import AuditLine
from pixelscrub.report.pages import Card, Shot, sop_class

BINS: Final = 20
FEW: Final = 5
"""In fewer instances than this a region that occurs once says nothing."""
RECTANGLES: Final = 400


@dataclass(frozen=True, slots=True)
class Heat:
    """Masked regions of images of one size, laid over one another.

    Attributes:
        title: what the images have in common.
        columns, rows: their size in pixels.
        instances: how many they are.
        boxes: distinct regions, each with the share of instances that has it masked, 0 to 1.
        lone: regions that touch none of any other instance: a look at them is worth the while.
        ground: one of the images as it was written.
    """

    title: str
    columns: int
    rows: int
    instances: int
    boxes: list[tuple[Box, float]]
    lone: list[Box]
    ground: Shot | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its value, and its length as a share of the longest."""

    label: str
    value: float
    share: float


def heats(cards: Iterable[Card]) -> list[Heat]:
    """One map for each device and image size that has anything masked, most images first."""
    alike: dict[tuple[str, tuple[int, int]], list[Card]] = {}
    for card in cards:
        if card.before is not None and card.before.of is not None:
            key = (card.before.device or sop_class(card.line), card.before.of)
            alike.setdefault(key, []).append(card)
    maps = [_heat(title, size, same) for (title, size), same in alike.items()]
    return sorted((m for m in maps if m.boxes), key=lambda m: (-m.instances, m.title))


def _heat(title: str, size: tuple[int, int], cards: Sequence[Card]) -> Heat:
    each = [_masked(card.line) for card in cards]
    counts = Counter(box for boxes in each for box in boxes)
    common = [(box, count / len(cards)) for box, count in counts.most_common(RECTANGLES)]
    lone = [box for box, _ in common if len(cards) >= FEW and _is_lone(box, each)]
    whole = (s.get("after") for c in cards if not c.line.crop for s in c.shots)
    return Heat(title, *size, len(cards), common, lone, next(filter(None, whole), None))


def _masked(line: AuditLine) -> set[Box]:
    return {found.box for found in line.text if found.action == "mask" and found.box}


def _is_lone(box: Box, each: Sequence[set[Box]]) -> bool:
    """Whether only one instance has anything masked there."""
    touching = sum(any(box.intersection(other).area for other in boxes) for boxes in each)
    return touching == 1


def scores(lines: Iterable[AuditLine]) -> list[tuple[int, int]]:
    """Findings masked and kept in each of 20 equal bins of the score, from 0 to 1."""
    bins = [[0, 0] for _ in range(BINS)]
    for line in lines:
        for found in line.text:
            place = min(BINS - 1, int(found.score * BINS))
            bins[place][found.action == "keep"] += 1
    return [(masked, kept) for masked, kept in bins]


def times(lines: Iterable[AuditLine]) -> list[Bar]:
    """Seconds that each step took, over all instances, longest first."""
    totals: Counter[str] = Counter()
    for line in lines:
        for step, seconds in line.seconds.items():
            totals[step] += seconds  # type: ignore[assignment]
    return _bars(totals)


def _bars(totals: Counter[str]) -> list[Bar]:
    longest = max(totals.values(), default=0) or 1
    return [Bar(label, value, value / longest) for label, value in totals.most_common()]
