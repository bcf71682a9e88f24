"""Audits of heads, where no plan says what was to go."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom import dcmread

from pixelscrub import api
from pixelscrub.audit.pairs import read_all
from pixelscrub.audit.pixels.heads import check_heads
from pixelscrub.recipe import Recipe
from tests.face.phantom import head

MR = "1.2.840.10008.5.1.4.1.1.4"
FACE = Recipe().with_steps("face")


def write_head(folder, make_instance, save):
    """A head of 4 mm voxels as an axial series."""
    image = head(spacing=(4.0, 4.0, 4.0), size=(56, 66, 72))
    for k, plane in enumerate(sitk.GetArrayFromImage(image)):
        place = image.TransformIndexToPhysicalPoint((0, 0, k))
        options = {
            "SOPClassUID": MR,
            "Modality": "MR",
            "StudyInstanceUID": "1.2.826.99.1",
            "SeriesInstanceUID": "1.2.826.99.2",
            "SOPInstanceUID": f"1.2.826.99.3.{k}",
            "FrameOfReferenceUID": "1.2.826.99.4",
            "InstanceNumber": k + 1,
            "ImagePositionPatient": [round(x, 4) for x in place],
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            "PixelSpacing": [4, 4],
            "SliceThickness": 4,
        }
        stored = np.clip(np.rint(plane), 0, 4095).astype(np.uint16)
        save(make_instance(stored, **options), folder / f"{k}.dcm")


@pytest.fixture(scope="module")
def defaced(tmp_path_factory, make_instance, save):
    """A head, and what became of it when its face was taken out; names are the same."""
    folder = tmp_path_factory.mktemp("head")
    write_head(folder / "in", make_instance, save)
    api.scrub(folder / "in", folder / "scrubbed", recipe=FACE, workers=1)
    for path in (folder / "scrubbed").rglob("*.dcm"):
        number = dcmread(path, stop_before_pixels=True).InstanceNumber - 1
        (folder / "out").mkdir(exist_ok=True)
        shutil.copy(path, folder / "out" / f"{number}.dcm")
    return folder


def told(folder, out):
    originals, outputs = (read_all([path])[0] for path in (folder / "in", out))
    issues, notes = check_heads(originals, outputs, {name: name for name in outputs})
    assert notes == []
    return issues


def test_head_without_its_face_passes(defaced):
    assert len(list((defaced / "out").iterdir())) == 72
    assert told(defaced, defaced / "out") == []


def test_head_as_it_was_is_told_once(defaced):
    (issue,) = told(defaced, defaced / "in")
    assert (issue.kind, issue.place) == ("face_left", "volume of 72 slices")
    assert issue.detail == "100% of the face is what it was"


def test_face_that_is_back_in_some_slices_is_told(defaced, tmp_path):
    shutil.copytree(defaced / "out", tmp_path / "out")
    for k in range(24, 36):
        shutil.copy(defaced / "in" / f"{k}.dcm", tmp_path / "out" / f"{k}.dcm")
    assert [issue.kind for issue in told(defaced, tmp_path / "out")] == ["face_left"]


def test_study_that_cannot_be_searched_is_a_note(make_instance, save, tmp_path, monkeypatch):
    def broken(*_):
        raise ValueError

    monkeypatch.setattr("pixelscrub.face.find.find_faces", broken)
    grey = np.zeros((16, 16), np.uint16)
    save(make_instance(grey, SOPClassUID=MR, Modality="MR"), tmp_path / "in" / "1.dcm")
    files, _ = read_all([tmp_path / "in"])
    issues, notes = check_heads(files, files, {"1.dcm": "1.dcm"})
    assert (issues, notes) == ([], ["faces: 1 studies cannot be searched"])


def test_audit_without_a_plan_looks_for_faces_unless_told_not_to(defaced, monkeypatch):
    monkeypatch.setattr("pixelscrub.audit.conformance.program", lambda: None)
    monkeypatch.setattr("pixelscrub.audit.audit.check_picture", lambda *_: iter(()))
    kinds = {i.kind for i in api.verify(defaced / "in", defaced / "in", recipe=FACE).issues}
    assert kinds == {"face_left"}
    kinds = {i.kind for i in api.verify(defaced / "in", defaced / "out", recipe=FACE).issues}
    assert kinds == {"pixels_changed"}  # without marks in the header nothing explains the noise
    nothing = Recipe().with_steps()
    assert not api.verify(defaced / "in", defaced / "in", recipe=nothing).issues
