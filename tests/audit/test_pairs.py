from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import ImplicitVRLittleEndian

from pixelscrub.audit.audit import audit
from pixelscrub.audit.crops import crop_of
from pixelscrub.audit.pixels.plausible import has_stray_changes
from pixelscrub.findings import Box


def scene(rows=90, columns=120, seed=0):
    return np.random.default_rng(seed).integers(0, 4000, (rows, columns)).astype(np.uint16)


@given(st.integers(0, 40), st.integers(0, 60), st.integers(30, 50), st.integers(30, 60))
def test_a_crop_is_found_where_it_was_cut(y, x, rows, columns):
    output = scene()[y : y + rows, x : x + columns].copy()
    output[:4] = 0
    assert crop_of(scene(), output) == Box(x, y, x + columns, y + rows)


@pytest.mark.parametrize("output", [scene(40, 40, seed=1), scene(91, 120), scene()[..., None]])
def test_what_shows_something_else_is_no_crop(output):
    assert crop_of(scene(), output) is None


def test_a_crop_that_would_reach_over_the_edge_is_none():
    output = np.zeros((60, 60), np.uint16)
    output[30:, 30:] = scene()[:30, :30]
    assert crop_of(scene(), output) is None


def masked(*boxes, fill=0):
    after = scene().copy()
    for y0, y1, x0, x1 in boxes:
        after[y0:y1, x0:x1] = fill
    return after


def test_filled_boxes_and_large_regions_are_plausible():
    noise = scene().copy()
    noise[:40, :60] = np.random.default_rng(5).integers(0, 40, (40, 60))
    smooth = scene().copy()
    smooth[10:16, 10:26] = np.linspace(0, 99, 16).astype(np.uint16)
    for after in (scene(), masked((5, 20, 5, 60), (70, 80, 100, 120)), noise, smooth):
        assert not has_stray_changes(scene(), after, 0)


def test_stray_changes_are_told():
    one, few, most = scene().copy(), masked((5, 20, 5, 60)), scene() + 1
    one[3, 3] += 1
    few[50:54, 50:54] = scene(4, 4, seed=7)
    for after in (one, few, most):
        assert has_stray_changes(scene(), after, 0)
    assert not has_stray_changes(scene(), few, 45)


def outputs_of(tmp_path, make_instance, save, change):
    for number in (1, 2):
        instance = make_instance(scene(seed=number), InstanceNumber=number)
        save(instance, tmp_path / "in" / f"{number}.dcm")
        change(instance)
        (tmp_path / "out").mkdir(exist_ok=True)
        instance.save_as(tmp_path / "out" / f"{number}.dcm")
    return audit([tmp_path / "in"], tmp_path / "out")


def without_uids(instance):
    for keyword in ("SOPInstanceUID", "SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID"):
        delattr(instance, keyword)


def test_outputs_without_uids_are_paired_and_searched(tmp_path, make_instance, save):
    result = outputs_of(tmp_path, make_instance, save, without_uids)
    assert [pair.source == pair.output for pair in result.pairs] == [True, True]
    assert {issue.kind for issue in result.issues} >= {"uid_missing", "identifier_left"}


def test_a_directory_of_media_needs_no_original_and_is_searched(tmp_path, make_instance, save):
    result = outputs_of(tmp_path, make_instance, save, lambda _: None)
    directory = dcmread(tmp_path / "out" / "1.dcm")
    without_uids(directory)
    del directory.PixelData
    directory.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    directory.save_as(tmp_path / "out" / "DICOMDIR")
    more = audit([tmp_path / "in"], tmp_path / "out")
    new = {(issue.kind, issue.file) for issue in set(more.issues) - set(result.issues)}
    assert new == {("identifier_left", "DICOMDIR")}


def test_files_without_pixels_are_paired_by_their_headers(tmp_path, make_instance, save):
    def change(instance):
        instance.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian

    for number in (1, 2, 3):
        instance = make_instance(SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
        for keyword in ("PixelData", "Rows", "Columns", "InstanceNumber"):
            delattr(instance, keyword)
        instance.ContentDescription = f"number {number}"
        save(instance, tmp_path / "in" / f"{number}.dcm")
        change(instance)
        save(instance, tmp_path / "out" / f"{number}.dcm")
    result = audit([tmp_path / "in"], tmp_path / "out")
    assert all(pair.source == pair.output for pair in result.pairs)
    assert len(result.pairs) == 3
