from __future__ import annotations

import numpy as np
import pytest
from pydicom.uid import UltrasoundImageStorage, generate_uid

from pixelscrub.errors import HeldError, Reason
from pixelscrub.face.fill import voxel_edit
from pixelscrub.face.find import find_faces
from pixelscrub.pixels.image import Image
from pixelscrub.recipe import FaceSettings
from tests.face.phantom import EYE, head


def edit_of(instance, plans, folder):
    with instance.source.open() as file:
        image = Image(file)
        edit = voxel_edit(plans, folder, image.header, instance.uid, b"seed")
        return edit and edit(0, image.frame(0))


def test_one_head_in_two_series_and_a_localiser(as_series, tmp_path):
    study = generate_uid()
    volume = head()
    first = as_series(volume, StudyInstanceUID=study)
    second = as_series(volume[:, :, ::4], StudyInstanceUID=study)
    middle = volume.TransformPhysicalPointToIndex(EYE)[2]
    localiser = as_series(volume[:, :, middle : middle + 1], StudyInstanceUID=study)
    plans, held, _ = find_faces([*first, *second, *localiser], FaceSettings(), tmp_path)
    assert held == {}
    assert [(len(p.slices), p.status) for p in plans] == [
        (96, "removed"),
        (24, "removed"),
        (1, "removed"),
    ]
    x, y, _ = volume.TransformPhysicalPointToIndex(EYE)
    fill = edit_of(localiser[0], plans, tmp_path)
    assert fill.mask[y, x]
    assert fill.values.dtype == np.uint16
    air = fill.values[fill.mask] * 2.0 - 1024
    assert abs(air.mean()) < 20
    again = edit_of(localiser[0], plans, tmp_path)
    assert np.array_equal(fill.values, again.values)


def test_air_of_ct_goes_through_the_slope_of_the_slice(as_series, tmp_path):
    volume = head("CT")
    instances = as_series(volume, "CT")
    plans, held, _ = find_faces(instances, FaceSettings(fill="constant"), tmp_path)
    assert (held, plans[0].status, plans[0].fill[0]) == ({}, "removed", -1000.0)
    at_eye = volume.TransformPhysicalPointToIndex(EYE)
    uid, _ = plans[0].slices[at_eye[2]]
    fill = edit_of(next(i for i in instances if i.uid == uid), plans, tmp_path)
    assert fill.mask[at_eye[1], at_eye[0]]
    assert np.unique(fill.values).tolist() == [12]


def test_a_generic_face_takes_the_place_of_this_one(as_series, tmp_path):
    study, volume = generate_uid(), head("CT")
    middle = volume.TransformPhysicalPointToIndex(EYE)[2]
    instances = as_series(volume, "CT", StudyInstanceUID=study)
    localiser = as_series(volume[:, :, middle : middle + 1], "CT", StudyInstanceUID=study)
    plans, held, _ = find_faces([*instances, *localiser], FaceSettings(fill="generic"), tmp_path)
    assert (held, [p.style for p in plans]) == ({}, ["generic", "air"])
    assert abs(plans[0].tissue - 50) < 10
    uid, _ = plans[0].slices[middle]
    fill = edit_of(next(i for i in instances if i.uid == uid), plans, tmp_path)
    new = fill.values * 2.0 - 1024
    x, y, _ = volume.TransformPhysicalPointToIndex(EYE)
    assert abs(new[y, x] - 50) < 60
    assert new[fill.mask][:20].max() < -900  # in front of the nose there is air
    alone = edit_of(localiser[0], plans, tmp_path)
    assert (alone.values[alone.mask] * 2.0 - 1024).max() < -900


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"BodyPartExamined": "HEAD"},
        {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]},
        {"ImagePositionPatient": None, "SeriesDescription": "Head MIP"},
        {"ImageType": ["DERIVED", "SECONDARY", "PROJECTION IMAGE"]},
    ],
    ids=["axial", "named", "sagittal", "no place", "projection"],
)
def test_what_makes_no_volume_is_left_to_who_looks_at_pictures(as_series, tmp_path, elements):
    made = as_series(head(size=(90, 104, 1)), **elements)
    assert find_faces(made, FaceSettings(), tmp_path) == ([], {}, made)


def test_three_slices_far_apart_are_pictures(as_series, tmp_path):
    made = as_series(head(spacing=(2.5, 2.5, 60.0), size=(90, 104, 3)))
    plans, held, loose = find_faces(made, FaceSettings(), tmp_path)
    assert (plans, held) == ([], {})
    assert {i.uid for i in loose} == {i.uid for i in made}


def test_missing_slices_of_a_head_are_held(as_series, tmp_path):
    instances = as_series(head())
    kept = [i for i in instances if not 50 < int(i.source.path.removesuffix(".dcm")) < 62]
    plans, held, _ = find_faces(kept, FaceSettings(), tmp_path)
    assert plans == []
    assert held == {i.uid: Reason.FACE_GEOMETRY for i in kept}


def test_unsound_orientation_is_held(as_series, tmp_path):
    made = as_series(head(size=(20, 20, 1)), ImageOrientationPatient=[1, 0, 0, 1, 0, 0])
    assert find_faces(made, FaceSettings(), tmp_path)[1] == {made[0].uid: Reason.FACE_GEOMETRY}


def test_a_lost_mask_is_an_error_and_ultrasound_is_not_looked_at(as_series, tmp_path):
    made = as_series(head(size=(20, 20, 1)))
    from pixelscrub.plan import FacePlan

    for name in ("gone.nii.gz", "../x.nii.gz"):
        plan = FacePlan(series="1", status="removed", mask=name, slices=[(made[0].uid, 0)])
        with pytest.raises(HeldError) as error:
            edit_of(made[0], [plan], tmp_path)
        assert error.value.reason == Reason.FACE_FAILED
    none = FacePlan(series="1", status="none", slices=[(made[0].uid, 0)])
    assert edit_of(made[0], [none], tmp_path) is None
    other = {"Modality": "US", "SOPClassUID": UltrasoundImageStorage}
    ultrasound = as_series(head(size=(20, 20, 1)), **other)
    assert find_faces(ultrasound, FaceSettings(), tmp_path) == ([], {}, [])


def test_real_gantry_tilt_whose_face_is_cut_off_at_the_nose_comes_out_right(shared, tmp_path):
    from pixelscrub.intake.find import find
    from pixelscrub.intake.read import read_instance

    instances = [read_instance(s) for s in find([shared / "head" / "dicom" / "ge_ct_tilt"])]
    plans, held, _ = find_faces(instances, FaceSettings(), tmp_path)
    assert (len(plans[0].slices), plans[0].status, held) == (28, "removed", {})
    assert plans[0].checks["face_in_view"] < 0.5
    assert plans[0].checks["surface_moved"] > 0.98
