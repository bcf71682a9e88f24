"""Structured content: content items by their concept (PS3.15 Table E.3.4-1), dummies for trees."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from pixelscrub.dicom.elements import Element, Encoding, items_of, true_vr
from pixelscrub.dicom.values import DUMMY_TEXT, decode
from pixelscrub.dicom.writer import item, leaf, sequence
from pixelscrub.identity.tables import ProfileRow, pairs, read_records
from pixelscrub.identity.vocabulary import is_public_scheme
from pixelscrub.tags.policy import SIMPLE, Action, Decision, cleaning

OPTION = "clean_structured_content"
CONTENT_SEQUENCE, CONCEPT_NAME, VALUE_TYPE = 0x0040A730, 0x0040A043, 0x0040A040
CODE_VALUE, SCHEME = 0x00080100, 0x00080102
DATE_TIME, DATE, TIME, PERSON, UID, TEXT = (
    0x0040A120,
    0x0040A121,
    0x0040A122,
    0x0040A123,
    0x0040A124,
    0x0040A160,
)
VALUES = {
    TEXT: "TEXT",
    DATE_TIME: "DATETIME",
    DATE: "DATE",
    TIME: "TIME",
    PERSON: "PNAME",
    UID: "UIDREF",
}
"""Attributes that hold the value of a content item, and its Value Type."""
_CONCEPT = [(CODE_VALUE, "SH", "121106"), (SCHEME, "SH", "DCM"), (0x00080104, "LO", "Comment")]


@cache
def _rows() -> dict[tuple[str, str, str], ProfileRow]:
    return {
        (r["code"], r["scheme"], r["value_type"]): ProfileRow(
            r["basic"], pairs(r["options"]), "E.3.4-1"
        )
        for r in read_records("sr_concepts.csv")
    }


def fate(elements: Sequence[Element], source: bytes, options: frozenset[str]) -> Decision | None:
    """What the table says of a content item's value; None where its attributes' rules hold.

    Text under a concept that is not listed is cleaned. `X/D` is taken as `D`, so that items
    that others refer to by position stay where they are.
    """
    kind, code, scheme = _value_type(elements), *_concept(elements, source)
    row = _rows().get((code, scheme, kind))
    if row is None:
        unlisted = Decision(Action.CLEAN, "E.3.4 unlisted concept", Action.REPLACE)
        return unlisted if kind == "TEXT" else None
    letter, option = row.code(options)
    letter = letter.split("/")[-1]
    vr = next((true_vr(e.tag, e.vr) for e in elements if e.tag in VALUES), "")
    action = cleaning(vr) if letter == "C" else SIMPLE[letter]
    return Decision(action, f"{row.source} {option or 'basic'} {letter}", Action.REPLACE)


def is_public_code(elements: Sequence[Element]) -> bool:
    """Whether an item is a code of a public coding scheme, which says nothing of a person."""
    return is_public_scheme(_text(elements, SCHEME))


def _value_type(elements: Sequence[Element]) -> str:
    written = _text(elements, VALUE_TYPE)
    return written or next((VALUES[e.tag] for e in elements if e.tag in VALUES), "")


def _concept(elements: Sequence[Element], source: bytes) -> tuple[str, str]:
    named = (e for e in elements if e.tag == CONCEPT_NAME and e.is_sequence)
    code = [element for e in named for item in items_of(e, source) for element in item.elements]
    return _text(code, CODE_VALUE), _text(code, SCHEME)


def _text(elements: Sequence[Element], tag: int) -> str:
    return next((decode(e.value, "CS", ()) for e in elements if e.tag == tag), "")


def dummy(tag: int, how: Encoding) -> bytes | None:
    """The items that stand in for a content tree; None for sequences that are walked instead."""
    if tag != CONTENT_SEQUENCE:
        return None
    concept = item([leaf(*each, how) for each in _CONCEPT], how)
    elements = [
        leaf(0x0040A010, "CS", "CONTAINS", how),
        leaf(VALUE_TYPE, "CS", "TEXT", how),
        sequence(CONCEPT_NAME, [concept], how),
        leaf(TEXT, "UT", DUMMY_TEXT, how),
    ]
    return item(elements, how)
