"""What stands on which page: lines of the audit sorted into studies, series and pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydicom.uid import UID

from pixelscrub.errors import SKIPPED
from pixelscrub.outcome import AuditLine, FaceLine, Outcome, Summary
from pixelscrub.report.lines import Audit
from pixelscrub.report.naming import stem_of
from pixelscrub.untrusted import open_regular

CARDS: Final = 200
"""Instances with pictures on one page."""
KINDS: Final = ("before", "after", "strip")
HEAD_KINDS: Final = ("head-before", "head-after", "cuts-before", "cuts-after")
SAFE_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture file with its size in pixels.

    Attributes:
        file: relative to the folder of the report.
        width, height: in pixels.
        of: columns and rows of the original, if known.
        device: maker and model of the original's device, if known.
    """

    file: str
    width: int
    height: int
    of: tuple[int, int] | None = None
    device: str = ""


@dataclass(slots=True)
class Card:
    """One instance and its pictures, by kind: before, after, strip."""

    line: AuditLine
    shots: list[dict[str, Shot]] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        """Whether any pixel was to be changed (in a volume: of some of its slices)."""
        face = self.line.face is not None and self.line.face.status == "removed"
        return face or self.line.crop is not None or self._is_masked

    @property
    def _is_masked(self) -> bool:
        actions = {f.action for f in self.line.text} | {f.action for f in self.line.objects}
        return "mask" in actions

    @property
    def is_slice(self) -> bool:
        """Whether it is one of many like it, of which a small picture says enough."""
        face = self.line.face is not None and self.line.face.status == "removed"
        is_film = any("strip" in shots for shots in self.shots)
        return face and not (self._is_masked or is_film or self.line.crop)

    @property
    def before(self) -> Shot | None:
        """The picture from before, if there is one."""
        return next((shots["before"] for shots in self.shots if "before" in shots), None)


@dataclass(slots=True)
class Series:
    """The released instances of one series, under its pseudonym."""

    patient: str
    study: str
    name: str
    number: int
    cards: list[Card] = field(default_factory=list)
    heads: dict[str, Shot] = field(default_factory=dict)

    @property
    def pictured(self) -> list[Card]:
        """Instances that have pictures."""
        return [card for card in self.cards if card.shots]

    @property
    def unpictured(self) -> list[Card]:
        """Instances without pictures that were, or may have been, changed."""
        return [card for card in self.cards if not card.shots and card.is_changed]

    @property
    def untouched(self) -> list[Card]:
        """Instances without pictures whose pixels were to stay as they are."""
        return [card for card in self.cards if not card.shots and not card.is_changed]

    @property
    def pages(self) -> list[list[Card]]:
        """Instances with pictures, page by page; one page where there are none."""
        pictured = self.pictured
        return [pictured[k : k + CARDS] for k in range(0, len(pictured), CARDS)] or [[]]

    def page_file(self, page: int) -> str:
        """File name of a page, counted from 0."""
        return f"series-{self.number:04}-{page + 1:02}.html"

    @property
    def kind(self) -> str:
        """What the instances are, by their SOP classes."""
        return ", ".join(sorted({sop_class(card.line) for card in self.cards}))

    @property
    def masked(self) -> int:
        """Regions masked, over all instances."""
        return sum(found.action == "mask" for card in self.cards for found in card.line.text)

    @property
    def tags(self) -> Counter[str]:
        """Elements by what became of them."""
        return tag_totals(card.line for card in self.cards)

    @property
    def devices(self) -> str:
        """What the images were made with, as far as pictures tell."""
        return ", ".join(sorted({c.before.device for c in self.cards if c.before} - {""}))

    @property
    def face(self) -> FaceLine | None:
        """What became of the face, where one was looked for."""
        return next((card.line.face for card in self.cards if card.line.face), None)


@dataclass(frozen=True, slots=True)
class Row:
    """What the first page says of a series.

    Attributes:
        patient, study, name: its pseudonyms.
        kind: what the instances are, by their SOP classes.
        page: file name of its first page.
        instances: number of instances.
        pictured: number of those that have pictures.
        masked: regions masked, over all instances.
        face: what became of the face, empty where none was looked for.
        tags: elements by what became of them.
        heads: pictures of the head.
    """

    patient: str
    study: str
    name: str
    kind: str
    page: str
    instances: int
    pictured: int
    masked: int
    face: str
    tags: Counter[str]
    heads: dict[str, Shot]

    @classmethod
    def of(cls, series: Series) -> Row:
        """The row of a series."""
        return cls(
            patient=series.patient,
            study=series.study,
            name=series.name,
            kind=series.kind,
            page=series.page_file(0),
            instances=len(series.cards),
            pictured=len(series.pictured),
            masked=series.masked,
            face=series.face.status if series.face else "",
            tags=series.tags,
            heads=series.heads,
        )


