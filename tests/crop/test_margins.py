"""Bands that hold only text, and what stays when they are cut off."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from pixelscrub.crop import margins
from pixelscrub.crop.margins import crop_box
from pixelscrub.findings import Box, Finding


@pytest.fixture
def opened(monkeypatch):
    """An opened image of some frames, without a file."""

    def make(*frames):
        rows, columns = frames[0].shape[:2]
        monkeypatch.setattr(margins, "show", lambda image, index: image.frames[index])
        known = SimpleNamespace(rows=rows, columns=columns, frames=len(frames))
        return SimpleNamespace(known=known, frames=frames)

    return make


def anatomy(rows=100, columns=200):
    picture = np.zeros((rows, columns), np.uint8)
    picture[30:80, 40:160] = 120
    return picture


def text(*box, action="mask"):
    return Finding(kind="text", box=Box(*box), action=action)


def test_bands_of_text_are_cut_off(opened):
    image = opened(anatomy())
    assert crop_box(image, [text(5, 5, 60, 15), text(170, 40, 190, 50)]) == Box(0, 15, 170, 100)


def test_text_in_the_image_cuts_nothing(opened):
    assert crop_box(opened(anatomy()), [text(60, 40, 90, 50)]) is None
    assert crop_box(opened(anatomy()), []) is None


def test_text_that_stays_cuts_nothing(opened):
    assert crop_box(opened(anatomy()), [text(5, 5, 60, 15, action="keep")]) is None


def test_content_of_any_frame_is_spared(opened):
    later = anatomy()
    later[0:20, 100:120] = 200
    assert crop_box(opened(anatomy(), later), [text(5, 5, 60, 15)]) is None


def test_a_picture_of_nothing_but_text_is_not_cropped(opened):
    blank = np.zeros((100, 200), np.uint8)
    assert crop_box(opened(blank), [text(0, 0, 200, 90)]) is None


def test_where_too_little_would_stay_nothing_is_cropped(opened):
    small = np.zeros((100, 200), np.uint8)
    small[90:95, 10:20] = 99
    assert crop_box(opened(small), [text(0, 0, 200, 85)]) is None


def test_colour_pictures_are_judged_by_their_brightest_channel(opened):
    colour = np.zeros((100, 200, 3), np.uint8)
    colour[30:80, 40:160, 2] = 120
    assert crop_box(opened(colour), [text(5, 5, 60, 15)]) == Box(0, 15, 200, 100)
