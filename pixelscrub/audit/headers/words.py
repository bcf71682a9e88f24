"""What still tells of a person in the words and numbers of an output's header.

This is a reading of its own: dates are parsed and compared, names and numbers are looked for in
texts without spaces and signs, forwards and backwards, and numbers in numeric elements. Of the
steps it takes the lists of words alone.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydicom.datadict import keyword_for_tag
from pydicom.uid import UID

from pixelscrub.audit.headers.date_reading import Day, dates_in
from pixelscrub.audit.issues import Issue
from pixelscrub.identity.code_strings import is_known_code
from pixelscrub.identity.terms import Terms
from pixelscrub.identity.vocabulary import is_clinical, is_everyday, is_known, is_unit
from pixelscrub.prove.places import FoundValue

FREE: Final = frozenset({"LO", "LT", "SH", "ST", "UC", "UT", "UR"})
HIDDEN: Final = frozenset({"UN", "OB", "OW"})
NUMBERS: Final = {"UL": "L", "SL": "l", "FD": "d", "FL": "f", "SV": "q", "UV": "Q"}
BY_DEVICE: Final = re.compile(
    r".*(?:Manufacturer|Version|Kernel|SequenceName|Coil|Nucleus|Scheme|Creator|Filter|Method|Nuclide"
    r"|Pharmaceutical|Material|Identifier|Format|Algorithm|MIME|Font|Grid|Phosphor|Plate|Mode|Model"
    r"|Transducer|Function|Isotope|StackID|TimeSource|ReferenceIndicator|Application|Framing|Trigger"
    r"|Rejection|RescaleType|LUTType|DimensionDescription|RecognitionCode|Detector|Route|System).*"
    r"|CodeValue|LongCodeValue|ProductName|DeidentificationMethod"
)  # fmt: skip
"""Keywords of attributes whose texts devices write: unknown words there name nobody."""
PSEUDONYMS: Final = frozenset({"PatientID", "PatientName", "AccessionNumber"})
TITLE: Final = re.compile(
    r"(?<![^\W_])(?:Mrs?|Ms|Miss|Dr|Prof|Herrn?|Frau|Mme|Mlle|Monsieur|Madame|Sra?|Srta|Dra|Señora?"
    r"|Sig|Signora?|Dott|Dhr|Mevr|Mw)\.?\s+[A-ZÀ-Þ][^\W\d_]{2,}"
)
PHONE: Final = re.compile(
    r"(?<![\w.,+-])(?:\+\d{1,3}[ ./-]?)?\(?\d{2,5}\)?(?:[ /-]{1,2}\d{2,9}){1,5}(?![\w.,-])"
)
ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}|https?://|www\.\w", re.IGNORECASE)
PLACE: Final = re.compile(
    r"\b(?:room|bed|ward|zimmer|bett|chambre|lit|habitación|cama|stanza|letto|kamer|quarto|leito)"
    r"\s*(?:no\.?|nr\.?|#)?\s*\d{1,4}",
    re.IGNORECASE,
)
OLD: Final = re.compile(
    r"(?<!\d)0?(?:9\d|1[0-2]\d)[\s-]*(?:years?|yrs?|y\.?o\.?|y/o|jahre?n?|jährig\w*|ans|años|anos|anni|jaar)\b"
    r"|\b(?:ninety|neunzig|nonante|noventa|novanta|negentig|quatre-vingt-d)\w*",
    re.IGNORECASE,
)
LEAST_PHONE, MOST_PHONE, LEAST_NAME, LEAST_NUMBER = 7, 15, 5, 5
LEAST_UNKNOWN: Final = 4
"""Letters from which a word that nobody knows is told of."""
ESCAPES: Final = re.compile(r"\x1b[ -/]*[0-~]?")
MAX_AGE: Final = 89
MOST: Final = 1e18
"""Larger numbers are no IDs."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What tells of a study's persons, as it is looked for here.

    Attributes:
        words: names and numbers without signs, in small letters, forwards and backwards.
        numbers: IDs and dates of birth as integers.
        births, dates: days.
    """

    words: frozenset[str]
    numbers: frozenset[int]
    births: frozenset[Day]
    dates: frozenset[Day]


@lru_cache(maxsize=64)
def sought(terms: Terms) -> Sought:
    """What to look for of the terms of a study."""
    names = {part for name in terms.names for group in name.split("=") for part in _pairs(group)}
    long = {w for w in names if len(w) >= LEAST_NAME and not (is_clinical(w) or is_known(w))}
    ids = {squeezed(text) for text in terms.ids}
    digits = {"".join(filter(str.isdigit, text)) for text in terms.ids}
    phones = {"".join(filter(str.isdigit, text)) for text in terms.phones}
    telling = {n for n in ids | digits | phones if len(n) >= LEAST_NUMBER and len(set(n)) > 2}
    births = frozenset(day for text in terms.births for day in dates_in(text))
    numbers = {int(n) for n in digits if len(n) >= LEAST_NUMBER and len(set(n.strip("0"))) > 1}
    for year, month, day in births:
        numbers |= {int(f"{year:04d}{month:02d}{day:02d}"), int(f"{day:02d}{month:02d}{year:04d}")}
        numbers.add(int(f"{month:02d}{day:02d}{year:04d}"))
    words = long | {w[::-1] for w in long} | {t for t in telling if not is_known(t)}
    dates = frozenset(day for text in terms.dates for day in dates_in(text))
    return Sought(frozenset(words), frozenset(numbers), births, dates)


def _pairs(name: str) -> set[str]:
    parts = [squeezed(part) for part in name.split("^")[:3]]
    parts = [part for part in parts if part]
    return {*parts, *(a + b for a in parts for b in parts if a != b)}


def squeezed(text: str) -> str:
    """Letters and digits of a text, in small letters, without accents."""
    plain = unicodedata.normalize("NFKD", ESCAPES.sub("", text))
    return "".join(c for c in plain.casefold() if c.isalnum())


def check_words(
    name: str,
    before: Mapping[str, FoundValue],
    after: Mapping[str, FoundValue],
    terms: Terms,
    actions: Mapping[str, str],
    keeps_dates: bool,
) -> Iterator[Issue]:
    """Read every value of an output's header.

    Args:
        name: of the output.
        before: the original's values by place.
        after: the output's, less what a recipe's rule keeps.
        terms: what identifies in the study.
        actions: what the table says of each listed tag, as a letter, under the claimed options.
        keeps_dates: dates may stay, moved or not.
    """
    known = sought(terms)
    for place, value in after.items():
        listed = actions.get(tag_of(place), "")
        kinds = set(_kinds(value, known, keeps_dates))
        is_old = place in before and before[place].data.strip(b" \0") == value.data.strip(b" \0")
        if listed in {"", "C"} or tag_of(place)[:4] > "5000" or int(tag_of(place)[:4], 16) % 2:
            kinds |= set(_unknown(value, before.get(place), is_old))
        yield from (Issue(kind, name, place) for kind in sorted(kinds))


def tag_of(place: str) -> str:
    """Eight hexadecimal digits of the last element on a path."""
    return place[-10:-1].replace(",", "")


def _kinds(value: FoundValue, known: Sought, keeps_dates: bool) -> Iterator[str]:
    """What of the study's own is left in a value."""
    keyword = keyword_for_tag(tag_of(value.place))
    if keyword in PSEUDONYMS:
        return
    text = text_of(value)
    if text:
        if any(_stands_in(word, text) for word in known.words):
            yield "identifier_disguised"
        found = dates_in(text) if value.vr not in {"UI", "DS", "IS"} else frozenset()
        if found & known.births and value.vr not in {"DA", "DT"}:
            yield "birth_date_left"
        if found & known.dates and not keeps_dates and value.vr in FREE:
            yield "date_left"
    if known.numbers and not known.numbers.isdisjoint(_numbers(value)):
        yield "number_left"
    if value.vr == "AS" and _is_above_89(text):
        yield "age_above_89"
    if value.vr == "UI":
        yield from ("uid_tells" for uid in text.split("\\") if _uid_tells(uid, known))


