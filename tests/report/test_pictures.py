from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Picture

from pixelscrub.findings import Box
from pixelscrub.pixels.edit import Edit, FrameBox
from pixelscrub.report import pictures


def opened(path):
    with Picture.open(path) as picture:
        picture.load()
        return picture


def test_before_has_the_boxes_and_after_has_none(tmp_path):
    before = np.full((200, 400), 60, np.uint8)
    after = before.copy()
    name = pictures.save(tmp_path, "a/b/7.dcm", before, after, [Box(100, 50, 200, 90)])
    drawn = np.asarray(opened(tmp_path / f"{name}.before.jpg")).astype(int)
    plain = np.asarray(opened(tmp_path / f"{name}.after.jpg")).astype(int)
    assert drawn[49, 150, 0] - drawn[49, 150, 2] > 100
    assert np.abs(drawn[70, 150] - 60).max() < 10
    assert np.abs(plain - 60).max() < 5


def test_boxes_are_drawn_to_scale_and_the_original_size_is_kept(tmp_path):
    before = np.zeros((960, 1920, 3), np.uint8)
    name = pictures.save(tmp_path, "x", before, before, [Box(960, 480, 1920, 960)])
    picture = opened(tmp_path / f"{name}.before.jpg")
    assert picture.size == (560, 280)
    assert picture.info["comment"] == b"1920 960"
    drawn = np.asarray(picture).max(axis=2) > 100
    assert drawn[138:141, 400].any()
    assert not drawn[:135].any()


@pytest.mark.parametrize("name", ["../../etc/x", "a b\"<'>", "ü/1.dcm"])
def test_a_name_cannot_leave_the_folder(tmp_path, name):
    folder = tmp_path / "pictures"
    grey = np.zeros((8, 8), np.uint8)
    stem = pictures.save(folder, name, grey, grey, [])
    assert sorted(p.name for p in folder.iterdir()) == [f"{stem}.after.jpg", f"{stem}.before.jpg"]
    assert len(list(tmp_path.rglob("*.jpg"))) == 2
    assert folder.stat().st_mode & 0o077 == 0


def test_a_filmstrip_shows_originals_above_what_was_written(tmp_path):
    frames = [np.full((100, 100), 30 * i, np.uint8) for i in range(8)]
    name = pictures.save_strip(tmp_path, "cine", [(f, 255 - f) for f in frames])
    strip = np.asarray(opened(tmp_path / f"{name}.strip.jpg"))
    assert strip.shape[:2] == (204, 8 * 104 - 4)
    assert strip[50, 50, 0] < 5
    assert strip[50, -50, 0] > 195
    assert strip[150, 50, 0] > 250


def test_head_views_stand_in_one_row(tmp_path):
    views = {name: np.full((120, 100), 90, np.uint8) for name in ("front", "left", "right")}
    name = pictures.save_views(tmp_path, "head", "head", views, views)
    assert opened(tmp_path / f"{name}.head-before.jpg").size == (308, 120)
    assert opened(tmp_path / f"{name}.head-after.jpg").size == (308, 120)


def cine(make_instance, frames):
    instance = make_instance(np.full((40, 60), 9, np.uint8), NumberOfFrames=frames)
    instance.PixelData = b"".join(bytes([k]) * 2400 for k in range(frames))
    instance.Manufacturer, instance.ManufacturerModelName = "Rontgen  werke", "X9"
    return as_file(instance)


def as_file(instance):
    out = io.BytesIO()
    instance.save_as(out)
    return out


@pytest.mark.parametrize(("frames", "width"), [(101, 8 * 64 - 4), (3, 3 * 64 - 4)])
def test_of_a_cine_the_first_frame_with_a_box_and_a_filmstrip_are_shown(
    tmp_path, make_instance, frames, width
):
    box = FrameBox(Box(5, 5, 20, 20), (2, 2))
    file = cine(make_instance, frames)
    name = pictures.save_instance(tmp_path, "a/1.dcm", file, file, Edit(boxes=(box,)))
    before = opened(tmp_path / f"{name}.before.jpg")
    assert abs(np.asarray(before)[35, 50].astype(int) - 2).max() < 4
    assert before.info["comment"] == b"60 40 Rontgen werke X9"
    assert opened(tmp_path / f"{name}.strip.jpg").width == width


def test_slices_of_which_only_a_face_is_masked_are_small(tmp_path):
    large = np.zeros((1024, 1024), np.uint8)
    name = pictures.save(tmp_path, "x", large, large, [])
    assert opened(tmp_path / f"{name}.after.jpg").size == (256, 256)
