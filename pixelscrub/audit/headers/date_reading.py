"""Read dates out of any text: figures in every order, and months in words of seven languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple


class Day(NamedTuple):
    """A day as it is written: there need not have been such a day."""

    year: int
    month: int
    day: int


MONTHS: Final = {
    1: "jan gen ene janv jän", 2: "feb fev fév febr", 3: "mar mär maa mrt mae", 4: "apr abr avr",
    5: "may mai mag mei", 6: "jun giu juin", 7: "jul lug juil", 8: "aug ago aoû aou", 9: "sep set",
    10: "oct okt ott out", 11: "nov", 12: "dec dez déc dic",
}  # fmt: skip
"""How the names of the months begin, without which language it is."""
SEPARATED: Final = re.compile(r"(?<!\d)(\d{1,4})\s?[-./ ]\s?(\d{1,2})\s?[-./ ]\s?(\d{1,4})(?!\d)")
COMPACT: Final = re.compile(
    r"(?<!\d)\d{8}(?!\d)|(?<!\d)\d{8}(?=\d{2,6}(?:\.\d+)?(?:[+-]\d{4})?(?!\d))"
)
WITH_WORDS: Final = re.compile(
    r"(?<!\d)(\d{1,2})(?:\.|er|º|st|nd|rd|th)?\s*[-./ ]?\s*(?:de\s+|of\s+)?([^\W\d_]{3,10})\.?"
    r"[\s,.-]*(?:de\s+|del\s+)?(\d{4}|'?\d{2})(?!\d)",
    re.IGNORECASE,
)
WORDS_FIRST: Final = re.compile(
    r"([^\W\d_]{3,10})\.?[\s-]+(\d{1,2})(?:st|nd|rd|th)?,?[\s-]+(\d{4}|'?\d{2})(?!\d)",
    re.IGNORECASE,
)
YEAR_FIRST: Final = re.compile(r"(?<!\d)(\d{4})[\s-]+([^\W\d_]{3,10})\.?[\s-]+(\d{1,2})(?!\d)")


@lru_cache(maxsize=4096)
def dates_in(text: str) -> frozenset[Day]:
    """Every day that a text can be read as naming; of two figures both centuries."""
    return frozenset(day for day in _all(text) if day is not None)


def _all(text: str) -> Iterator[Day | None]:
    for found in COMPACT.finditer(text):
        digits = found[0][:8]
        yield _day(digits[:4], digits[4:6], digits[6:])
        yield _day(digits[4:], digits[2:4], digits[:2])
        yield _day(digits[4:], digits[:2], digits[2:4])
    for found in SEPARATED.finditer(text):
        a, b, c = found.groups()
        if len(a) == 4:
            yield _day(a, b, c)
            yield _day(a, c, b)
        elif len(c) in {2, 4}:
            for year in _years(c):
                yield _day(year, b, a)
                yield _day(year, a, b)
            if len(a) == 2:
                for year in _years(a):
                    yield _day(year, b, c)
    yield from _with_words(text)


def _with_words(text: str) -> Iterator[Day | None]:
    orders = ((WITH_WORDS, 0, 1, 2), (WORDS_FIRST, 1, 0, 2), (YEAR_FIRST, 2, 1, 0))
    for pattern, day, month, year in orders:
        for found in pattern.finditer(text):
            parts = found.groups()
            number = _month(parts[month])
            for century in _years(parts[year].strip("'")) if number else ():
                yield _day(century, str(number), parts[day])


def _month(word: str) -> int:
    """Number of the month that a word begins as; 0 where there is none."""
    folded = _plain(word.casefold())
    for number, starts in MONTHS.items():
        if any(folded.startswith(_plain(start)) for start in starts.split()):
            return number
    return 0


def _plain(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c))


def _years(text: str) -> list[str]:
    return [text] if len(text) == 4 else [f"19{text}", f"20{text}"] if len(text) == 2 else []


def _day(year: str, month: str, day: str) -> Day | None:
    found = Day(int(year), int(month), int(day))
    is_one = found.year >= EARLIEST and 1 <= found.month <= 12 and 1 <= found.day <= 31
    return found if is_one else None


EARLIEST: Final = 1850
"""Nobody who was born before is imaged."""
