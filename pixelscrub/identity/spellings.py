"""Other spellings of a study's terms: dates in words and figures, letters alone, numbers.

`Terms.variants` has the usual ones; here is how else names, numbers and dates of birth are written
so that they are still read.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from functools import lru_cache

from pixelscrub.identity.terms import Terms, plain
from pixelscrub.identity.vocabulary import is_clinical, is_known, is_placeholder, may_be_name

MONTHS = {
    "en": "january february march april may june july august september october november december",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio "
    "julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno "
    "luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pt": "janeiro fevereiro março abril maio junho "
    "julho agosto setembro outubro novembro dezembro",
}
"""Names of the months, by language."""
_SEPARATORS = (".", "-", "/", " ", "")
_LEAST_JOINED, _LEAST_NAME, _LEAST_NUMBER = 4, 5, 5
_WORD = re.compile(r"[^\W_]+")
_NAMES_EACH = 3
"""Parts of a name that are put together: family, given and middle name."""


@lru_cache(maxsize=256)
def date_spellings(date: str) -> frozenset[str]:
    """A date in every usual order, with every separator, and with the month in words.

    Args:
        date: `YYYYMMDD`; anything else has no spellings.

    Returns:
        Texts in small letters; none of fewer than six digits unless it has a month's name.
    """
    found = re.fullmatch(r"(\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", date)
    if found is None:
        return frozenset()
    year, month, day = found.groups()
    return frozenset(_in_figures(year, month, day) | _in_words(year, int(month), day))


def _in_figures(year: str, month: str, day: str) -> set[str]:
    """Day, month and year in figures, with and without leading zeros and century."""
    found = set()
    for separator in _SEPARATORS:
        days = {day, day.lstrip("0")} if separator else {day}
        months = {month, month.lstrip("0")} if separator else {month}
        for d, m, y in itertools.product(days, months, (year, year[2:])):
            found |= {separator.join(o) for o in ((d, m, y), (m, d, y), (y, m, d), (y, d, m))}
    return {text for text in found if sum(c.isdigit() for c in text) >= (4 if "." in text else 6)}


def _in_words(year: str, month: int, day: str) -> set[str]:
    found = set()
    for names in MONTHS.values():
        name = names.split()[month - 1]
        words = {name, name[:3], plain(name), plain(name)[:3]}
        for word, number, y in itertools.product(words, {day, day.lstrip("0")}, (year, year[2:])):
            found |= _phrases(number, word, y)
    return found


def _phrases(day: str, month: str, year: str) -> set[str]:
    gaps = ("", " ", "-", ". ", "/")
    found = {f"{day}{dot}{gap}{month}{gap}{year}" for dot in ("", ".") for gap in gaps}
    found |= {f"{day} de {month} de {year}", f"{month} {day}, {year}", f"{month} {day} {year}"}
    return found | {f"{year} {month} {day}", f"{year}-{month}-{day}"}


@lru_cache(maxsize=256)
def joined(terms: Terms) -> frozenset[str]:
    """Names, numbers and dates of birth as letters and digits alone, in upper case.

    Names forwards and backwards, family and given name in either order.
    """
    found = {form for name in terms.names for form in _joined_names(name)}
    found |= {form for text in terms.ids for form in _joined_number(text)}
    phones = ("".join(filter(str.isdigit, text)) for text in terms.phones)
    found |= {number for number in phones if len(number) >= 2 + _LEAST_NUMBER}
    found |= {_letters(text) for date in terms.births for text in date_spellings(date)}
    return frozenset(text for text in found if len(text) >= _LEAST_JOINED)


def _joined_names(name: str) -> set[str]:
    found: set[str] = set()
    for group in name.split("="):
        parts = [_letters(part) for part in group.split("^")[:_NAMES_EACH]]
        parts = [part for part in parts if part and not is_placeholder(part)]
        telling = [p for p in parts if not is_known(p) or may_be_name(p)]
        pairs = {a + b for a in parts for b in parts if a != b} if telling else set()
        long = {p for p in parts if len(p) >= _LEAST_NAME and not is_known(p)}
        found |= pairs | long | {text[::-1] for text in long | pairs if len(text) >= _LEAST_NAME}
    return found


def _joined_number(text: str) -> set[str]:
    whole = _letters(text)
    digits = "".join(filter(str.isdigit, text))
    forms = {whole, whole.lstrip("0"), digits, digits.lstrip("0"), whole[::-1]}
    forms |= {run for run in re.findall(r"\d+", text) if len(run) > _LEAST_NUMBER}
    return {f for f in forms if len(f) >= _LEAST_NUMBER and len(set(f)) > 1 and not is_clinical(f)}


def _letters(text: str) -> str:
    return "".join(_WORD.findall(plain(text).upper()))


@lru_cache(maxsize=256)
def numbers(terms: Terms) -> frozenset[int]:
    """IDs and dates of birth as numbers, as an IS, a UL or an FD would hold them."""
    digits = {form for text in terms.ids for form in _joined_number(text) if form.isdigit()}
    for date in terms.births:
        digits |= {t for t in date_spellings(date) if t.isdigit() and len(t) == len("YYYYMMDD")}
    return frozenset(int(d) for d in digits if len(set(d.strip("0"))) > 1)


@lru_cache(maxsize=256)
def initials(terms: Terms) -> frozenset[str]:
    """First letters of the names with points: `A.B.`, `B. A.`."""
    return frozenset(_initials(terms.names))


def _initials(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        parts = [part.strip()[:1].upper() for part in name.split("=")[0].split("^")[:_NAMES_EACH]]
        letters = [letter for letter in parts if letter.isalpha()]
        for order in (letters[:2], letters[:2][::-1], letters, letters[1:] + letters[:1]):
            if len(order) > 1:
                found |= {gap.join(f"{c}." for c in order) for gap in ("", " ", "-")}
    return found
