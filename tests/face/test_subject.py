"""Which instances may be slices of a head: by their class, whatever else they say."""

from __future__ import annotations

import pytest
from pydicom.uid import (
    CTImageStorage,
    MRImageStorage,
    NuclearMedicineImageStorage,
    RTDoseStorage,
    SecondaryCaptureImageStorage,
    UltrasoundImageStorage,
    XRay3DCraniofacialImageStorage,
)

from pixelscrub.face.subject import is_colour, kind_of, may_show_head
from tests.face.phantom import head


@pytest.mark.parametrize(
    ("sop_class", "modality", "kind"),
    [
        (CTImageStorage, "", "CT"),
        (CTImageStorage, None, "CT"),
        (CTImageStorage, "OT", "CT"),
        (MRImageStorage, "mr", "MR"),
        (MRImageStorage, "CT", "MR"),
        (XRay3DCraniofacialImageStorage, "DX", "CT"),
        (SecondaryCaptureImageStorage, "MRI", "MR"),
        (SecondaryCaptureImageStorage, "OT", ""),
        (NuclearMedicineImageStorage, "NM", ""),
        (UltrasoundImageStorage, "PET", "PT"),
    ],
)
def test_class_before_modality(as_series, sop_class, modality, kind):
    elements = {"SOPClassUID": sop_class, "Modality": modality, "BodyPartExamined": "KNEE"}
    (one,) = as_series(head(size=(20, 20, 1)), **elements)
    assert may_show_head(one)
    assert kind_of(one) == kind


@pytest.mark.parametrize(
    ("sop_class", "modality"), [(UltrasoundImageStorage, "US"), (RTDoseStorage, "RTDOSE")]
)
def test_other_classes_are_no_slices(as_series, sop_class, modality):
    (one,) = as_series(head(size=(20, 20, 1)), SOPClassUID=sop_class, Modality=modality)
    assert not may_show_head(one)


def test_grey_is_no_colour(as_series):
    assert not is_colour(as_series(head(size=(20, 20, 1)))[0])
