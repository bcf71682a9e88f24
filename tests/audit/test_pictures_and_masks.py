"""Audits of outputs whose pixels were changed: masks, faces and crops."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom import dcmread

from pixelscrub import api
from pixelscrub.audit.audit import audit
from pixelscrub.errors import UsageError
from pixelscrub.findings import Box, Finding
from pixelscrub.plan import FacePlan, Plan
from pixelscrub.recipe import Recipe

LINE = Box(20, 20, 180, 44)
KEPT = Box(10, 50, 230, 190)


def page(seed):
    noise = np.random.default_rng(seed).normal(90, 25, (200, 240))
    picture = np.clip(cv2.GaussianBlur(noise, (0, 0), 2) * 2 - 60, 0, 255).astype(np.uint8)
    cv2.putText(picture, "WORDS 123", (24, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2)
    return picture


@pytest.fixture(scope="module")
def applied(tmp_path_factory, make_instance, save):
    """Three instances, and what a plan made by hand made of them: a box, a face and a crop."""
    folder = tmp_path_factory.mktemp("applied")
    for number in (1, 2, 3):
        uids = {
            "StudyInstanceUID": "1.2.826.88.1.1",
            "SeriesInstanceUID": "1.2.826.88.1.3",
            "SOPInstanceUID": f"1.2.826.88.1.2.{number}",
        }
        instance = make_instance(page(number), InstanceNumber=number, **uids)
        save(instance, folder / "in" / f"{number}.dcm")
    private = folder / "out-private"
    api.inspect(folder / "in", private=private, recipe=Recipe().with_steps("tags"), workers=1)
    (path,) = private.glob("plans/*/plan.json")
    names = planned_by_hand(path.parent)
    assert api.apply(private, folder / "out", workers=1).clean == 3
    return folder, names


def planned_by_hand(folder):
    plan = Plan.load(folder)
    boxed, face, cropped = sorted(plan.instances, key=lambda i: i.source.path)
    boxed.findings = [Finding(kind="text", box=LINE)]
    cropped.crop = KEPT
    mask = np.zeros((1, 200, 240), np.uint8)
    mask[0, :90, 30:200] = 1
    sitk.WriteImage(sitk.GetImageFromArray(mask), str(folder / "face-1.nii.gz"))
    plan.faces = [
        FacePlan(
            series=face.series,
            status="removed",
            mask="face-1.nii.gz",
            slices=[(face.uid, 0)],
            fill=(10.0, 3.0),
        )
    ]
    plan.save(folder)
    return [i.output for i in (boxed, face, cropped)]


@pytest.fixture
def run(applied, tmp_path, monkeypatch):
    monkeypatch.setattr("pixelscrub.audit.audit.check_picture", lambda *_: iter(()))
    folder, names = applied
    for part in ("in", "out", "out-private"):
        shutil.copytree(folder / part, tmp_path / part)
    return tmp_path, [tmp_path / "out" / name for name in names]


def kinds(folder, private=True):
    found = audit([folder / "in"], folder / "out", folder / "out-private" if private else None)
    assert len(found.pairs) == 3
    return {issue.kind for issue in found.issues}


def with_original_pixels(folder, number, path):
    before, after = dcmread(folder / "in" / f"{number}.dcm"), dcmread(path)
    return before.pixel_array, after.pixel_array.copy(), after


def put(values, dataset, path):
    dataset.Rows, dataset.Columns = values.shape
    dataset.PixelData = values.tobytes()
    dataset.save_as(path)


@pytest.mark.parametrize("private", [True, False])
def test_masked_defaced_and_cropped_outputs_pass(run, private):
    folder, _ = run
    assert kinds(folder, private) == set()


def test_a_box_that_was_not_masked_is_found(run):
    folder, (boxed, *_) = run
    before, _, dataset = with_original_pixels(folder, 1, boxed)
    put(before, dataset, boxed)
    assert kinds(folder) == {"mask_missing"}


def test_a_face_that_was_not_masked_is_found(run):
    folder, (_, face, _) = run
    before, _, dataset = with_original_pixels(folder, 2, face)
    put(before, dataset, face)
    assert kinds(folder) == {"mask_missing"}


@pytest.mark.parametrize("number", [1, 2])
def test_pixels_beside_a_mask_are_watched(run, number):
    folder, paths = run
    path = paths[number - 1]
    _, after, dataset = with_original_pixels(folder, number, path)
    after[150, 100] += 1
    put(after, dataset, path)
    assert kinds(folder) == {"pixels_changed"}


@pytest.mark.parametrize("private", [True, False])
def test_pixels_of_a_crop_are_watched(run, private):
    folder, (*_, cropped) = run
    _, after, dataset = with_original_pixels(folder, 3, cropped)
    after[100, 100] += 1
    put(after, dataset, cropped)
    assert kinds(folder, private) == {"pixels_changed"}


def test_a_margin_that_was_not_cut_off_is_found(run):
    folder, (*_, cropped) = run
    before, _, dataset = with_original_pixels(folder, 3, cropped)
    put(before, dataset, cropped)
    assert kinds(folder) == {"mask_missing"}


def test_a_plan_that_is_nonsense_is_told(run):
    folder, _ = run
    (plan,) = (folder / "out-private").glob("plans/*/plan.json")
    plan.write_text(plan.read_text().replace('"version": 2', '"version": 99'))
    with pytest.raises(UsageError, match=r"of another version \(plan_invalid\)"):
        kinds(folder)


def test_a_mask_that_is_gone_is_told(run):
    folder, _ = run
    for mask in (folder / "out-private").glob("plans/*/*.nii.gz"):
        mask.unlink()
    with pytest.raises(UsageError, match=r"of another version \(face_failed\)"):
        kinds(folder)


def test_an_output_of_other_pixels_has_no_original(run):
    folder, (boxed, *_) = run
    _, after, dataset = with_original_pixels(folder, 1, boxed)
    put(np.roll(after, 60, axis=1)[::-1].copy(), dataset, boxed)
    found = audit([folder / "in"], folder / "out")
    assert "no_original" in {issue.kind for issue in found.issues}


def test_copies_in_other_encodings_are_paired_with_their_own(run, tmp_path):
    folder, _ = run
    shutil.rmtree(folder / "out")
    twin = dcmread(folder / "in" / "1.dcm")
    twin.SOPInstanceUID = twin.file_meta.MediaStorageSOPInstanceUID = "1.2.826.88.1.2.9"
    twin.ImageComments = "a copy"
    twin.save_as(folder / "in" / "9.dcm")
    shutil.copytree(folder / "in", folder / "out")
    found = audit([folder / "in"], folder / "out")
    assert all(pair.source == pair.output for pair in found.pairs)
    assert len(found.pairs) == 4
