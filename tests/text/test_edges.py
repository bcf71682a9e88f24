"""Letters have sharp edges; what is blurred has none."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from pixelscrub.findings import Box
from pixelscrub.text.detectors.network import SHARP
from pixelscrub.text.measures import sharpness


def letter(size: float, blur: float = 0.0) -> tuple[np.ndarray, Box]:
    picture = np.full((400, 300), 10, np.uint8)
    (width, height), _ = cv2.getTextSize("R", cv2.FONT_HERSHEY_SIMPLEX, size, round(2 * size))
    cv2.putText(picture, "R", (20, 380), 0, size, 200, round(2 * size), cv2.LINE_AA)
    shown = cv2.GaussianBlur(picture, (0, 0), blur) if blur else picture
    return shown, Box(20, 380 - height, 20 + width, 380)


@pytest.mark.parametrize("size", [0.5, 1, 2, 4])
def test_letters_are_sharp_however_large(size: float) -> None:
    assert sharpness(*letter(size)) > SHARP


def test_wide_edges_of_large_letters_are_sharp_and_those_of_small_blobs_are_not() -> None:
    assert sharpness(*letter(12, blur=3)) > SHARP
    assert sharpness(*letter(1, blur=2)) < SHARP


def test_colour_counts_as_grey_does() -> None:
    picture, box = letter(1)
    coloured = np.zeros((*picture.shape, 3), np.uint8)
    coloured[..., 1] = picture
    assert sharpness(coloured, box) == sharpness(picture, box)


@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=40)), st.integers(-9, 45))
def test_any_box_has_a_sharpness(picture: np.ndarray, at: int) -> None:
    assert 0 <= sharpness(picture, Box(at, at // 2, at + 12, at // 2 + 7)) <= 255
