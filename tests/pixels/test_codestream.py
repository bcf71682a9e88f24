"""Frame headers of code streams are read, or the stream is held."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.errors import HeldError, Reason
from pixelscrub.pixels.codestream import read_jpeg, read_jpeg2000

MARKERS = st.binary(max_size=60)


@given(MARKERS)
def test_any_bytes_as_jpeg_are_read_or_held(tail):
    try:
        found = read_jpeg(b"\xff\xd8" + tail)
    except HeldError:
        return
    assert found.components == len(found.factors)


@given(st.integers(1, 9), st.integers(1, 65535), st.integers(1, 65535))
def test_a_frame_header_is_read_as_it_is(components, rows, columns):
    table = b"".join(bytes((i, 0x21, 0)) for i in range(components))
    frame = struct.pack(">BHHB", 8, rows, columns, components) + table
    fill = b"\xff\xff"
    stream = b"\xff\xd8" + fill + b"\xc0" + struct.pack(">H", len(frame) + 2) + frame
    found = read_jpeg(stream + b"\xff\xda\x00\x02")
    assert (found.rows, found.columns, found.components) == (rows, columns, components)
    assert found.factors == ((2, 1),) * components


@pytest.mark.parametrize("stream", [b"\xff\xd8\xff\xd9\0\0", b"\xff\xd8\xff\xc0\0\x09a", b"none"])
def test_markers_out_of_place(stream):
    with pytest.raises(HeldError) as caught:
        read_jpeg(stream)
    assert caught.value.reason == Reason.DECODE_FAILED


def test_a_jp2_file_is_unboxed(bench):
    import pydicom
    from pydicom.encaps import generate_frames

    data = pydicom.dcmread(io.BytesIO(bench.instance("4.90"))).PixelData
    stream = next(generate_frames(data, number_of_frames=1))
    signature = struct.pack(">L4sL", 12, b"jP  ", 0x0D0A870A)
    boxed = signature + struct.pack(">L4s", 0, b"jp2c") + stream
    assert read_jpeg2000(boxed) == read_jpeg2000(stream)
    with pytest.raises(HeldError):
        read_jpeg2000(signature)
