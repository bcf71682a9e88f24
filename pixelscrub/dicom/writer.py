"""Elements of our own making, in bytes (PS3.5 chapter 7)."""

from __future__ import annotations

from collections.abc import Sequence

from pixelscrub.dicom.constants import ITEM
from pixelscrub.dicom.elements import Encoding, head_of
from pixelscrub.dicom.values import encode


def leaf(tag: int, vr: str, text: str, how: Encoding) -> bytes:
    """An element that holds ASCII text."""
    data = encode(text, vr)
    return head_of(tag, None if how.implicit else vr, len(data), how) + data


def item(elements: Sequence[bytes], how: Encoding) -> bytes:
    """An item of a sequence."""
    body = b"".join(elements)
    return head_of(ITEM, None, len(body), how) + body


def sequence(tag: int, items: Sequence[bytes], how: Encoding) -> bytes:
    """A sequence; no bytes at all where it has no items."""
    body = b"".join(items)
    return head_of(tag, None if how.implicit else "SQ", len(body), how) + body if body else b""
