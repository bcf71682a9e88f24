"""Signal voids of MR: missing signal with signal piled up beside it."""

from __future__ import annotations

import numpy as np
import pytest

from pixelscrub.objects import voids
from pixelscrub.objects.voids import VoidSettings, find_voids
from pixelscrub.pixels.image import Image


def head(void=False, piled=False) -> np.ndarray:
    y, x = np.indices((256, 256)) - 128
    picture = np.where((x / 90) ** 2 + (y / 110) ** 2 <= 1, 400.0, 8.0)
    picture += np.random.default_rng(0).normal(0, 4, picture.shape)
    away = np.hypot(x - 20, y)
    if void:
        picture[away < 16] = 5
    if piled:
        picture[(away >= 16) & (away < 21) & (x > 20)] = 1200
    return picture.clip(0).astype(np.uint16)


def test_a_void_with_piled_up_signal_is_metal():
    (box,) = find_voids(head(void=True, piled=True), VoidSettings())
    assert box.x0 <= 134
    assert box.x1 >= 162
    assert box.area < 60 * 60


@pytest.mark.parametrize("picture", [head(), head(void=True), np.zeros((64, 64)), np.ones((9, 9))])
def test_other_slices_have_none(picture):
    assert find_voids(picture, VoidSettings()) == []


def test_frames_with_the_same_void_are_one_finding(make_instance, save, tmp_path):
    frames = np.stack([head(), head(True, True), head(True, True), head()])
    instance = make_instance(frames[0], Modality="MR", NumberOfFrames=4)
    instance.PixelData = frames.tobytes()
    with save(instance, tmp_path / "one.dcm").open("rb") as file:
        image = Image(file)
        assert voids.is_for(image)
        (void,) = voids.find(image, [])
    assert (void.about.kind, void.about.where, void.frames) == ("void", "unknown", (1, 2))
