"""Wrong masks, taken apart by the harm that they do."""

from __future__ import annotations

import numpy as np
import pytest

from pixelscrub.evaluate.wrong import is_picture, wrong_area
from pixelscrub.findings import Box


def filled(*boxes: Box) -> np.ndarray:
    mask = np.zeros((100, 200), bool)
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = True
    return mask


@pytest.fixture
def picture() -> np.ndarray:
    """Flat on the left, noise on the right."""
    shown = np.full((100, 200), 20, np.uint8)
    shown[:, 100:] = np.random.default_rng(0).integers(0, 255, (100, 100))
    return shown


def test_a_mask_of_a_text_and_its_margin_is_right(picture) -> None:
    text = Box(20, 20, 80, 30)
    box = text.padded(4)
    wrong = wrong_area(picture, filled(box), [box], [text], [])
    assert (wrong.total, wrong.in_empty_boxes, wrong.on_picture) == (0, 0, 0)


def test_a_box_without_text_counts_as_such_and_on_picture_where_it_is(picture) -> None:
    flat, noisy = Box(10, 10, 20, 20), Box(150, 40, 170, 50)
    wrong = wrong_area(picture, filled(flat, noisy), [flat, noisy], [Box(50, 80, 60, 90)], [])
    assert wrong.total == pytest.approx(300 / 20_000)
    assert wrong.in_empty_boxes == wrong.total
    assert wrong.on_picture == pytest.approx(200 / 20_000)


def test_what_a_box_takes_beyond_its_text_is_not_a_box_without_text(picture) -> None:
    text, box = Box(110, 40, 130, 50), Box(105, 38, 190, 52)
    wrong = wrong_area(picture, filled(box), [box], [text], [])
    assert wrong.in_empty_boxes == 0
    assert wrong.on_picture == pytest.approx(wrong.total, rel=0.1)
    assert wrong.on_picture > 0.03


def test_a_logo_may_be_masked(picture) -> None:
    logo = Box(150, 40, 170, 50)
    wrong = wrong_area(picture, filled(logo), [logo], [], [logo])
    assert (wrong.total, wrong.in_empty_boxes, wrong.on_picture) == (0, 0, 0)


def test_flat_ground_of_any_colour_is_no_picture() -> None:
    shown = np.zeros((20, 60, 3), np.uint8)
    shown[:, 30:, 2] = 200
    seen = is_picture(shown)
    assert not seen[:, :26].any()
    assert seen[:, 28:31].all()
    assert not seen[:, 35:].any()
