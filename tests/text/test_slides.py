"""Which pictures of a slide show its label."""

import numpy as np
import pytest

from pixelscrub.findings import Box, Finding
from pixelscrub.text.slides import is_named_label, shows_label

TEXT = Finding(kind="text", box=Box(0, 0, 9, 9))
KEPT = Finding(kind="text", box=Box(0, 0, 9, 9), action="keep")
CODE = Finding(kind="barcode", box=Box(0, 0, 9, 9))


@pytest.mark.parametrize(
    ("elements", "is_label"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LABEL", "NONE"]}, True),
        ({"ImageType": ["DERIVED", "SECONDARY", "overview "]}, True),
        ({"ImageType": "LABEL"}, True),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]}, False),
        ({}, False),
        ({"SpecimenLabelInImage": "YES"}, True),
        ({"SpecimenLabelInImage": "YES", "NumberOfFrames": 40}, False),
        ({"SpecimenLabelInImage": "NO"}, False),
        ({"Modality": "CT", "ImageType": ["ORIGINAL", "PRIMARY", "LABEL"]}, False),
    ],
)
def test_headers(make_instance, elements, is_label):
    header = make_instance(np.zeros((8, 8), np.uint8), **{"Modality": "SM", **elements})
    assert is_named_label(header) is is_label


@pytest.mark.parametrize(
    ("findings", "elements", "is_label"),
    [
        ([CODE], {}, True),
        ([TEXT, TEXT], {}, True),
        ([TEXT], {}, False),
        ([KEPT, KEPT, KEPT], {}, False),
        ([CODE, TEXT, TEXT], {"NumberOfFrames": 40}, False),
        ([CODE, TEXT, TEXT], {"Modality": "US"}, False),
    ],
)
def test_looks(make_instance, findings, elements, is_label):
    header = make_instance(np.zeros((8, 8), np.uint8), **{"Modality": "SM", **elements})
    assert shows_label(header, findings) is is_label
