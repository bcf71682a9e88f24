"""The terms of a study: what in its headers identifies, as plain data.

The text step judges burned-in words by them, the tags step looks for them in what it keeps,
and the proof looks for them in the written bytes.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import BinaryIO

from pydicom import Dataset

from pixelscrub.dicom import header as headers
from pixelscrub.dicom.elements import Element, items_of, keyword_of, true_vr
from pixelscrub.dicom.parts import Encoded, parts_of
from pixelscrub.dicom.values import CHARACTER_SET, ElementValue, charsets_of
from pixelscrub.errors import Reason, guarded
from pixelscrub.identity import tables
from pixelscrub.identity.vocabulary import is_clinical, is_placeholder
from pixelscrub.pixels.image import Image

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
        spared: texts that the recipe keeps by a rule of its own; what they hold proves nothing.
    """

    names: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    births: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    equipment: frozenset[str] = frozenset()
    uids: frozenset[str] = frozenset()
    spared: frozenset[str] = frozenset()

    @classmethod
    def of(cls, header: Dataset) -> Terms:
        """The terms of one header; sequences that the profile changes are looked into.

        Raises:
            HeldError: TAGS_FAILED, where the header's bytes do not add up.
        """
        with guarded(Reason.TAGS_FAILED):
            return cls.among(headers.encoded(header))

    @classmethod
    def read(cls, file: BinaryIO) -> Terms:
        """The terms of an instance.

        Raises:
            HeldError: TAGS_FAILED or what `pixels.Image` raises, where it cannot be read.
        """
        with guarded(Reason.TAGS_FAILED):
            parts = parts_of(file)
            return cls.of(Image(file).header) if parts is None else cls.among(parts.header)

    @classmethod
    def among(cls, header: Encoded) -> Terms:
        """The terms of a header in bytes."""
        found: dict[str, set[str]] = {name: set() for name in cls.__slots__}
        for data, elements in header.pieces:
            for kind, value in _leaves(elements, header.charsets(), data, 0):
                found[kind].update(_parts(value))
        found["dates"] -= found["births"]
        return cls(**{kind: frozenset(terms) for kind, terms in found.items()})

    def but(self, spared: Iterable[str]) -> Terms:
        """The same terms, of which those that stand in `spared` texts prove nothing."""
        return replace(self, spared=self.spared.union(spared))

    def __or__(self, other: Terms) -> Terms:
        return Terms(*(getattr(self, name) | getattr(other, name) for name in self.__slots__))

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
        found |= {b for b in births if b[4:] != "0101"}
        spared = [text.casefold() for text in self.spared]
        return frozenset(v for v in found if not any(v.casefold() in text for text in spared))

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
    """Finds any of `terms` in any case; None where there is none.

    They stand for themselves where no letter goes on from a letter, and no digit from a digit:
    a name joined to a number is found.
    """
    kinds: dict[tuple[str, str], list[str]] = {}
    for term in sorted(filter(None, terms), key=len, reverse=True):
        kinds.setdefault((_same_kind(term[0]), _same_kind(term[-1])), []).append(re.escape(term))
    if not kinds:
        return None
    found = (f"(?<!{a})(?:{'|'.join(words)})(?!{b})" for (a, b), words in kinds.items())
    return re.compile("|".join(found), re.IGNORECASE)


def _same_kind(character: str) -> str:
    """What goes on with a word or number, as a regular expression; else what nothing matches."""
    if character.isdigit():
        return r"\d"
    return r"[^\W\d_]" if character.isalpha() else r"\b\B"


def _leaves(
    found: Iterable[Element], charsets: tuple[str, ...], source: bytes, depth: int
) -> Iterator[tuple[str, ElementValue]]:
    """Values that identify, and their kinds."""
    for element in found:
        tag = element.tag
        if tag == CHARACTER_SET:
            charsets = charsets_of(element.value)
        elif not element.is_sequence:
            kind = kind_of(tag, element.vr)
            if kind:
                yield kind, ElementValue(tag, true_vr(tag, element.vr), element.value, charsets)
        elif _may_identify(tag):
            for item in items_of(element, source, depth):
                yield from _leaves(item.elements, charsets, source, depth + 1)


@lru_cache(maxsize=1024)
def _parts(value: ElementValue) -> frozenset[str]:
    """What a value names; instances of one study share most of them."""
    return frozenset(filter(None, value.parts()))


@lru_cache(maxsize=4096)
def _may_identify(tag: int) -> bool:
    row = tables.row(tag)
    return row is not None and not row.basic.endswith("U*")


@lru_cache(maxsize=4096)
def kind_of(tag: int, written: str | None) -> str:
    """The field of `Terms` that an attribute's values belong to, empty where they name nobody."""
    vr = true_vr(tag, written)
    if vr == "PN":
        return "names"
    return _kinds().get(keyword_of(tag), "dates" if vr == "DA" else "")


@cache
def _kinds() -> dict[str, str]:
    return {record["keyword"]: record["kind"] for record in tables.read_records("terms.csv")}


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
