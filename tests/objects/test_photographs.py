"""Labels in photographs: pale sheets with strokes; highlights and empty paper are none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from pixelscrub.findings import Box
from pixelscrub.objects import photographs
from pixelscrub.objects.photographs import LabelSettings, find_labels
from pixelscrub.pixels.image import Image

SHEET = Box(150, 180, 330, 260)


def written(strokes: int) -> np.ndarray:
    picture = data.coffee()[:400, :600].copy()
    picture[SHEET.y0 : SHEET.y1, SHEET.x0 : SHEET.x1] = (240, 240, 236)
    rng = np.random.default_rng(3)
    for k in range(strokes):
        at = np.array([165 + 22 * (k % 7), 200 + 25 * (k // 7)])
        line = (at + np.cumsum(rng.integers(-3, 6, (6, 2)), 0)).reshape(-1, 1, 2)
        cv2.polylines(picture, [line], False, (30, 30, 90), 2, cv2.LINE_AA)
    return picture


def labels(picture, texts=()):
    return find_labels(picture, list(texts), LabelSettings())


def test_a_label_with_handwriting_is_found():
    ((box, score),) = labels(written(14))
    assert box.intersection(SHEET).area >= 0.9 * SHEET.area
    assert 0 < score <= 1


def test_a_sheet_without_writing_is_none():
    assert labels(written(0)) == []


def test_text_on_a_sheet_makes_one_word_enough():
    assert labels(written(3)) == []
    ((_, score),) = labels(written(3), [Box(160, 195, 220, 215)])
    assert score == 0.9


@pytest.mark.parametrize(
    "name", ["astronaut", "coffee", "chelsea", "rocket", "immunohistochemistry"]
)
def test_photographs_without_labels_have_none(name):
    assert labels(getattr(data, name)()) == []


def test_instances_are_searched_frame_by_frame(make_instance, save, tmp_path):
    frames = np.stack([written(0), written(0), written(14)])
    instance = make_instance(frames[0], Modality="ES", NumberOfFrames=3)
    instance.PixelData = frames.tobytes()
    with save(instance, tmp_path / "one.dcm").open("rb") as file:
        image = Image(file)
        assert photographs.is_for(image)
        (label,) = photographs.find(image, [])
    assert (label.about.kind, label.about.where, label.frames) == ("label", "external", (2, 2))
