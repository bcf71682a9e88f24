"""Move dates by whole days, in DA and DT; times of day stay, so every interval stays exact."""

from __future__ import annotations

import datetime as dt
import re

_DATE = re.compile(r"(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})")
_AGE = re.compile(r"(\d{1,3})Y")
MAX_AGE = 89


def shift(text: str, days: int) -> str | None:
    """A DA or DT value, moved by `days`; None where it holds no date that can be moved.

    Only the first eight digits of a DT change. A date of year and month alone cannot be moved
    exactly and so is not kept.
    """
    found = _DATE.match(text.strip())
    if found is None:
        return None
    try:
        moved = dt.date(*map(int, found.groups())) + dt.timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return f"{moved:%Y%m%d}".rjust(8, "0") + text.strip()[found.end() :]


def cap_age(text: str) -> str:
    """An age string (AS); above 89 years it becomes `090Y`, as ages above 89 identify."""
    found = _AGE.fullmatch(text.strip())
    return "090Y" if found and int(found[1]) > MAX_AGE else text
