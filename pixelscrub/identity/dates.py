"""Move dates by whole days, in DA, DT and their ranges; times of day stay, so intervals stay exact.

Every form of PS3.5 6.2: whole dates with and without the separators of ACR-NEMA, date-times with
fractions and zones, ranges from and to. A value moves as a whole, or it cannot be kept.
"""

from __future__ import annotations

import datetime as dt
import re

_DATE = r"(\d{4})([.\-/]?)(\d{2})\2(\d{2})"
_TIME = r"(?:\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?"
_ZONE = r"(?:[+-](?:0\d|1[0-4])[0-5]\d)?"
_MOMENT = re.compile(rf"{_DATE}[ ]?({_TIME}{_ZONE})")
_TIMES = re.compile(r"(?:[01]\d|2[0-3])(?::?[0-5]\d(?::?(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?")
_AGE = re.compile(r"(\d{1,4})([DWMY]?)")
MAX_AGE = 89
_PER_YEAR = {"Y": 1.0, "": 1.0, "M": 12.0, "W": 52.18, "D": 365.25}
"""How many of a unit make a year; a number without a unit is one of years."""


def shift(text: str, days: int) -> str | None:
    """A DA or DT value or a range of them, moved by `days`.

    Only the first eight digits of a moment change. A date of year and month alone cannot be moved
    exactly and so is not kept.

    Returns:
        The moved value; None where any part of it holds no date that can be moved.
    """
    text = text.strip()
    moved = _shift_moment(text, days)
    return moved if moved is not None else _shift_range(text, days)


def _shift_range(text: str, days: int) -> str | None:
    """Both ends of a range; either may be open."""
    for at, sign in enumerate(text):
        first, last = text[:at].strip(), text[at + 1 :].strip()
        if sign != "-" or not (first or last):
            continue
        ends = [_shift_moment(end, days) if end else "" for end in (first, last)]
        if None not in ends:
            return "-".join(end or "" for end in ends)
    return None


def _shift_moment(text: str, days: int) -> str | None:
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    try:
        date = dt.date(int(found[1]), int(found[3]), int(found[4]))
        moved = date + dt.timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return f"{moved:%Y%m%d}".rjust(8, "0") + found[5]


def is_time(text: str) -> bool:
    """Whether a TM value is a time of day or a range of such, and so holds no date and no name."""
    ends = text.strip().split("-")
    return len(ends) <= 2 and all(not e.strip() or _TIMES.fullmatch(e.strip()) for e in ends)


def cap_age(text: str) -> str:
    """An age string (AS); above 89 years it becomes `090Y`, as ages above 89 identify."""
    found = _AGE.fullmatch(text.strip())
    if found is None:
        return text
    years = int(found[1]) / _PER_YEAR[found[2]]
    return "090Y" if years >= MAX_AGE + 1 else text
