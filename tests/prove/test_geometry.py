from __future__ import annotations

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pixelscrub.findings import Box
from pixelscrub.pixels.crop import crop_header
from pixelscrub.prove.geometry import moved

BOX = Box(10, 4, 50, 44)


def plain():
    header = Dataset()
    header.Rows = header.Columns = 64
    header.ImagePositionPatient = [-31.5, 12.25, 7]
    header.ImageOrientationPatient = [0.6, 0.8, 0, -0.8, 0.6, 0]
    header.PixelSpacing = [0.5, 0.75]
    header.SliceThickness = 3
    return header


def item(**values):
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def enhanced():
    header = item(Rows=64, Columns=64)
    measures = item(PixelSpacing=[0.5, 0.75], SliceThickness=3)
    plane = item(ImageOrientationPatient=[0.6, 0.8, 0, -0.8, 0.6, 0])
    header.SharedFunctionalGroupsSequence = Sequence(
        [
            item(
                PixelMeasuresSequence=Sequence([measures]),
                PlaneOrientationSequence=Sequence([plane]),
            )
        ]
    )
    header.PerFrameFunctionalGroupsSequence = Sequence(
        [
            item(PlanePositionSequence=Sequence([item(ImagePositionPatient=[-31.5, 12.25, k])]))
            for k in range(3)
        ]
    )
    return header


@pytest.mark.parametrize("make", [plain, enhanced])
def test_same_place_is_the_same_and_a_crop_moves_as_it_is_cut(make):
    assert moved(make(), make()) == []
    cut = make()
    crop_header(cut, BOX)
    assert moved(make(), cut, BOX) == []
    assert moved(make(), cut) == ["ImagePositionPatient"]
    assert moved(make(), make(), BOX) == ["ImagePositionPatient"]


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("ImagePositionPatient", [-31.5, 12.25, 7.1]),
        ("ImageOrientationPatient", [1, 0, 0, 0, 1, 0]),
        ("PixelSpacing", [0.5, 0.8]),
        ("PixelSpacing", [0.5]),
        ("SliceThickness", 4),
    ],
)
def test_what_lies_elsewhere_is_named(keyword, value):
    after = plain()
    setattr(after, keyword, value)
    assert moved(plain(), after) == [keyword]


def test_moved_frame_of_an_enhanced_image_is_named():
    after = enhanced()
    frame = after.PerFrameFunctionalGroupsSequence[2]
    frame.PlanePositionSequence[0].ImagePositionPatient = [0, 0, 0]
    assert moved(enhanced(), after) == ["ImagePositionPatient"]
    del after.PerFrameFunctionalGroupsSequence[2]
    assert "PerFrameFunctionalGroupsSequence" in moved(enhanced(), after)


def test_other_spelling_is_no_move_and_what_is_gone_no_difference():
    before, after = plain(), plain()
    after.SliceThickness = "3.00"
    del after.PixelSpacing
    assert moved(before, after) == []


def test_values_that_are_no_numbers_are_the_same_only_where_their_bytes_are():
    before, after = plain(), plain()
    for header in (before, after):
        header.add_new("ImagerPixelSpacing", "LO", "wide")
    assert moved(before, after) == []
    after["ImagerPixelSpacing"].value = "wider"
    assert moved(before, after) == ["ImagerPixelSpacing"]