def read_summary(private: Path, lines: Iterable[AuditLine]) -> Summary:
    """`summary.json`, or where it is missing or damaged, the sum of the audit."""
    try:
        return Summary.model_validate_json((private / "summary.json").read_bytes())
    except (OSError, ValidationError):
        summary = Summary()
        for line in lines:
            summary.add(line)
        return summary


def held(lines: Iterable[AuditLine], folder: Path) -> dict[str, list[Card]]:
    """Held instances by reason, the most frequent reason first."""
    groups: dict[str, list[Card]] = {}
    for line in lines:
        if line.outcome is Outcome.HELD and line.reason not in SKIPPED:
            groups.setdefault(str(line.reason), []).append(Card(line, _shots(line, folder)))
    return dict(sorted(groups.items(), key=lambda group: -len(group[1])))


def held_heads(cards: Iterable[Card], folder: Path) -> list[dict[str, Shot]]:
    """Pictures of the heads that held instances are slices of, each head once."""
    names = dict.fromkeys(name for card in cards for name in card.line.pictures)
    found = (dict(_kinds(n, folder, HEAD_KINDS)) for n in names if SAFE_NAME.fullmatch(n))
    return [shots for shots in found if shots]


def skipped(lines: Iterable[AuditLine]) -> dict[str, list[AuditLine]]:
    """Files that are no instances, by reason."""
    groups: dict[str, list[AuditLine]] = {}
    for line in lines:
        if line.reason in SKIPPED:
            groups.setdefault(str(line.reason), []).append(line)
    return groups


def released(audit: Audit, folder: Path) -> Iterator[Series]:
    """Released instances by series, in the order of their names; one series is held at a time."""
    places = audit.series()
    for number, path in enumerate(sorted(places, key=_natural), 1):
        lines = sorted(audit.at(places[path]), key=lambda line: _natural(line.output or ""))
        patient, study, name = ["", "", "", *path.split("/")][-3:]
        cards = [Card(line, _shots(line, folder)) for line in lines]
        series = Series(patient, study, name, number, cards)
        if series.face is not None and series.face.status != "none":
            series.heads = dict(_kinds(stem_of(f"{path}/head"), folder, HEAD_KINDS))
        yield series


def studies(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """Series by patient and study."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        grouped.setdefault((row.patient, row.study), []).append(row)
    return grouped


def sop_class(line: AuditLine) -> str:
    """The name of the instance's SOP class, without the words that all of them share."""
    name = UID(line.sop_class).name if line.sop_class else "unknown"
    return name.removesuffix(" Storage").removesuffix(" Image")


def tag_totals(lines: Iterable[AuditLine]) -> Counter[str]:
    """Elements by what became of them, over all released instances."""
    totals: Counter[str] = Counter()
    for line in lines:
        if line.outcome is Outcome.CLEAN:
            totals.update(line.tags)
    return totals


def _natural(path: str) -> list[tuple[int, str]]:
    """Sort key that puts 2 before 10."""
    return [(int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", path)]


def _shots(line: AuditLine, folder: Path) -> list[dict[str, Shot]]:
    named = (name for name in line.pictures if SAFE_NAME.fullmatch(name))
    found = (dict(_kinds(name, folder, KINDS)) for name in named)
    return [shots for shots in found if shots]


def _kinds(name: str, folder: Path, kinds: Sequence[str]) -> Iterator[tuple[str, Shot]]:
    for kind in kinds:
        shot = _shot(folder / f"{name}.{kind}.jpg")
        if shot is not None:
            yield kind, shot


def _shot(path: Path) -> Shot | None:
    from PIL import Image as Picture

    try:
        with open_regular(path) as opened, Picture.open(opened, formats=["JPEG"]) as picture:
            told = re.match(r"(\d+) (\d+) ?(.*)", _comment(picture.info), re.DOTALL)
            file = f"pictures/{path.name}"
            if told is None:
                return Shot(file, *picture.size)
            return Shot(file, *picture.size, (int(told[1]), int(told[2])), told[3])
    except (OSError, ValueError):
        return None


def _comment(info: Mapping[Any, Any]) -> str:
    return bytes(info.get("comment", b"")).decode("utf-8", "replace")
