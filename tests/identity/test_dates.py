from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.identity.dates import cap_age, shift


@given(st.dates(min_value=dt.date(1900, 1, 1)), st.integers(-3650, -1))
def test_intervals_stay(date, days):
    moved = shift(f"{date:%Y%m%d}", days)
    assert dt.datetime.strptime(moved, "%Y%m%d").date() - date == dt.timedelta(days=days)


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("20200131", "20200121"),
        ("20200131101500.25+0100", "20200121101500.25+0100"),
        ("2020.01.31", "20200121"),
        (" 20200131 ", "20200121"),
        ("2020", None),
        ("20201399", None),
        ("00010101", None),
        ("soon", None),
    ],
)
def test_dates_move_or_cannot_be_kept(text, moved):
    assert shift(text, -10) == moved


@pytest.mark.parametrize(
    ("age", "capped"), [("089Y", "089Y"), ("090Y", "090Y"), ("101Y", "090Y"), ("012M", "012M")]
)
def test_ages_above_89_are_capped(age, capped):
    assert cap_age(age) == capped
