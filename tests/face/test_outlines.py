"""Outlines of the skin beside a head are held; those of organs, or without a head, are not."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from pixelscrub.errors import Reason
from pixelscrub.face.find import find_faces
from pixelscrub.recipe import FaceSettings
from tests.face.phantom import head


def named(keyword: str, name: str) -> list[Dataset]:
    item = Dataset()
    setattr(item, keyword, name)
    return [item]


@pytest.mark.parametrize(
    ("modality", "sequence", "keyword", "name", "study", "is_held"),
    [
        ("RTSTRUCT", "StructureSetROISequence", "ROIName", "BODY", "Head and neck", True),
        (
            "RTSTRUCT",
            "RTROIObservationsSequence",
            "RTROIInterpretedType",
            "EXTERNAL",
            "Brain",
            True,
        ),
        ("SEG", "SegmentSequence", "SegmentLabel", "Skin", "Head", True),
        ("SEG", "SegmentSequence", "SegmentLabel", "Tumour", "Head", False),
        ("RTSTRUCT", "StructureSetROISequence", "ROIName", "BODY", "Prostate", False),
    ],
)
def test_an_outline_of_the_skin_of_a_head_is_held(
    as_series, tmp_path, modality, sequence, keyword, name, study, is_held
):
    elements = {"Modality": modality, "StudyDescription": study, sequence: named(keyword, name)}
    made = as_series(head(size=(8, 8, 1)), "CT", **elements)
    expected = {made[0].uid: Reason.FACE_IN_DERIVED} if is_held else {}
    assert find_faces(made, FaceSettings(), tmp_path) == ([], expected)
