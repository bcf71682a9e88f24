from __future__ import annotations

import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pixelscrub.dicom.parts import parts_of
from pixelscrub.errors import HeldError
from pixelscrub.identity.terms import Terms
from tests.tags import hideouts
from tests.tags.hideouts import element, file, pixels
from tests.tags.samples import make_ct, rewritten, written

SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_file_is_taken_apart_whatever_its_encoding(syntax):
    parts = parts_of(io.BytesIO(written(make_ct(), syntax)))
    assert parts.syntax == syntax
    assert parts.pixels is None
    assert parts.header.text(0x00100010) == "Gundersen^Ragnhild^Astrid"


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("size", [10, 40_000, 300_000])
def test_headers_of_any_length_are_read_and_pixels_are_copied(pseudonyms, syntax, size):
    made = make_ct(ICCProfile=bytes(size))
    made.PixelData, made.DataSetTrailingPadding = b"\1\2" * 500, b"padding "
    made["PixelData"].VR = "OW"
    clean = dcmread(io.BytesIO(rewritten(written(made, syntax), pseudonyms)))
    assert clean.PixelData == made.PixelData
    assert clean.ICCProfile == bytes(size)
    assert "DataSetTrailingPadding" not in clean


@pytest.mark.parametrize(
    "data",
    [
        b"no DICOM",
        b"\0" * 128 + b"DICM",
        b"\0" * 128 + b"DICM" + b"\2\0",
        file(syntax="1.2.3.4"),
        file(syntax=hideouts.DEFLATED),
        file(after=b"not an element"),
        file(element(0x00181210, "ZZ", "unknown VR")),
        file(pixels(bytes(16)))[:-4],
        file(pixels(bytes(16)), pixels(bytes(16))),
    ],
)
def test_what_is_not_sure_is_left_to_another_way(data):
    assert parts_of(io.BytesIO(data)) is None


def test_overlays_and_icons_are_noticed():
    plain, overlay, icon = (
        parts_of(io.BytesIO(file(*more)))
        for more in (
            (),
            (element(0x60000010, "US", b"\1\0"),),
            (element(0x00880200, "SQ", b""),),
        )
    )
    assert (plain.shows_more, overlay.shows_more, icon.shows_more) == (False, True, True)


def test_spare_bytes_of_long_heads_are_made_anew(pseudonyms):
    made = file(element(0x00282000, "OB", b"\1profile\2"))
    place = made.index(b"\x28\x00\x00\x20OB") + 6
    made = made[:place] + b"ZQ" + made[place + 2 :]
    assert b"OBZQ" in made
    out = rewritten(made, pseudonyms)
    assert b"OBZQ" not in out
    assert b"\1profile\2" in out


@given(st.integers(0, 600), st.binary(min_size=1, max_size=8))
def test_damaged_files_are_read_or_held(place, junk):
    made = bytearray(file(pixels(b"", b"", b"\xff\xd8\xff\xd9"), syntax=hideouts.JPEG))
    made[place : place + len(junk)] = junk
    with suppress(HeldError):  # nothing else may be raised
        assert isinstance(Terms.read(io.BytesIO(bytes(made))), Terms)
