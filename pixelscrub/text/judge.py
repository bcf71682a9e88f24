"""Whether a text that was read may stay. Doubt always masks.

Words count as a whole and letter by letter: nothing is taken for a harmless word because it looks
like one, since SCOTT looks like SCOUT. A number stays only with what it measures: alone it may be
an age, an ID or part of a date.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from pixelscrub.tags.terms import Terms

Keep = Literal["nothing", "laterality", "harmless"]

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
    return _is_harmless(line)


def _is_harmless(line: str) -> bool:
    """Whether a line is nothing but measurements, sides and technique."""
    rest = MEASUREMENT.sub(_emptied, line) if line.isascii() or "²" in line else line
    return all(word.upper() in LATERALITY | TECHNIQUE for word in rest.split())


def _emptied(match: re.Match[str]) -> str:
    """Nothing, where the measurement stands as words of its own; else the text as it is."""
    before = match.string[: match.start()]
    after = match.string[match.end() :]
    alone = before[-1:].strip() == "" and after[:1].strip() == ""
    return "" if alone else match.group()
