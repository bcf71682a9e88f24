"""What pixel data say of themselves, and corrections of the header that this allows."""

from __future__ import annotations

import io

import numpy as np
import pytest
from pydicom.encaps import encapsulate

from pixelscrub.errors import HeldError, Reason
from pixelscrub.pixels.edit import Edit
from pixelscrub.prove.parsed import Parsed
from pixelscrub.prove.release import release
from pixelscrub.prove.surplus import surplus, told
from tests.audit.seeds_bytes import saved
from tests.streams import ROOT, encoded, picture


def parsed(header) -> Parsed:
    return Parsed.of(io.BytesIO(saved(header)))


@pytest.mark.parametrize("syntax", ["4.50", "4.70", "4.80", "4.90", "5"])
def test_streams_tell_frames_samples_and_bits(syntax, make_instance):
    header = make_instance(picture(), NumberOfFrames=2)
    header.file_meta.TransferSyntaxUID = ROOT + syntax
    header.PixelData = encapsulate([encoded(syntax), encoded(syntax)])
    header["PixelData"].is_undefined_length = True
    found = told(parsed(header))
    assert found["NumberOfFrames"] == 2
    if syntax != "5":
        assert (found["SamplesPerPixel"], found["BitsAllocated"]) == (1, 8)


def test_native_pixel_data_tell_frames(make_instance):
    header = make_instance(np.zeros((6, 8), np.uint8))
    header.PixelData *= 3
    assert told(parsed(header)) == {"NumberOfFrames": 3}
    del header.PixelData
    assert told(parsed(header)) == {}


def written(tmp_path, before, after) -> None:
    path = tmp_path / "out.dcm"
    path.write_bytes(saved(after))
    release(io.BytesIO(saved(before)), path, Edit(), None)


def test_a_header_may_be_corrected_to_what_the_pixels_are(make_instance, tmp_path):
    after = make_instance(picture())
    before = make_instance(picture(), NumberOfFrames=7, SOPInstanceUID=after.SOPInstanceUID)
    written(tmp_path, before, after)


@pytest.mark.parametrize("change", [{"PixelRepresentation": 1}, {"SamplesPerPixel": 3}])
def test_a_header_may_not_be_changed_to_anything_else(change, make_instance, tmp_path):
    after = make_instance(picture(), **change)
    with pytest.raises(HeldError) as caught:
        written(tmp_path, make_instance(picture()), after)
    assert caught.value.reason in {
        Reason.FRAME_COUNT,
        Reason.NOT_READABLE_AGAIN,
        Reason.SURPLUS_LEFT,
    }


def test_overlay_planes_that_the_header_tells_of_are_no_surplus(make_instance):
    cells = picture().astype(np.uint16) | np.eye(40, 56, dtype=np.uint16) << 12
    header = make_instance(cells, BitsStored=12, HighBit=11)
    assert list(surplus(parsed(header))) == ["bits above the stored ones"]
    header.add_new(0x60000100, "US", 16)
    header.add_new(0x60000102, "US", 12)
    assert list(surplus(parsed(header))) == []


def test_floating_point_cells_have_no_spare_bits(make_instance):
    header = make_instance(picture())
    del header.PixelData, header.BitsStored, header.HighBit, header.PixelRepresentation
    header.BitsAllocated = 32
    header.FloatPixelData = picture().astype("<f4").tobytes()
    assert list(surplus(parsed(header))) == []
