from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from pixelscrub.face import face_mask
from tests.face.phantom import EYE, NOSE_TIP, brain_of, head, to_patient

POSES = [
    ("MR", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    ("CT", (10.0, 5.0, -12.0), (30.0, -20.0, 400.0)),
]


@pytest.mark.parametrize(("modality", "angles", "shift"), POSES)
def test_takes_nose_and_eye_and_spares_the_brain(modality, angles, shift):
    image = head(modality, angles=angles, shift=shift)
    found = face_mask(image, modality)
    assert (found.status, found.reasons) == ("removed", [])
    assert found.mask.GetSize() == image.GetSize()
    assert found.mask.GetPixelID() == sitk.sitkUInt8
    for point in (NOSE_TIP, EYE):
        index = image.TransformPhysicalPointToIndex(to_patient(point, angles, shift))
        assert found.mask[index] == 1
    touched = sitk.GetArrayFromImage(found.mask)[brain_of(image, angles, shift)]
    assert touched.mean() <= 1e-4


def test_thick_slices_cut_at_the_nose_and_at_the_top():
    image = head(spacing=(2.5, 2.5, 5.0), size=(90, 104, 24), look_at=(0.0, 0.0, 5.0))
    found = face_mask(image, "MR")
    assert found.status == "removed"
    assert found.mask[image.TransformPhysicalPointToIndex(EYE)] == 1


def test_a_head_seen_from_the_brow_up_has_no_face():
    image = head(size=(90, 104, 22), look_at=(0.0, 0.0, 62.0))
    found = face_mask(image, "MR")
    assert (found.status, found.reasons) == ("none", ["face_out_of_view"])
    assert sitk.GetArrayViewFromImage(found.mask).sum() == 0


@pytest.mark.parametrize("angles", [(0, 0, 180), (0, 180, 0), (0, 0, 90)])
def test_a_half_head_that_is_turned_about_is_told_by_its_eyes(angles):
    image = head(
        spacing=(2.5, 2.5, 4.0), size=(104, 104, 32), angles=angles, look_at=(0.0, 0.0, 5.0)
    )
    found = face_mask(image, "MR")
    assert found.status == "removed"
    for x in (-EYE[0], EYE[0]):
        eye = to_patient((x, *EYE[1:]), angles)
        assert found.mask[image.TransformPhysicalPointToIndex(eye)] == 1


@pytest.mark.parametrize("shape", ["nothing", "slab"])
def test_what_is_no_head_has_no_face(shape):
    values = np.full((70, 90, 90), -1000.0, np.float32)
    if shape == "slab":
        values[:, 35:60, 5:85] = 40
    image = sitk.GetImageFromArray(values)
    image.SetSpacing((4.0, 4.0, 4.0))
    found = face_mask(image, "CT")
    assert (found.status, found.reasons) == ("none", ["no_head"])


def test_a_thin_volume_is_no_volume():
    found = face_mask(head(size=(90, 104, 4)), "MR")
    assert (found.status, found.reasons) == ("none", ["too_thin"])


def test_ears_go_where_they_are_asked_for():
    image = head()
    ear = image.TransformPhysicalPointToIndex((72.0, 15.0, -45.0))
    assert face_mask(image, "MR", ears=True).mask[ear] == 1
