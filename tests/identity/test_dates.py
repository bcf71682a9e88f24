from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.identity.dates import cap_age, is_time, shift


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
        ("20200131-20200201", "20200121-20200122"),
        ("20200131-", "20200121-"),
        ("-20200131", "-20200121"),
        ("20200131101500-20200201", "20200121101500-20200122"),
        ("20200131101500-0500", "20200121101500-0500"),
        ("20200131101500-0500-20200201", "20200121101500-0500-20200122"),
        ("20200131-soon", None),
        ("20200131-2021", None),
        ("20200131 Smith", None),
        ("-", None),
        ("2020", None),
        ("20201399", None),
        ("00010101", None),
        ("soon", None),
    ],
)
def test_dates_move_or_cannot_be_kept(text, moved):
    assert shift(text, -10) == moved


@pytest.mark.parametrize(
    ("age", "capped"),
    [
        ("089Y", "089Y"),
        ("090Y", "090Y"),
        ("101Y", "090Y"),
        ("012M", "012M"),
        ("095", "090Y"),
        ("95Y", "090Y"),
        ("1100M", "090Y"),
        ("900M", "900M"),
        ("x", "x"),
    ],
)
def test_ages_above_89_are_capped(age, capped):
    assert cap_age(age) == capped


@pytest.mark.parametrize(
    ("text", "right"),
    [("101500.25", True), ("10:15", True), ("10-11", True), ("-101500", True), ("20200131", False)],
)
def test_times_of_day_are_told_from_dates(text, right):
    assert is_time(text) is right
