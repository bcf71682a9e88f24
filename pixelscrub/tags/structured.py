"""Structured content: dummies for whole content trees."""

from __future__ import annotations

from pixelscrub.tags.elements import ITEM, Encoding, head_of
from pixelscrub.tags.values import DUMMY_TEXT, encode

CONTENT_SEQUENCE = 0x0040A730
_CONCEPT = [(0x00080100, "SH", "121106"), (0x00080102, "SH", "DCM"), (0x00080104, "LO", "Comment")]


def dummy(tag: int, how: Encoding) -> bytes | None:
    """The items that stand in for a content tree; None for sequences that are walked instead."""
    if tag != CONTENT_SEQUENCE:
        return None
    concept = _item([_leaf(*leaf, how) for leaf in _CONCEPT], how)
    written = None if how.implicit else "SQ"
    elements = [
        _leaf(0x0040A010, "CS", "CONTAINS", how),
        _leaf(0x0040A040, "CS", "TEXT", how),
        head_of(0x0040A043, written, len(concept), how) + concept,
        _leaf(0x0040A160, "UT", DUMMY_TEXT, how),
    ]
    return _item(elements, how)


def _leaf(tag: int, vr: str, text: str, how: Encoding) -> bytes:
    data = encode(text, vr)
    return head_of(tag, None if how.implicit else vr, len(data), how) + data


def _item(elements: list[bytes], how: Encoding) -> bytes:
    body = b"".join(elements)
    return head_of(ITEM, None, len(body), how) + body
