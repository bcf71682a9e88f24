from __future__ import annotations

import io

import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian

from pixelscrub.errors import HeldError, Reason
from pixelscrub.identity.terms import Terms
from pixelscrub.pixels.edit import Edit
from pixelscrub.prove.release import release

from .conftest import PACKAGED, as_bytes, packaged


def prove(tmp_path, original, written, terms=None, edit=None):
    path = tmp_path / "written"
    path.write_bytes(written)
    release(io.BytesIO(original), path, edit or Edit(), terms)


def held(*args, **options):
    with pytest.raises(HeldError) as caught:
        prove(*args, **options)
    return caught.value


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "image_dfl.dcm",
             "JPEG2000.dcm", "SC_rgb_jpeg_dcmtk.dcm", "rtplan.dcm", "MR_small_RLE.dcm"],
)  # fmt: skip
def test_the_same_file_is_released(tmp_path, terms, name):
    data = (PACKAGED / name).read_bytes()
    prove(tmp_path, data, data, terms)


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_RLE.dcm", "image_dfl.dcm"])
def test_one_changed_byte_of_pixel_data_is_found(tmp_path, name):
    dataset = packaged(name)
    before = as_bytes(dataset)
    pixels = bytearray(dataset.PixelData)
    pixels[-5] ^= 1
    dataset.PixelData = bytes(pixels)
    assert held(tmp_path, before, as_bytes(dataset)).reason is Reason.PIXELS_CHANGED


def test_lost_pixel_data_and_lost_frames_are_found(tmp_path):
    dataset = packaged("SC_rgb_rle_2frame.dcm")
    before = as_bytes(dataset)
    dataset.NumberOfFrames = 1
    assert held(tmp_path, before, as_bytes(dataset)).reason is Reason.FRAME_COUNT
    del dataset.PixelData
    assert held(tmp_path, before, as_bytes(dataset)).reason is Reason.PIXELS_CHANGED


@pytest.mark.parametrize("keyword", ["PixelSpacing", "ImagePositionPatient"])
def test_pixels_that_lie_elsewhere_are_held(tmp_path, keyword):
    dataset = packaged("CT_small.dcm")
    before = as_bytes(dataset)
    dataset[keyword].value = [value + 1 for value in dataset[keyword].value]
    error = held(tmp_path, before, as_bytes(dataset))
    assert (error.reason, error.detail) == (Reason.GEOMETRY_CHANGED, keyword)


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_RLE.dcm"])
@pytest.mark.parametrize("keep", [0.1, 0.6, 0.95])
def test_a_file_that_is_cut_short_is_held(tmp_path, name, keep):
    data = (PACKAGED / name).read_bytes()
    error = held(tmp_path, data, data[: int(len(data) * keep)])
    assert error.reason in {Reason.NOT_READABLE_AGAIN, Reason.PIXELS_CHANGED}


def test_a_missing_transfer_syntax_is_held(tmp_path):
    dataset = packaged("CT_small.dcm")
    before = as_bytes(dataset)
    del dataset.file_meta.TransferSyntaxUID
    out = io.BytesIO()
    dataset.save_as(out, implicit_vr=False, little_endian=True)
    assert held(tmp_path, before, out.getvalue()).reason is Reason.NOT_READABLE_AGAIN


def in_element(dataset):
    dataset.SeriesDescription = "scan of LINDQVIST"


def in_nested_private(dataset):
    item = Dataset()
    item.add_new((0x0009, 0x0010), "LO", "SOMEONE")
    item.add_new((0x0009, 0x1001), "UN", b"4711-77\0")
    dataset.ReferencedImageSequence = Sequence([item])


def in_file_meta(dataset):
    dataset.file_meta.SourceApplicationEntityTitle = "LINDQVIST"


def in_preamble(dataset):
    dataset.preamble = b"Lindqvist".ljust(128, b"\0")


def in_utf_16(dataset):
    dataset.add_new((0x0042, 0x0011), "OB", b"\1\2" + "lindqvist^åsa".encode("utf-16-le"))


def in_padding(dataset):
    dataset.DataSetTrailingPadding = b"\0\0Lindqvist\0"


def in_pixels(dataset):
    dataset.PixelData = dataset.PixelData[:500] + b"LindQvist" + dataset.PixelData[509:]


