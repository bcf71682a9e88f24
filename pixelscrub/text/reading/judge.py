"""Whether a text that was read may stay. Doubt always masks.

Words count as a whole and letter by letter: nothing is taken for a harmless word because it looks
like one, since SCOTT looks like SCOUT. A number stays only with what it measures: alone it may be
an age, an ID or part of a date.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Literal

from pixelscrub.identity.free_text import Cleaner
from pixelscrub.identity.terms import Terms, pattern
from pixelscrub.identity.vocabulary import is_clinical, may_be_name

Keep = Literal["nothing", "laterality", "harmless", "unidentifying"]

CERTAIN: Final = 0.8
"""Reading confidence from which a text is taken for read."""
DATA: Final = Path(__file__).parent / "data" / "judged.txt"
LATERALITY: Final = "laterality"
TECHNIQUE: Final = "technique"
LABEL_WORDS: Final = "label"
PERSONAL: Final = "personal"
UNIT: Final = (
    r"(?:mm|cm|cm/s|cm/sec|m/s|mm/s|mm/sec|Hz|kHz|MHz|dB|%|fps|kV|kVp|mA|mAs|ms|msec|bpm|ml|cc"
    r"|cm2|cm²|mmHg|HU)"
)
LABEL: Final = (
    r"(?:MI|TI|TIS|TIB|TIC|AO|DR|FR|PRF|WF|WL|WW|FOV|DFOV|kV|kVp|mA|mAs|PWR|C|CG|DG|2DG|SV|PG)"
)
SHORTEST: Final = 4
"""Letters of a word of medicine that is taken for one; shorter ones are too like names."""
AGE: Final = re.compile(r"\d{1,3}[YMWD]", re.IGNORECASE)
SURNAMES_TOO: Final = frozenset({"foot", "hand", "hands"})
"""Parts of the body that are surnames as well."""
NUMBER: Final = r"[+-]?\d{1,4}(?:[.,]\d{1,3})?"


@cache
def phrases(section: str) -> frozenset[str]:
    """A section of the words in seven languages, in capitals without accents.

    Args:
        section: `laterality`, `technique`, `label` or `personal`.
    """
    found: set[str] = set()
    current = ""
    for line in DATA.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = line.strip("[]")
        elif current == section and line.strip():
            found |= {plain(phrase) for phrase in line.partition(":")[2].split(",")}
    return frozenset(found)


def plain(text: str) -> str:
    """Capitals without accents, single spaces: readers lose accents, and films leave them out."""
    return " ".join(unaccented(text).upper().split())


def unaccented(text: str) -> str:
    """Letters without what stands above and below them."""
    parts = unicodedata.normalize("NFD", text)
    return "".join(c for c in parts if not unicodedata.combining(c))


@cache
def measurement() -> re.Pattern[str]:
    """A number with its unit, its label, or both."""
    words = "|".join(sorted(map(re.escape, phrases(LABEL_WORDS)), key=len, reverse=True))
    return re.compile(
        rf"(?:(?:{LABEL}|(?i:{words}))\.?\s?[:=<>]?\s?)?{NUMBER}\s?{UNIT}"
        rf"|{LABEL}\s?[:=<>]?\s?{NUMBER}"
    )


def stays(text: str, confidence: float, keep: Keep, terms: Terms | None) -> bool:
    """Whether a text may stay in the picture.

    Args:
        text: one line, as it was read.
        confidence: how sure the reading is, 0 to 1.
        keep: what the recipe lets stay.
        terms: what identifies in the study; its words never stay. None where it is not known.
    """
    line = " ".join(text.split())
    if keep == "nothing" or confidence < CERTAIN or not line:
        return False
    identifying = terms.words() if terms else frozenset()
    words = re.findall(r"[^\W_]+", line.upper())
    if not identifying.isdisjoint({*words, *map(plain, words)}):
        return False
    if keep == "laterality":
        return _is_made_of(plain(line), phrases(LATERALITY))
    return _is_harmless(line) or (keep == "unidentifying" and _tells_nobody(line, terms or Terms()))


def _is_made_of(line: str, known: frozenset[str]) -> bool:
    """Whether a line is one known phrase after the other; longer ones first."""
    words = line.split()
    longest = max(phrase.count(" ") for phrase in known) + 1
    while words:
        for count in range(min(longest, len(words)), 0, -1):
            if " ".join(words[:count]) in known:
                break
        else:
            return False
        words = words[count:]
    return True


def _tells_nobody(line: str, terms: Terms) -> bool:
    """Whether all of a line is of medicine or short numbers, and no word of it is a name too."""
    rest = _unmeasured(line)
    cleaned = re.findall(r"[^\W_]+", _cleaner(terms).clean(rest))
    words = re.findall(r"[^\W_]+", rest)
    says_something = any(word.isalpha() for word in words)  # a number alone may be an age
    is_english = all(is_clinical(word) for word in words if word.isalpha())
    return (
        says_something and is_english and cleaned == words and not any(map(_may_be_person, words))
    )


def _may_be_person(word: str) -> bool:
    """Names, what introduces them, and what is too short to be a word: initials, syllables."""
    said = plain(word)
    if said in phrases(PERSONAL):
        return True
    short = word.isalpha() and len(word) < SHORTEST and said not in harmless()
    is_name = may_be_name(word) or word.casefold() in SURNAMES_TOO
    return short or is_name or AGE.fullmatch(word) is not None


@lru_cache(maxsize=8)
def _cleaner(terms: Terms) -> Cleaner:
    return Cleaner(terms.name_words(), terms.words(), pattern(terms.variants()))


def _is_harmless(line: str) -> bool:
    """Whether a line is nothing but measurements, sides and technique."""
    return _is_made_of(plain(_unmeasured(line)), harmless())


@cache
def harmless() -> frozenset[str]:
    """Sides, projections and technique."""
    return phrases(LATERALITY) | phrases(TECHNIQUE)


def _unmeasured(line: str) -> str:
    """The line without its measurements."""
    return measurement().sub(_emptied, unaccented(line))


def _emptied(match: re.Match[str]) -> str:
    """Nothing, where the measurement stands as words of its own; else the text as it is."""
    before = match.string[: match.start()]
    after = match.string[match.end() :]
    alone = before[-1:].strip() == "" and after[:1].strip() == ""
    return "" if alone else match.group()
