"""Letters that a box cuts are taken in whole; what only touches it is not, nor is flat ground."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.findings import Box
from pixelscrub.text.whole import FLAT, REACH, RIM, trimmed, whole

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


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("wide", [Box(20, 10, 80, 80), Box(0, 0, 120, 100), Box(-9, 25, 70, 200)])
def test_flat_ground_around_letters_is_left(wide: Box, colour: bool) -> None:
    assert trimmed(picture(colour), wide) == INK.padded(RIM).intersection(wide)


def test_what_is_faint_is_no_flat_ground() -> None:
    drawn = picture()
    drawn[80, 90] += FLAT + 1
    assert trimmed(drawn, Box(20, 10, 110, 95)) == Box(40, 30, 91, 81).padded(RIM)


def test_a_box_of_nothing_is_not_trimmed_away() -> None:
    assert trimmed(np.full((50, 50), 9, np.uint8), Box(10, 10, 30, 20)) == Box(10, 10, 30, 20)


@given(st.tuples(*[st.integers(-20, 130)] * 4), st.integers(0, 2**32 - 1), st.floats(0.001, 0.2))
def test_nothing_that_can_be_seen_is_trimmed(edges, seed, share) -> None:
    x0, x1 = sorted(edges[:2])
    y0, y1 = sorted(edges[2:])
    box = Box(x0, y0, x1 + 1, y1 + 1)
    dots = np.where(np.random.default_rng(seed).random((100, 120)) < share, 255, 7)
    inner = trimmed(dots.astype(np.uint8), box)
    left = np.full(dots.shape, False)
    left[max(y0, 0) : max(y1 + 1, 0), max(x0, 0) : max(x1 + 1, 0)] = True
    left[max(inner.y0, 0) : max(inner.y1, 0), max(inner.x0, 0) : max(inner.x1, 0)] = False
    assert np.unique(dots[left]).size <= 1
    assert box.intersection(inner) == inner
