"""What says head and cannot be shown to be without a face is held; pictures are no slices."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom.uid import generate_uid

from pixelscrub.errors import Reason
from pixelscrub.face import decide
from pixelscrub.face.find import find_faces
from pixelscrub.face.mask import OUT_OF_VIEW, HeadFit
from pixelscrub.face.subject import is_projection
from pixelscrub.intake.instance import Source
from pixelscrub.intake.read import read_instance
from pixelscrub.recipe import FaceSettings
from tests.face.phantom import head


@pytest.fixture
def nothing_fits(monkeypatch):
    def set_reason(reason):
        monkeypatch.setattr(decide, "fit_head", lambda *_, **__: reason)

    return set_reason


@pytest.mark.parametrize(
    ("reason", "body_part", "is_held"),
    [
        ("no_head", "HEAD", True),
        ("too_thin", "BRAIN", True),
        (OUT_OF_VIEW, "HEAD", False),
        ("no_head", "", False),
    ],
)
def test_a_head_in_which_none_fits_is_held(
    as_series, tmp_path, nothing_fits, reason, body_part, is_held
):
    nothing_fits(reason)
    instances = as_series(head(size=(20, 20, 9)), BodyPartExamined=body_part)
    plans, held, _ = find_faces(instances, FaceSettings(), tmp_path)
    assert [(p.status, p.mask) for p in plans] == [("none", None)]
    expected = {i.uid for i in instances} if is_held else set()
    assert held == dict.fromkeys(expected, Reason.FACE_PARTIAL)


@pytest.mark.parametrize(
    ("modality", "kinds", "expected"),
    [
        ("CT", ["ORIGINAL", "PRIMARY", "LOCALIZER"], True),
        ("MR", ["ORIGINAL", "PRIMARY", "LOCALIZER"], False),
        ("MR", ["DERIVED", "SECONDARY", "PROJECTION IMAGE"], True),
        ("MR", ["DERIVED", "SECONDARY", "mip"], True),
        ("CT", ["ORIGINAL", "PRIMARY", "AXIAL"], False),
        ("CT", "LOCALIZER", True),
        ("CT", None, False),
    ],
)
def test_scouts_and_projections_are_no_slices(as_series, modality, kinds, expected):
    (one,) = as_series(head(size=(20, 20, 1)), modality, ImageType=kinds)
    assert is_projection(one) is expected


def test_a_mosaic_is_held_whatever_its_header_says(as_series, tmp_path):
    (mosaic,) = as_series(head(size=(20, 20, 1)), "MR", ImageType=["ORIGINAL", "PRIMARY", "MOSAIC"])
    assert find_faces([mosaic], FaceSettings(), tmp_path) == (
        [],
        {mosaic.uid: Reason.FACE_IN_DERIVED},
        [],
    )


def test_a_stack_whose_order_is_lost_is_held(as_series, tmp_path, nothing_fits):
    nothing_fits("no_head")
    nowhere = {"ImagePositionPatient": [], "ImageOrientationPatient": []}
    shuffled = as_series(head("CT", spacing=(5.0, 5.0, 3.0), size=(45, 52, 64)), "CT", **nowhere)
    assert set(find_faces(shuffled, FaceSettings(), tmp_path).held.values()) == {
        Reason.FACE_GEOMETRY
    }
    in_order = as_series(
        head("CT", spacing=(5.0, 5.0, 3.0), size=(45, 52, 64)),
        "CT",
        number_by_slice=True,
        **nowhere,
    )
    assert find_faces(in_order, FaceSettings(), tmp_path).held == {}


def test_a_stack_with_every_other_slice_first_is_held(as_series, tmp_path, nothing_fits):
    nothing_fits("no_head")
    phantom = head("CT", spacing=(5.0, 5.0, 3.0), size=(45, 52, 64))
    values = sitk.GetArrayFromImage(phantom)
    odd_first = sitk.GetImageFromArray(np.concatenate([values[::2], values[1::2]]))
    odd_first.CopyInformation(phantom)
    nowhere = {"ImagePositionPatient": [], "ImageOrientationPatient": []}
    instances = as_series(odd_first, "CT", number_by_slice=True, **nowhere)
    held = find_faces(instances, FaceSettings(), tmp_path).held
    assert set(held) == {one.uid for one in instances}


@pytest.mark.parametrize("repeats", ["all", "twice", "few"])
def test_a_cine_that_stands_still_or_repeats_is_in_order(
    make_instance, save, tmp_path, repeats, nothing_fits
):
    nothing_fits("no_head")
    noise = np.random.default_rng(0).integers(0, 255, (16, 60, 80)).astype(np.float32)
    moving = np.stack([np.mean(noise[k : k + 6], axis=0) for k in range(10)])
    frames = {"all": moving[:1].repeat(12, 0), "twice": np.tile(moving, (2, 1, 1)),
              "few": moving[[0, 5, 0]]}[repeats].astype(np.uint8)  # fmt: skip
    cine = make_instance(frames[0], NumberOfFrames=len(frames), PixelData=frames.tobytes())
    path = save(cine, tmp_path / "cine.dcm")
    instance = read_instance(Source(tmp_path, path.name, path.stat().st_size, 0))
    assert find_faces([instance], FaceSettings(), tmp_path).held == {}


def test_a_volume_too_thin_to_fit_takes_the_face_of_another(as_series, tmp_path, monkeypatch):
    volume = head(size=(20, 20, 9))
    face = sitk.Cast(sitk.Image(volume.GetSize(), sitk.sitkUInt8) + 1, sitk.sitkFloat32)
    face.CopyInformation(volume)
    answers = iter([HeadFit(face, 0.0, None, "removed", {}, []), "too_thin"])
    monkeypatch.setattr(decide, "fit_head", lambda *_, **__: next(answers))
    study = generate_uid()
    whole = as_series(volume, StudyInstanceUID=study, BodyPartExamined="HEAD")
    thin = as_series(volume[:, :, :4], StudyInstanceUID=study, BodyPartExamined="HEAD")
    plans, held, _ = find_faces([*whole, *thin], FaceSettings(), tmp_path)
    assert held == {}
    assert [(len(p.slices), p.status) for p in plans] == [(9, "removed"), (4, "removed")]
    mask = sitk.ReadImage(str(tmp_path / plans[1].mask))
    assert sitk.GetArrayFromImage(mask).all()
