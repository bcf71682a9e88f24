"""Checks of dates over a whole study: moved dates must all be moved by the same number of days."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Final

from pydicom.datadict import keyword_for_tag

from pixelscrub.audit.issues import Issue
from pixelscrub.audit.pairs import File
from pixelscrub.prove.places import values

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MADE_UP: Final = date(1900, 12, 31)
"""Dates up to here stand for none: dummies of the steps and of other tools."""
BIRTHS: Final = frozenset({"PatientBirthDate", "PatientDeathDateInAlternativeCalendar"})


def check_intervals(
    originals: Mapping[str, File], outputs: Mapping[str, File], pairs: Mapping[str, str]
) -> Iterator[Issue]:
    """Compare the dates of all pairs (source by output), study by study.

    Dates that all became one and the same are no moved dates but a dummy (PS3.15 E.3.6), and
    dates that stayed were moved by no day.
    """
    moves: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for output, source in pairs.items():
        before, after = originals[source].header, outputs[output].header
        study = str(before.get("StudyInstanceUID") or "")
        moves[study] += _moves(before, after)
    for moved in moves.values():
        shifts = {(new - old).days for old, new in moved}
        if len(shifts) > 1 and len({new for _, new in moved}) > 1:
            yield Issue("interval_lost", detail=f"{len(shifts)} shifts in one study")


def _moves(before: Dataset, after: Dataset) -> Iterator[tuple[date, date]]:
    """Every date at the top of a header, and what became of it; of ranges both ends."""
    written = {value.place: value for value in values(after)}
    for old in values(before):
        if old.vr not in {"DA", "DT"} or "." in old.place:
            continue
        if keyword_for_tag(old.place[1:10].replace(",", "")) in BIRTHS:
            continue
        new = written.get(old.place)
        if new is None:
            continue
        pairs = zip(_dates(old.data), _dates(new.data), strict=False)
        yield from ((a, b) for a, b in pairs if b > MADE_UP)


def _dates(value: bytes) -> list[date]:
    """The days in a DA or DT, in the order that they stand there; ranges have two."""
    found = []
    for text in DAY.findall(value.decode("ascii", "replace")):
        digits = "".join(filter(str.isdigit, text))
        with suppress(ValueError):
            found.append(date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])))
    return found


DAY: Final = re.compile(r"(?<![\d.])\d{4}[.\-/]?\d{2}[.\-/]?\d{2}")
"""A day at the beginning of a value or of the end of a range."""