def text_of(value: FoundValue) -> str:
    """A value as text; empty where it is binary."""
    if value.vr in NUMBERS or value.vr in {"US", "SS", "AT", "OF", "OD", "OL", "OV"}:
        return ""
    data = value.data.rstrip(b"\0 ")
    if value.vr in HIDDEN and (len(data) > 4096 or re.search(rb"[\x00-\x08\x0e-\x1a]", data)):
        return ""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _stands_in(word: str, text: str) -> bool:
    """Whether a name or number is spelled by whole words of a text, or by letters one by one."""
    parts = [squeezed(part) for part in re.findall(r"[^\W_]+", ESCAPES.sub("", text))]
    for start in range(len(parts)):
        joined = ""
        for part in parts[start:]:
            joined += part
            if joined == word:
                return True
            if len(joined) >= len(word):
                break
    return False


def _numbers(value: FoundValue) -> Iterator[int]:
    """Whole numbers of a numeric element of few values."""
    if len(value.data) > 64:
        return
    if value.vr in {"IS", "DS"}:
        for part in value.data.split(b"\\"):
            try:
                number = float(part.strip(b" \0"))
            except ValueError:
                continue
            if abs(number) < MOST and number.is_integer():
                yield int(number)
    elif value.vr in NUMBERS:
        size = struct.calcsize("<" + NUMBERS[value.vr])
        for at in range(0, len(value.data) - size + 1, size):
            for order in "<>":
                (number,) = struct.unpack_from(order + NUMBERS[value.vr], value.data, at)
                if abs(number) < MOST and float(number).is_integer():
                    yield int(number)


