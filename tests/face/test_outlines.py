"""Outlines of the skin beside a head are held; those of organs, or without a head, are not."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from pixelscrub.face.outlines import outlines_skin
from tests.face.phantom import head


def named(keyword: str, name: str) -> list[Dataset]:
    item = Dataset()
    setattr(item, keyword, name)
    return [item]


@pytest.mark.parametrize(
    ("modality", "sequence", "keyword", "name", "expected"),
    [
        ("RTSTRUCT", "StructureSetROISequence", "ROIName", "BODY", True),
        ("RTSTRUCT", "RTROIObservationsSequence", "RTROIInterpretedType", "EXTERNAL", True),
        ("SEG", "SegmentSequence", "SegmentLabel", "Skin", True),
        ("SEG", "SegmentSequence", "SegmentLabel", "Tumour", False),
        ("CT", "SegmentSequence", "SegmentLabel", "Skin", False),
    ],
)
def test_an_outline_of_the_skin_is_known_by_its_name(
    as_series, modality, sequence, keyword, name, expected
):
    (one,) = as_series(
        head(size=(8, 8, 1)), "CT", **{"Modality": modality, sequence: named(keyword, name)}
    )
    assert outlines_skin(one) is expected
