from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.dicom.elements import Encoding, Reader, head_of, items_of
from pixelscrub.errors import HeldError

ENCODINGS = [Encoding(implicit, little) for implicit in (True, False) for little in (True, False)]


@pytest.mark.parametrize("how", ENCODINGS)
@pytest.mark.parametrize("vr", ["LO", "UT", "SQ", "OB"])
def test_heads_are_read_as_they_are_written(how, vr):
    tag = {"LO": 0x00100020, "UT": 0x0040A160, "SQ": 0x00081140, "OB": 0x00420011}[vr]
    data = head_of(tag, None if how.implicit else vr, 0, how)
    (element,), end = Reader(data).elements(0, len(data), how)
    assert (element.tag, element.end, end) == (tag, len(data), len(data))
    assert element.is_sequence == (vr == "SQ")


@given(st.binary(max_size=200), st.sampled_from(ENCODINGS))
def test_any_bytes_are_read_or_held(data, how):
    found, end = [], len(data)
    with suppress(HeldError):
        found, end = Reader(data).elements(0, len(data), how)
    assert end == len(data)
    assert all(element.end <= end for element in found)


def test_nests_that_never_end_are_held():
    how = Encoding(implicit=False, little=True)
    start = head_of(0x00081140, "SQ", 0xFFFFFFFF, how) + head_of(0xFFFEE000, None, 0xFFFFFFFF, how)
    with pytest.raises(HeldError):
        Reader(start).elements(0, len(start), how)
    with pytest.raises(HeldError, match="too deep"):
        Reader(start * 3000).elements(0, len(start) * 3000, how)


def test_items_that_are_no_items_are_held():
    how = Encoding(implicit=False, little=True)
    data = head_of(0x00081140, "SQ", 8, how) + b"notitems"
    (element,), _ = Reader(data).elements(0, len(data), how)
    with pytest.raises(HeldError):
        items_of(element, data)


def test_items_may_change_to_implicit_vr():
    how = Encoding(implicit=False, little=True)
    inner = head_of(0x00100020, None, 2, Encoding(implicit=True, little=True)) + b"AB"
    data = head_of(0xFFFEE000, None, len(inner), how) + inner
    (item,), _ = Reader(data).items(0, len(data), how)
    assert item.how.implicit
    assert item.elements[0].value == b"AB"
