"""Each way in which a face is known to have left is found in an output, whoever made it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from pydicom import dcmread

from pixelscrub.audit.pairs import read_all
from pixelscrub.audit.pixels.faces import check_faces
from tests.audit.face_seeds import CT, SHAPES, TAKEN, VOLUMES, WHOLE, faceless, series, values
from tests.prove.test_shapes import written


def saved(made, folder, make_instance, save):
    for number, (plane, header) in enumerate(made):
        shape = {"Rows": plane.shape[-2], "Columns": plane.shape[-1], "SamplesPerPixel": 1,
                 "PhotometricInterpretation": "MONOCHROME2"}  # fmt: skip
        save(make_instance(plane, **(header | shape)), folder / f"{number}.dcm")


def told(folder):
    """Issues of an output that is what its originals were."""
    files, _ = read_all([folder])
    issues, notes = check_faces(files, files, {name: name for name in files})
    assert notes == []
    return issues


@pytest.mark.parametrize("way", VOLUMES)
def test_head_that_left_with_its_face_is_told(way, make_instance, save, tmp_path):
    saved(VOLUMES[way](values("MR")), tmp_path / "out", make_instance, save)
    issues = told(tmp_path / "out")
    assert "face_left" in {issue.kind for issue in issues}


@pytest.mark.parametrize("way", ["as it was", "two passes", "no geometry"])
def test_head_without_its_face_is_none(way, make_instance, save, tmp_path):
    saved(VOLUMES[way](faceless("MR")), tmp_path / "out", make_instance, save)
    assert told(tmp_path / "out") == []


def test_grey_values_of_ct_need_no_rescale(make_instance, save, tmp_path):
    saved(series(values("CT"), CT), tmp_path / "out", make_instance, save)
    assert [issue.place for issue in told(tmp_path / "out")] == ["volume of 64 slices"]


def test_face_of_nobody_is_no_leak(make_instance, save, tmp_path):
    """The output shows a face where the original shows other values: a fill."""
    saved(series(faceless("MR")), tmp_path / "in", make_instance, save)
    saved(series(values("MR")), tmp_path / "out", make_instance, save)
    originals, outputs = (read_all([tmp_path / name])[0] for name in ("in", "out"))
    assert check_faces(originals, outputs, {name: name for name in outputs}) == ([], [])


@pytest.mark.parametrize("kind", SHAPES)
def test_shape_of_a_face_is_told(kind, tmp_path):
    for name, one in (("whole", WHOLE), ("taken", TAKEN)):
        make, sop_class = SHAPES[kind]
        dataset = make(one)
        dataset.SOPClassUID = sop_class
        dataset.SOPInstanceUID = f"1.2.3.{len(name)}.{name == 'whole':d}"
        header = dcmread(io.BytesIO(written(dataset).read()), force=True)
        folder = tmp_path / name
        folder.mkdir()
        header.save_as(folder / "1.dcm", implicit_vr=False, little_endian=True)
    assert [issue.place for issue in told(tmp_path / "whole")] == ["shape"]
    assert told(tmp_path / "taken") == []


def test_slices_of_several_sizes_make_no_volume(make_instance, save, tmp_path):
    made = [(np.full((20 + k, 30), k, np.uint16), header)
            for k, (_, header) in enumerate(series(np.zeros((9, 4, 4))))]  # fmt: skip
    saved(made, tmp_path / "out", make_instance, save)
    assert told(tmp_path / "out") == []


def test_picture_of_a_face_is_told_where_it_is_as_it_was(make_instance, save, tmp_path):
    side = np.clip(values("MR"), 0, None).sum(axis=2)[::-1]
    grey = (255 * side / side.max()).astype(np.uint8)
    for name, picture in (("in", grey), ("same", grey), ("masked", np.where(grey > 0, 9, grey))):
        save(make_instance(picture.astype(np.uint8)), tmp_path / name / "1.dcm")
    (issue,) = told(tmp_path / "same")
    assert (issue.kind, issue.file, issue.place) == ("face_not_taken_out", "1.dcm", "frame 0")
    originals, outputs = (read_all([tmp_path / name])[0] for name in ("in", "masked"))
    assert check_faces(originals, outputs, {"1.dcm": "1.dcm"}) == ([], [])
