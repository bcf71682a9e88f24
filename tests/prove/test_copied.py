"""The short proof of copied pixel data says yes only where the long one would."""

from __future__ import annotations

import io

import pytest
from pydicom import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from pixelscrub.errors import HeldError, Reason
from pixelscrub.pixels.edit import Edit
from pixelscrub.prove import copied
from pixelscrub.prove.byte_level.known import KnownElements
from pixelscrub.prove.copied import is_surely_clean
from pixelscrub.prove.release import release

from .conftest import PACKAGED, KnownTerms, as_bytes
from .conftest import packaged as packaged_as_it_is

TERMS = KnownTerms(frozenset({"Lindqvist", "4711-77-8801"}))


def packaged(name):
    """A packaged file with an empty preamble: some have a TIFF's."""
    dataset = packaged_as_it_is(name)
    dataset.preamble = bytes(128)
    dataset.pop((0xFFFC, 0xFFFC), None)
    return dataset


def is_clean(before, after, terms=TERMS):
    return is_surely_clean(io.BytesIO(before), io.BytesIO(after), terms)


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm", "reportsi.dcm"],
)  # fmt: skip
def test_plain_files_need_no_more(name):
    data = (PACKAGED / name).read_bytes()
    expected = data if not any(data[:128]) else bytes(128) + data[128:]
    assert is_clean(data, expected)
    assert is_clean(data, expected, None)


def test_a_leak_in_a_file_whose_header_is_known_is_found(tmp_path):
    """A series is one header: what was searched once is not searched again, what is new is."""
    dataset = packaged("CT_small.dcm")
    before = as_bytes(dataset)
    for number in range(5):
        dataset.InstanceNumber = number
        assert is_clean(before, as_bytes(dataset))
    for keyword, value in [
        ("StudyDescription", "for lindqvist"),
        ("ReferencedStudySequence", [Dataset()]),
        ("ImageComments", "4711-77-8801"),
    ]:
        dataset = packaged("CT_small.dcm")
        if keyword == "ReferencedStudySequence":
            value[0].StudyDescription = "LINDQVIST"
        setattr(dataset, keyword, value)
        path = tmp_path / "written"
        path.write_bytes(as_bytes(dataset))
        with pytest.raises(HeldError) as caught:
            release(io.BytesIO(before), path, Edit(), TERMS)
        assert caught.value.reason is Reason.IDENTIFIER_LEFT


def test_what_is_known_for_one_study_is_not_for_another():
    dataset = packaged("CT_small.dcm")
    dataset.StudyDescription = "seen by Oyelaran"
    data = as_bytes(dataset)
    assert is_clean(data, data)
    assert not is_clean(data, data, KnownTerms(frozenset({"Oyelaran"})))
    assert is_clean(data, data)


def test_a_value_in_copied_pixel_data_is_found():
    dataset = packaged("CT_small.dcm")
    for encoding in ("ascii", "utf-16-le", "utf-16-be"):
        for offset in range(4):
            text = "4711-77-8801".encode(encoding)
            pixels = dataset.PixelData
            dataset.PixelData = pixels[: 99 + offset] + text + pixels[99 + offset + len(text) :]
            data = as_bytes(dataset)
            assert not is_clean(data, data)
            dataset.PixelData = pixels


def changed(**values):
    dataset = packaged("CT_small.dcm")
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return as_bytes(dataset)


def with_icon():
    icon = Dataset()
    icon.Rows = icon.Columns = 2
    icon.BitsAllocated, icon.PixelRepresentation = 8, 0
    icon.PixelData = bytes(4)
    return changed(IconImageSequence=[icon])


@pytest.mark.parametrize(
    "after",
    [
        changed(PixelData=bytes(128 * 128 * 2)),
        changed(Rows=64),
        changed(PixelSpacing=[1, 1]),
        changed(BitsStored=8, HighBit=7),
        changed(NumberOfFrames=1),
        with_icon(),
        as_bytes(packaged("CT_small.dcm")) + b"\0" * 4,
        b"x" + as_bytes(packaged("CT_small.dcm"))[1:],
        as_bytes(packaged("CT_small.dcm"))[:-9],
        (PACKAGED / "MR_small_RLE.dcm").read_bytes(),
        b"",
    ],
)
def test_it_is_not_sure_of_anything_else(after):
    assert not is_clean(changed(), after)


def test_another_name_in_the_file_meta_information_is_left_to_the_long_proof():
    dataset = packaged("CT_small.dcm")
    before = as_bytes(dataset)
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    assert not is_clean(before, as_bytes(dataset, enforce_file_format=False))


def test_large_files_are_not_held_in_memory(monkeypatch):
    monkeypatch.setattr(copied, "SIZE_LIMIT", 1000)
    assert not is_clean(changed(), changed())


def test_moved_frames_of_enhanced_images_are_noticed():
    def enhanced(*places):
        dataset = packaged("CT_small.dcm")
        groups = []
        for place in places:
            item, position = Dataset(), Dataset()
            position.ImagePositionPatient = [0, 0, place]
            item.PlanePositionSequence = [position]
            groups.append(item)
        dataset.PerFrameFunctionalGroupsSequence = groups
        return as_bytes(dataset)

    assert is_clean(enhanced(1, 2), enhanced(1, 2))
    assert not is_clean(enhanced(1, 2), enhanced(1, 3))
    assert not is_clean(enhanced(1, 2), enhanced(1))


def test_implicit_sequences_are_looked_into():
    dataset = packaged("CT_small.dcm")
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    item = Dataset()
    item.StudyDescription = "Lindqvist"
    before = as_bytes(dataset, implicit_vr=True)
    dataset.ReferencedStudySequence = [item]
    assert is_clean(before, before)
    assert not is_clean(before, as_bytes(dataset, implicit_vr=True))


def test_the_store_is_bounded():
    known = KnownElements()
    for number in range(3 * known.LIMIT // 1000):
        known.add(b"%1000d" % number)
        assert known.size <= known.LIMIT
    known.add(bytes(known.LONGEST + 1))
    assert bytes(known.LONGEST + 1) not in known
    assert b"%1000d" % number in known
