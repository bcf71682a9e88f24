"""The terms of a study: what in its headers identifies, as plain data.

The text step judges burned-in words by them, the tags step looks for them in what it keeps,
and the proof looks for them in the written bytes.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cache, lru_cache

from pydicom import Dataset

from pixelscrub.errors import Reason, guarded
from pixelscrub.tags import header as headers
from pixelscrub.tags import table
from pixelscrub.tags.elements import Element, items_of, keyword_of, true_vr
from pixelscrub.tags.values import Value, charsets_of
from pixelscrub.tags.vocabulary import is_clinical, is_placeholder

MIN_LENGTH = 4
MIN_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Terms:
    """What identifies, by kind, as written in the headers (without padding).

    Attributes:
        names: persons, as `Family^Given^...`; alphabetic, ideographic and phonetic alike.
        ids: patient, accession, order and admission numbers.
        births: dates of birth, `YYYYMMDD`.
        dates: all other dates, `YYYYMMDD`.
        places: institutions and addresses.
        phones: telephone numbers.
        equipment: station names, serial numbers, Study ID.
        uids: UIDs of study, series, instances and frames of reference.
    """

    names: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    births: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    equipment: frozenset[str] = frozenset()
    uids: frozenset[str] = frozenset()

    @classmethod
    def of(cls, header: Dataset) -> Terms:
        """The terms of one header; sequences that the profile changes are looked into.

        Raises:
            HeldError: TAGS_FAILED, where the header's bytes do not add up.
        """
        with guarded(Reason.TAGS_FAILED):
            return cls.among(headers.elements(header), headers.charsets(header))

    @classmethod
    def among(cls, elements: Iterable[Element], charsets: list[str]) -> Terms:
        """The terms of a header that is already read; `charsets` as Python encodings."""
        found: dict[str, set[str]] = {field.name: set() for field in fields(cls)}
        for value in _leaves(elements, charsets):
            kind = _kind(value)
            if kind:
                found[kind].update(part for part in value.parts() if part)
        found["dates"] -= found["births"]
        return cls(**{kind: frozenset(terms) for kind, terms in found.items()})

    def __or__(self, other: Terms) -> Terms:
        return Terms(*(getattr(self, f.name) | getattr(other, f.name) for f in fields(self)))

    def variants(self) -> frozenset[str]:
        """Strings that prove a leak where they stand in written bytes as words of their own.

        Names in every order and case, IDs, telephone numbers, and dates of birth that no kept
        or moved date of the study can equal. Words too short or too common to prove anything
        are left out; so is what an option may keep (institutions, devices, dates, UIDs).
        """
        births = {b for b in self.births if all(_years(b, d) > 11 for d in self.dates)}
        groups = {group for name in self.names for group in name.split("=")}
        found = {v for group in groups for v in _spellings(group)}
        found |= {v for text in self.ids for v in _id_forms(text)}
        found |= {text for text in self.phones if _digits(text) >= MIN_DIGITS}
        return frozenset(found | {b for b in births if b[4:] != "0101"})

    def words(self) -> frozenset[str]:
        """Every single word of the terms, in upper case and without accents, for the judge."""
        kinds = (self.names, self.ids, self.places, self.phones, self.equipment, self.births)
        return _split(itertools.chain(*kinds))

    def name_words(self) -> frozenset[str]:
        """The words of names and IDs alone, as in `words`, of three letters and more."""
        words = _split(itertools.chain(self.names, self.ids))
        return frozenset(w for w in words if len(w) > 2 and not is_placeholder(w))


def _split(texts: Iterable[str]) -> frozenset[str]:
    found = re.findall(r"[^\W_]+", plain(" ".join(texts)).upper())
    return frozenset(word for word in found if len(word) > 1)


def plain(text: str) -> str:
    """Text without accents."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c))


@lru_cache(maxsize=64)
def pattern(terms: frozenset[str]) -> re.Pattern[str] | None:
    """Finds any of `terms` as words of their own, in any case; None where there is none."""
    ordered = sorted({re.escape(t) for t in terms if t}, key=len, reverse=True)
    if not ordered:
        return None
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(ordered)})(?![^\W_])", re.IGNORECASE)


def _leaves(
    found: Iterable[Element], charsets: list[str], source: bytes = b"", depth: int = 0
) -> Iterator[Value]:
    for element in found:
        if element.tag == headers.CHARACTER_SET:
            charsets = charsets_of(element.value)
        elif not element.is_sequence:
            yield Value(element.tag, true_vr(element.tag, element.vr), element.value, charsets)
        elif _may_identify(element.tag):
            inside = source if depth else element.value
            for item in items_of(element, inside, depth):
                yield from _leaves(item.elements, charsets, inside, depth + 1)


def _may_identify(tag: int) -> bool:
    row = table.row(tag)
    return row is not None and not row.basic.endswith("U*")


def _kind(value: Value) -> str:
    if value.vr == "PN":
        return "names"
    otherwise = "dates" if value.vr == "DA" else ""
    return _kinds().get(keyword_of(value.tag), otherwise)


@cache
def _kinds() -> dict[str, str]:
    return {record["keyword"]: record["kind"] for record in table.records("terms.csv")}


def _years(one: str, other: str) -> int:
    try:
        return abs(int(one[:4]) - int(other[:4]))
    except ValueError:
        return 0


def _digits(text: str) -> int:
    return sum(c.isdigit() for c in text)


def _id_forms(text: str) -> set[str]:
    forms = {text, text.lstrip("0"), re.sub(r"[\s._/-]", "", text)}
    return {form for form in forms if _proves_as_id(form)}


def _proves_as_id(text: str) -> bool:
    if text.isdigit():
        return len(text) >= MIN_DIGITS and len(set(text)) > 1
    return len(text) >= MIN_LENGTH and not _says_nothing(text)


def _says_nothing(word: str) -> bool:
    return is_placeholder(plain(word)) or is_clinical(word)


@lru_cache(maxsize=1024)
def _spellings(name: str) -> set[str]:
    """A name's parts alone and together, in every order that is used and in every case."""
    parts = [p.strip() for p in name.split("^") if p.strip()]
    if not parts or all(_says_nothing(p) for p in re.findall(r"[^\W_]+", name)):
        return set()
    singles = {w for p in parts for w in (p, *re.findall(r"[^\W\d_]+", p)) if _proves_as_name(w)}
    pairs = itertools.permutations(parts[:3], 2)
    joined = {f"{a}{between}{b}" for a, b in pairs for between in ("^", " ", ", ", "_", "")}
    together = {name, " ".join(parts), *joined}
    long = {text for text in together if len(text) > MIN_LENGTH or not text.isascii()}
    spelled = {f for text in singles | long for f in (text, plain(text), _without_umlauts(text))}
    return {case for text in spelled for case in (text, text.upper(), text.lower(), text.title())}


def _without_umlauts(text: str) -> str:
    for umlaut, letters in {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "ø": "oe",
        "å": "aa",
    }.items():
        text = text.replace(umlaut, letters).replace(umlaut.upper(), letters.title())
    return text


def _proves_as_name(word: str) -> bool:
    enough = MIN_LENGTH if word.isascii() else 2
    return len(word) >= enough and not _says_nothing(word) and not word.isdigit()