SEEDS = {
    in_element: "(0008,103E)", in_nested_private: "(0008,1140)[0].(0009,1001)",
    in_file_meta: "(0002,0016)", in_preamble: "preamble", in_utf_16: "bytes of the file",
    in_padding: "(FFFC,FFFC)", in_pixels: "pixel data (7FE0,0010)",
}  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.__name__)
def test_a_value_left_anywhere_is_found_and_not_told(tmp_path, terms, seed):
    dataset = packaged("CT_small.dcm")
    seed(dataset)
    data = as_bytes(dataset)
    error = held(tmp_path, data, data, terms)
    assert error.reason is Reason.IDENTIFIER_LEFT
    assert error.detail == f"in {SEEDS[seed]}"


def test_a_value_after_the_last_element_is_found(tmp_path, terms):
    data = as_bytes(packaged("CT_small.dcm"))
    error = held(tmp_path, data, data + b"LINDQVIST", terms)
    assert error.reason in {Reason.IDENTIFIER_LEFT, Reason.NOT_READABLE_AGAIN}


def test_a_value_in_a_deflated_file_is_found(tmp_path, terms):
    dataset = packaged("CT_small.dcm")
    in_element(dataset)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    data = as_bytes(dataset)
    assert held(tmp_path, data, data, terms).detail == "in (0008,103E)"


@pytest.mark.parametrize("name", ["SC_rgb_jpeg_dcmtk.dcm", "JPEG2000.dcm"])
def test_a_short_name_in_a_codestream_comment_is_found(tmp_path, terms, name):
    dataset = packaged(name)
    fragment = next(generate_frames(dataset.PixelData, number_of_frames=1))
    marker = b"\xff\xfe" if fragment[1] == 0xD8 else b"\xff\x64"
    comment = marker + (9).to_bytes(2, "big") + b"mrs Lee"
    at = 2 if fragment[1] == 0xD8 else 4 + int.from_bytes(fragment[4:6], "big")
    dataset.PixelData = encapsulate([fragment[:at] + comment + fragment[at:]])
    data = as_bytes(dataset)
    assert held(tmp_path, data, data, terms).detail == "frame 0: comment"


def test_a_name_after_the_end_of_a_codestream_is_found(tmp_path, terms):
    dataset = packaged("SC_rgb_jpeg_dcmtk.dcm")
    fragment = next(generate_frames(dataset.PixelData, number_of_frames=1)).rstrip(b"\0")
    dataset.PixelData = encapsulate([fragment + b"\0\1Lindqvist"])
    data = as_bytes(dataset)
    assert held(tmp_path, data, data, terms).detail == "frame 0: bytes behind the end of the image"


ELSEWHERE = Terms(
    uids=frozenset({"1.2.826.77.1.99", "1.2.840.10008.1.2.1"}),
    places=frozenset({"Klinik am Birnbaum", "Rontgenwerke"}),
    equipment=frozenset({"KELLERSCAN7"}),
    dates=frozenset({"20190712", "19000101"}),
)
"""None of these may stand in an output, but for the maker and what belongs to the standard."""


@pytest.mark.parametrize(
    "text", ["1.2.826.77.1.99", "klinik am birnbaum", "on KELLERSCAN7", "as of 20190712"]
)
def test_uids_places_devices_and_dates_of_the_study_are_found(tmp_path, text):
    dataset = packaged("CT_small.dcm")
    dataset.Manufacturer = "Rontgenwerke AG"
    before = as_bytes(dataset)
    prove(tmp_path, before, before, ELSEWHERE)
    dataset.ImageComments = text
    error = held(tmp_path, before, as_bytes(dataset), ELSEWHERE)
    assert error.reason is Reason.IDENTIFIER_LEFT
    assert error.detail == "in (0020,4000)"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.2.826.77.1.99", "113110"),
        ("Klinik am Birnbaum", "113112"),
        ("KELLERSCAN7", "113109"),
        ("20190712", "113106"),
        ("20190712", "113107"),
        ("19000101, a day that dummies have too", "113100"),
    ],
)
def test_what_an_option_of_the_standard_keeps_may_stay(tmp_path, text, code):
    dataset = packaged("CT_small.dcm")
    item = Dataset()
    item.CodeValue = code
    dataset.DeidentificationMethodCodeSequence = Sequence([item])
    dataset.ImageComments = text
    data = as_bytes(dataset)
    prove(tmp_path, data, data, ELSEWHERE)


def test_what_the_recipe_spares_may_stay(tmp_path):
    dataset = packaged("CT_small.dcm")
    dataset.ImageComments = "Klinik am Birnbaum"
    data = as_bytes(dataset)
    prove(tmp_path, data, data, ELSEWHERE.but(["at Klinik am Birnbaum, 2nd floor"]))