def _is_above_89(text: str) -> bool:
    found = re.fullmatch(r"(\d{1,4})(Y?)", text.strip())
    return found is not None and int(found[1]) > MAX_AGE + 1


def _uid_tells(uid: str, known: Sought) -> bool:
    uid = uid.strip(" \0")
    if uid.startswith("1.2.840.10008."):
        group = re.fullmatch(r"1\.2\.840\.10008\.(?:6\.1|8\.1|9)\.\d{1,4}", uid)
        return UID(uid).name == uid and group is None
    parts = {int(part) for part in uid.split(".") if part.isdigit()}
    return not parts.isdisjoint(known.numbers)


def _unknown(value: FoundValue, old: FoundValue | None, is_old: bool) -> Iterator[str]:
    """What tells of other persons: titles, addresses, telephone numbers, and unknown words."""
    keyword = keyword_for_tag(tag_of(value.place))
    text = text_of(value)
    if value.vr == "CS":
        if is_old and not all(is_known_code(part.strip()) for part in text.split("\\")):
            yield "unknown_word_left"
        return
    if value.vr not in FREE | HIDDEN or not text:
        return
    if TITLE.search(text):
        yield "person_left"
    if OLD.search(text):
        yield "age_above_89"
    if keyword and BY_DEVICE.fullmatch(keyword):
        return
    if ADDRESS.search(text) and value.vr != "UR":
        yield "person_left"
    if any(_is_phone(found) for found in PHONE.finditer(text)) or PLACE.search(text):
        yield "person_left"
    same = set() if old is None else set(_letters(text_of(old)))
    is_creator = int(tag_of(value.place)[:4], 16) % 2 and int(tag_of(value.place)[4:], 16) < 0x100
    if (
        value.vr in FREE
        and not is_creator
        and any(w in same and not _is_word(w) for w in _letters(text))
    ):
        yield "unknown_word_left"


def _is_phone(found: re.Match[str]) -> bool:
    count = sum(c.isdigit() for c in found[0])
    after = re.match(r"\s*([^\W\d_]+)", found.string[found.end() :])
    is_measured = after is not None and is_unit(after[1])
    return LEAST_PHONE <= count <= MOST_PHONE and not is_measured


def _letters(text: str) -> list[str]:
    return re.findall(rf"[^\W\d_]{{{LEAST_UNKNOWN},}}", text)


@lru_cache(maxsize=4096)
def _is_word(word: str) -> bool:
    return is_known(word) or is_everyday(word) or word in {"REMOVED"}
