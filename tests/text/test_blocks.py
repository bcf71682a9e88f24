"""Boxes hold all of their ink and no wide gap: flat ground around and between lines stays."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.findings import Box
from pixelscrub.text.blocks import SETTINGS, lines_of, trimmed

INK = Box(40, 30, 60, 60)


def picture(colour: bool = False) -> np.ndarray:
    """A letter like an H, 20 wide and 30 high, on flat ground."""
    drawn = np.full((100, 120), 30, np.uint8)
    drawn[30:60, 40:45] = drawn[30:60, 55:60] = drawn[43:47, 40:60] = 200
    return np.dstack([np.full_like(drawn, 30), drawn, drawn]) if colour else drawn


def written(*lines: tuple[str, int, int]) -> np.ndarray:
    page = np.full((160, 400), 20, np.uint8)
    for text, x, y in lines:
        cv2.putText(page, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 230, 1, cv2.LINE_AA)
    return page


def test_a_block_is_cut_into_its_lines_and_a_line_at_its_wide_gap() -> None:
    page = written(("MEIER^ANNA", 20, 40), ("1964", 20, 66), ("ID", 20, 92), ("4711", 330, 92))
    boxes = sorted(lines_of(page, Box(5, 10, 395, 110)), key=lambda box: (box.y0, box.x0))
    assert len(boxes) == 4
    assert boxes[1].x1 < 90
    assert boxes[2].x1 < 60
    assert boxes[3].x0 > 320


def test_words_of_a_line_stay_together() -> None:
    assert len(lines_of(written(("DR ANNA i: MEIER 12", 20, 40)), Box(5, 10, 395, 70))) == 1


def test_accents_and_points_stay_with_their_letters() -> None:
    page = np.full((60, 60), 20, np.uint8)
    page[20:40, 20:24], page[12:15, 20:24] = 230, 230
    assert lines_of(page, Box(10, 5, 40, 50)) == [Box(17, 9, 27, 43)]


def test_turned_letters_are_no_lines() -> None:
    page = np.ascontiguousarray(np.rot90(written(("MEIER^ANNA", 20, 40))))
    assert len(lines_of(page, Box(20, 230, 60, 395))) == 1


def test_tissue_between_words_is_no_gap() -> None:
    page = written(("ID", 20, 92), ("4711", 330, 92))
    noise = np.random.default_rng(0).integers(0, 40, page.shape)
    page = np.maximum(page, noise).astype(np.uint8)
    assert lines_of(page, Box(5, 70, 395, 110)) == [Box(5, 70, 395, 110)]


@given(st.tuples(*[st.integers(-20, 130)] * 4), st.integers(0, 2**32 - 1), st.floats(0, 0.05))
def test_no_ink_is_left_by_cutting(edges, seed, share) -> None:
    x0, x1 = sorted(edges[:2])
    y0, y1 = sorted(edges[2:])
    box = Box(x0, y0, x1 + 1, y1 + 1)
    dots = np.where(np.random.default_rng(seed).random((100, 120)) < share, 255, 7)
    left = np.full(dots.shape, False)
    left[max(y0, 0) : max(y1 + 1, 0), max(x0, 0) : max(x1 + 1, 0)] = True
    inside = dots[left]
    for part in lines_of(dots.astype(np.uint8), box):
        assert part.intersection(box) == part
        left[max(part.y0, 0) : max(part.y1, 0), max(part.x0, 0) : max(part.x1, 0)] = False
    rest = dots[left]
    # all that is left is of one level: the ground, which edges full of ink may turn around
    assert rest.size == 0 or len(np.unique(rest)) == 1 or inside.size == 0


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("wide", [Box(20, 10, 80, 80), Box(0, 0, 120, 100), Box(-9, 25, 70, 200)])
def test_flat_ground_around_letters_is_left(wide: Box, colour: bool) -> None:
    assert trimmed(picture(colour), wide) == INK.padded(SETTINGS.rim).intersection(wide)


def test_what_is_faint_is_no_flat_ground() -> None:
    drawn = picture()
    drawn[80, 90] += SETTINGS.flat + 1
    assert trimmed(drawn, Box(20, 10, 110, 95)) == Box(40, 30, 91, 81).padded(SETTINGS.rim)


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
