"""Whether a text that was read may stay. Doubt always masks.

Words count as a whole and letter by letter: nothing is taken for a harmless word because it looks
like one, since SCOTT looks like SCOUT. A number stays only with what it measures: alone it may be
an age, an ID or part of a date.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

from pixelscrub.identity.free_text import Cleaner
from pixelscrub.identity.terms import Terms, pattern
from pixelscrub.identity.vocabulary import may_be_name

Keep = Literal["nothing", "laterality", "harmless", "unidentifying"]

CERTAIN: Final = 0.8
"""Reading confidence from which a text is taken for read."""
LATERALITY: Final = {
    *("L", "R", "LT", "RT", "LEFT", "RIGHT", "AP", "PA", "LAT", "LL"),
    *("CC", "MLO", "LCC", "RCC", "LMLO", "RMLO", "L-CC", "R-CC", "L-MLO", "R-MLO", "XCCL"),
}
"""Sides and projections (PS3.16 CID 4014, and their use on films)."""
TECHNIQUE: Final = {
    *("2D", "3D", "4D", "CINE", "FROZEN", "PWR"),
    *("PORTABLE", "SUPINE", "PRONE", "ERECT", "UPRIGHT", "SEMI-UPRIGHT"),
}
"""Words of technique that are nobody's name."""
UNIT: Final = (
    r"(?:mm|cm|cm/s|cm/sec|m/s|mm/s|mm/sec|Hz|kHz|MHz|dB|%|fps|kV|kVp|mA|mAs|ms|msec|bpm|ml|cc"
    r"|cm2|cm²|mmHg|HU)"
)
LABEL: Final = (
    r"(?:MI|TI|TIS|TIB|TIC|AO|DR|FR|PRF|WF|WL|WW|FOV|DFOV|kV|kVp|mA|mAs|PWR|C|CG|DG|2DG|SV|PG)"
)
SHORTEST: Final = 4
"""Letters of a word of medicine that is taken for one; shorter ones are too like names."""
PERSONAL: Final = {
    *("AGE", "AGED", "BIRTH", "BORN", "DATE", "FEMALE", "GENDER", "MALE", "NAME", "NUMBER"),
    *("PATIENT", "PHYSICIAN", "YEAR", "YEARS", "OPERATOR", "DOCTOR", "HOSPITAL", "CLINIC"),
}
"""Words of medicine beside which something personal stands."""
AGE: Final = re.compile(r"\d{1,3}[YMWD]", re.IGNORECASE)
NUMBER: Final = r"[+-]?\d{1,4}(?:[.,]\d{1,3})?"
MEASUREMENT: Final = re.compile(
    rf"(?:{LABEL}\s?[:=<>]?\s?)?{NUMBER}\s?{UNIT}|{LABEL}\s?[:=<>]?\s?{NUMBER}"
)
"""A number with its unit, its label, or both."""


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
    if any(word in identifying for word in re.findall(r"[^\W_]+", line.upper())):
        return False
    if keep == "laterality":
        return all(word.upper() in LATERALITY for word in line.split())
    return _is_harmless(line) or (keep == "unidentifying" and _tells_nobody(line, terms or Terms()))


def _tells_nobody(line: str, terms: Terms) -> bool:
    """Whether all of a line is of medicine or short numbers, and no word of it is a name too."""
    rest = _unmeasured(line)
    cleaned = re.findall(r"[^\W_]+", _cleaner(terms).clean(rest))
    words = re.findall(r"[^\W_]+", rest)
    says_something = any(word.isalpha() for word in words)  # a number alone may be an age
    return says_something and cleaned == words and not any(map(_may_be_person, words))


def _may_be_person(word: str) -> bool:
    """Names, what introduces them, and what is too short to be a word: initials, syllables."""
    if word.upper() in PERSONAL:
        return True
    short = word.isalpha() and len(word) < SHORTEST and word.upper() not in LATERALITY | TECHNIQUE
    return short or may_be_name(word) or AGE.fullmatch(word) is not None


@lru_cache(maxsize=8)
def _cleaner(terms: Terms) -> Cleaner:
    return Cleaner(terms.name_words(), terms.words(), pattern(terms.variants()))


def _is_harmless(line: str) -> bool:
    """Whether a line is nothing but measurements, sides and technique."""
    return all(word.upper() in LATERALITY | TECHNIQUE for word in _unmeasured(line).split())


def _unmeasured(line: str) -> str:
    """The line without its measurements."""
    return MEASUREMENT.sub(_emptied, line) if line.isascii() or "²" in line else line


def _emptied(match: re.Match[str]) -> str:
    """Nothing, where the measurement stands as words of its own; else the text as it is."""
    before = match.string[: match.start()]
    after = match.string[match.end() :]
    alone = before[-1:].strip() == "" and after[:1].strip() == ""
    return "" if alone else match.group()
