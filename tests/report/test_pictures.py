from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as Picture

from pixelscrub.findings import Box
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
    assert picture.size == (480, 240)
    assert picture.info["comment"] == b"1920 960"
    drawn = np.asarray(picture).max(axis=2) > 100
    assert drawn[119:121, 300].any()
    assert not drawn[:115].any()


@pytest.mark.parametrize("name", ["../../etc/x", "a b\"<'>", "ü/1.dcm"])
def test_a_name_cannot_leave_the_folder(tmp_path, name):
    folder = tmp_path / "pictures"
    grey = np.zeros((8, 8), np.uint8)
    stem = pictures.save(folder, name, grey, grey, [])
    assert sorted(p.name for p in folder.iterdir()) == [f"{stem}.after.jpg", f"{stem}.before.jpg"]
    assert len(list(tmp_path.rglob("*.jpg"))) == 2
    assert folder.stat().st_mode & 0o077 == 0


def test_a_filmstrip_takes_first_and_last_of_many_frames(tmp_path):
    frames = [np.full((100, 100), 2 * i, np.uint8) for i in range(101)]
    name = pictures.save_strip(tmp_path, "cine", [(f, 255 - f) for f in frames])
    strip = np.asarray(opened(tmp_path / f"{name}.strip.jpg"))
    assert strip.shape[:2] == (204, 8 * 104 - 4)
    assert strip[50, 50, 0] < 5
    assert strip[50, -50, 0] > 195
    assert strip[150, 50, 0] > 250


def test_head_views_stand_in_one_row(tmp_path):
    views = {name: np.full((120, 100), 90, np.uint8) for name in ("front", "left", "right")}
    name = pictures.save_head(tmp_path, "head", views, views)
    assert opened(tmp_path / f"{name}.head-before.jpg").size == (308, 120)
    assert opened(tmp_path / f"{name}.head-after.jpg").size == (308, 120)
