"""Which fragments make up a frame, whatever table there is."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.dicom.encapsulation import EncapsulatedFrames, write_items
from pixelscrub.dicom.pixel_element import PixelElement
from pixelscrub.errors import HeldError, Reason

END = b"\xff\xd9"
FRAGMENTS = st.binary(max_size=9).filter(lambda data: END not in data)
STREAMS = st.lists(st.lists(FRAGMENTS, min_size=1, max_size=4), min_size=1, max_size=5)


def _packed(frames: list[list[bytes]], table: bool) -> tuple[io.BytesIO, PixelElement, list[int]]:
    """Fragments of frames as items, each of even length."""
    out, items, offsets = io.BytesIO(), [], []
    size = 4 * len(frames) if table else 0
    base = 8 + size
    body = b""
    for fragments in frames:
        offsets.append(len(body))
        for fragment in fragments:
            items.append((base + len(body) + 8, len(fragment)))
            body += b"\xfe\xff\x00\xe0" + struct.pack("<L", len(fragment)) + fragment
    entries = struct.pack(f"<{len(frames)}L", *offsets) if table else b""
    out.write(b"\xfe\xff\x00\xe0" + struct.pack("<L", size) + entries + body)
    return out, PixelElement(0x7FE00010, "OB", 0, 0, ((8, size), *items)), offsets


@given(STREAMS)
def test_the_basic_table_groups_fragments(frames):
    even = [[f + b"\0" * (len(f) % 2) for f in frame] for frame in frames]
    file, element, _ = _packed(even, table=True)
    found = EncapsulatedFrames(file, element, len(even), None)
    assert [found.stream(i) for i in range(len(even))] == [b"".join(f) for f in even]


@given(STREAMS)
def test_the_extended_table_groups_fragments(frames):
    even = [[f + b"\0" * (len(f) % 2) for f in frame] for frame in frames]
    file, element, offsets = _packed(even, table=False)
    extended = np.array(offsets, "<u8").tobytes()
    found = EncapsulatedFrames(file, element, len(even), extended)
    assert [found.stream(i) for i in range(len(even))] == [b"".join(f) for f in even]


@given(STREAMS)
def test_without_a_table_frames_end_with_their_marker(frames):
    ended = [[b"ab" for _ in frame] + [END + b"\0\0"] for frame in frames]
    file, element, _ = _packed(ended, table=False)
    found = EncapsulatedFrames(file, element, len(ended), None)
    assert [found.stream(i) for i in range(len(ended))] == [b"".join(f) for f in ended]


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=6), st.booleans())
def test_written_items_are_read_again(streams, table):
    out = io.BytesIO()
    spans = write_items(out, streams, len(streams) if table else 0)
    size = 4 * len(streams) if table else 0
    items = [(8 + size + offset + 8, length + length % 2) for offset, length in spans]
    element = PixelElement(0x7FE00010, "OB", 0, 0, ((8, size), *items))
    found = EncapsulatedFrames(out, element, len(streams), None)
    assert [found.stream(i)[: len(s)] for i, s in enumerate(streams)] == streams
    assert found.has_table == table


def test_fragments_that_do_not_make_up_the_frames():
    file, element, _ = _packed([[b"ab", END], [b"cd", END]], table=False)
    with pytest.raises(HeldError) as caught:
        EncapsulatedFrames(file, element, 3, None)
    assert caught.value.reason == Reason.FRAME_COUNT


def test_a_single_frame_takes_every_fragment():
    file, element, _ = _packed([[b"ab", END], [b"cd", END]], table=False)
    assert EncapsulatedFrames(file, element, 1, None).stream(0) == b"ab" + END + b"cd" + END


def test_frames_that_are_not_counted_are_left_out():
    file, element, _ = _packed([[b"ab", END], [b"cd", END], [b"ef", END]], table=False)
    found = EncapsulatedFrames(file, element, 2, None)
    assert [found.stream(i) for i in range(2)] == [b"ab" + END, b"cd" + END]
    assert not found.is_exact()


@pytest.mark.parametrize("frames", [0, 7])
def test_frames_are_counted_where_the_header_cannot(frames):
    file, element, _ = _packed([[b"ab", b"cd" + END]], table=False)
    assert EncapsulatedFrames(file, element, frames, None).frames == 1


def test_a_table_that_lies_is_not_believed():
    file, element, _ = _packed([[b"ab", END], [b"ef", END]], table=False)
    extended = np.array([10, 20], "<u8").tobytes()
    found = EncapsulatedFrames(file, element, 2, extended)
    assert [found.stream(i) for i in range(2)] == [b"ab" + END, b"ef" + END]
    assert not found.is_exact()


@given(STREAMS, st.sampled_from(["none", "basic", "extended", "lying", "text"]))
def test_tables_are_exact_or_not(frames, kind):
    even = [[b"".join(frame) + b"x" * (len(b"".join(frame)) % 2)] for frame in frames]
    file, element, offsets = _packed(even, table=kind == "basic")
    tables = {
        "extended": (offsets, [len(f[0]) for f in even]),
        "lying": ([*offsets[:-1], offsets[-1] + 2], [len(f[0]) for f in even]),
    }
    values = [np.array(part, "<u8").tobytes() for part in tables.get(kind, ([], []))]
    if kind == "text":
        values = [b"Quixote 1547-09-29 Alonso", b""]
    found = EncapsulatedFrames(file, element, len(even), *(v or None for v in values))
    assert found.is_exact() == (kind in {"none", "basic", "extended"})


def test_no_fragments():
    element = PixelElement(0x7FE00010, "OB", 0, 0, ((8, 0),))
    with pytest.raises(HeldError) as caught:
        EncapsulatedFrames(io.BytesIO(), element, 1, None)
    assert caught.value.reason == Reason.TRUNCATED_PIXEL_DATA
