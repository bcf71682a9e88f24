"""Changed heads and drawn bodies are what they are said to be."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom import dcmread

from benchmarks.face_studies import told, told_bodies
from benchmarks.heads.bodies import drawn
from benchmarks.heads.changes import CHANGES, inverted, quotient
from benchmarks.heads.head import Head
from benchmarks.heads.studies import Answer, write
from tests.face.phantom import EYE, NOSE_TIP, head

LANDMARKS = {"nose_tip": np.array(NOSE_TIP), "eye_L": np.array(EYE)}


@pytest.fixture(scope="module")
def mr() -> Head:
    image = head(spacing=(5.0, 5.0, 5.0), size=(44, 52, 50))
    return Head("drawn", "MR", image, LANDMARKS, None, sitk.Transform())


def headers(made):
    return [dcmread(one.source.root / one.source.path) for one in made.instances]


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("no_place", {"ImagePositionPatient", "ImageOrientationPatient"}),
        ("no_size", {"PixelSpacing"}),
        ("modality_missing", {"Modality"}),
    ],
)
def test_what_is_taken_away_is_gone(mr, tmp_path, name, missing):
    for header in headers(write(mr, CHANGES[name], tmp_path)):
        assert not any(element in header for element in missing)


def test_all_slices_in_one_object(mr, tmp_path):
    (one,) = headers(write(mr, CHANGES["secondary_capture"], tmp_path))
    assert int(one.NumberOfFrames) == 50
    assert "PixelSpacing" not in one


def test_two_passes_are_the_same_head_moved(mr, tmp_path):
    made = write(mr, CHANGES["two_passes"], tmp_path)
    assert {count for count, _ in made.places.values()} == {0, 1}
    assert len(made.instances) == 100


def test_values_are_changed_as_said(mr):
    plain = sitk.GetArrayFromImage(mr.image)
    assert (
        np.corrcoef(plain.ravel(), sitk.GetArrayFromImage(inverted(mr).image).ravel())[0, 1] < -0.9
    )
    noisy = sitk.GetArrayFromImage(quotient(mr).image)
    assert noisy[plain < 10].std() > 3 * noisy[plain > 250].std()


def test_bodies_have_no_landmarks_and_their_own_levels():
    made = list(drawn(1))
    assert {one.modality for one in made} == {"CT", "MR"}
    assert not any(one.landmarks for one in made)
    for one in made:
        least = np.percentile(sitk.GetArrayViewFromImage(one.image), 0.5)
        assert least < -900 if one.modality == "CT" else least >= 0


def test_answers_are_counted():
    given = [
        Answer("a", "removed", {"eye_L": 1.0}, 0.1, 2.0, ""),
        Answer("b", "none", {"eye_L": 0.0}, 0.0, 4.0, ""),
        Answer("c", "held", {"eye_L": 0.0}, 0.0, 3.0, ""),
    ]
    assert told("x", given) == (
        "x: 3; left with a part of the face in silence 1, held 1 (33.3%); 3.0 CPU s in the median"
    )
    assert told_bodies(given[1:]).startswith("bodies without a head: 2; changed 0, held 1 (50.0%)")
