"""Flat ground and tissue."""

from __future__ import annotations

import numpy as np
import pytest

from pixelscrub.findings import Box
from pixelscrub.text.measures import SETTINGS, is_flat_around

PLACE = Box(40, 30, 80, 50)


@pytest.mark.parametrize("shape", [(100, 120), (100, 120, 3)])
@pytest.mark.parametrize(("spread", "calm"), [(0, True), (4, True), (60, False)])
def test_ground_is_calm_where_its_levels_are_alike(shape, spread, calm):
    picture = np.random.default_rng(3).integers(50, 51 + spread, shape).astype(np.uint8)
    picture[PLACE.y0 : PLACE.y1, PLACE.x0 : PLACE.x1] = 255
    assert is_flat_around(picture, PLACE) == calm


def test_a_line_of_another_text_beside_it_is_no_tissue():
    picture = np.full((100, 120), 10, np.uint8)
    picture[51:53] = 10 + 20 * int(SETTINGS.alike)
    assert is_flat_around(picture, PLACE)


def test_a_box_that_fills_the_picture_has_no_ground_to_judge():
    assert is_flat_around(np.arange(256, dtype=np.uint8).reshape(16, 16), Box(-3, -3, 20, 20))


@pytest.mark.parametrize(("level", "calm"), [(0, True), (250, True), (255, False)])
def test_white_is_where_a_window_ends_and_not_flat(level, calm):
    assert is_flat_around(np.full((60, 80, 3), level, np.uint8), PLACE) == calm
