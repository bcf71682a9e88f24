"""Checks of dates over a whole study: moved dates must all be moved by the same number of days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Final

from pixelscrub.audit.issues import Issue
from pixelscrub.audit.pairs import File

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

DATES: Final = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")


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
        for keyword in DATES:
            old, new = _date(before, keyword), _date(after, keyword)
            if old is not None and new is not None:
                moves[study].append((old, new))
    for moved in moves.values():
        shifts = {(new - old).days for old, new in moved}
        if len(shifts) > 1 and len({new for _, new in moved}) > 1:
            yield Issue("interval_lost", detail=f"{len(shifts)} shifts in one study")


def _date(header: Dataset, keyword: str) -> date | None:
    text = str(header.get(keyword) or "")
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None
