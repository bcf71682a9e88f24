"""Letters that a box cuts are taken in whole; what only touches it is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.findings import Box
from pixelscrub.text.whole import REACH, whole

INK = Box(40, 30, 60, 60)


def picture(colour: bool = False) -> np.ndarray:
    """A letter like an H, 20 wide and 30 high, on flat ground."""
    drawn = np.full((100, 120), 30, np.uint8)
    drawn[30:60, 40:45] = drawn[30:60, 55:60] = drawn[43:47, 40:60] = 200
    return np.dstack([np.full_like(drawn, 30), drawn, drawn]) if colour else drawn


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("cut", [Box(44, 30, 66, 60), Box(36, 26, 64, 55), Box(42, 32, 58, 58)])
def test_a_letter_that_is_cut_is_taken_in(cut: Box, colour: bool) -> None:
    grown = whole(picture(colour), cut)
    assert grown.intersection(INK) == INK
    assert grown.intersection(cut) == cut


def test_a_line_that_leads_far_out_of_a_box_is_not_followed() -> None:
    drawn = np.full((100, 120), 30, np.uint8)
    cv2.line(drawn, (0, 50), (119, 50), 200, 2)
    assert whole(drawn, Box(50, 40, 70, 60)) == Box(50, 40, 70, 60)


def test_an_empty_place_stays_as_it_is() -> None:
    assert whole(np.full((50, 50), 9, np.uint8), Box(10, 10, 30, 20)) == Box(10, 10, 30, 20)
    assert whole(picture(), Box(200, 200, 210, 210)) == Box(200, 200, 210, 210)
    assert whole(picture(), Box(-5, -5, 200, 200)) == Box(-5, -5, 200, 200)


@given(st.tuples(*[st.integers(-20, 130)] * 4), st.integers(0, 2**32 - 1))
def test_boxes_only_grow_and_by_little(edges, seed) -> None:
    x0, x1 = sorted(edges[:2])
    y0, y1 = sorted(edges[2:])
    box = Box(x0, y0, x1 + 1, y1 + 1)
    noise = np.random.default_rng(seed).integers(0, 2, (100, 120), np.uint8) * 255
    grown = whole(noise, box)
    more = max(round(REACH * min(box.width, box.height)), 1)
    assert grown.intersection(box) == box
    assert box.padded(more).intersection(grown) == grown
