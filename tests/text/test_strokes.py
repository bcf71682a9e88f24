"""Lines of drawn letters, and what must not be taken for them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pixelscrub.text import detect
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors.ink import calm
from pixelscrub.text.detectors.strokes import find_lines

FONT = cv2.FONT_HERSHEY_SIMPLEX
STROKES = ("strokes",)


def written(picture, text, at=(40, 60), size=0.6, ink=255, thickness=1):
    """Draw a text; gives which pixels are its ink."""
    before = picture.copy()
    cv2.putText(picture, text, at, FONT, size, ink, thickness)
    return (picture != before).reshape(*picture.shape[:2], -1).any(axis=2)


def share_found(found: list[TextBox], ink) -> float:
    mask = np.zeros(ink.shape, bool)
    for text in found:
        x0, y0, x1, y1 = text.box
        mask[max(y0, 0) : y1, max(x0, 0) : x1] = True
    return float(mask[ink].mean())


@pytest.mark.parametrize(("ground", "ink"), [(0, 255), (255, 0), (60, 140), (0, 60), (200, 120)])
@pytest.mark.parametrize("size", [0.4, 0.6, 1.0])
def test_text_on_flat_ground_is_found_whole(ground, ink, size):
    picture = np.full((240, 480), ground, np.uint8)
    drawn = written(picture, "DOE^JOHN 1961", size=size, ink=ink)
    assert share_found(detect(picture, STROKES), drawn) > 0.98


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (90, 90, 255), (255, 255, 0)])
def test_coloured_text_is_found(colour):
    picture = np.zeros((240, 480, 3), np.uint8)
    drawn = written(picture, "St Mary Hospital", ink=colour)
    assert share_found(detect(picture, STROKES), drawn) > 0.98


@pytest.mark.parametrize("turns", [1, 3])
def test_text_turned_by_90_degrees_is_found(turns):
    picture = np.zeros((240, 480), np.uint8)
    drawn = np.rot90(written(picture, "MILLER ANNA 7788"), turns)
    turned = np.ascontiguousarray(np.rot90(picture, turns))
    assert share_found(detect(turned, STROKES), drawn) > 0.98


def test_large_letters_are_found_in_a_large_picture():
    picture = np.zeros((900, 1600), np.uint8)
    drawn = written(picture, "REPORT", at=(100, 300), size=4, thickness=8)
    assert share_found(detect(picture, STROKES), drawn) > 0.98


def test_text_on_a_gradient_is_found():
    picture = np.tile(np.linspace(0, 120, 640).astype(np.uint8), (240, 1))
    drawn = written(picture, "SMITH 12345678")
    assert share_found(detect(picture, STROKES), drawn) > 0.98


def test_tissue_and_noise_are_left():
    random = np.random.default_rng(7)
    speckle = cv2.GaussianBlur(random.integers(0, 255, (400, 400)).astype(np.uint8), (0, 0), 3)
    noise = random.integers(0, 255, (400, 400)).astype(np.uint8)
    assert detect(speckle, STROKES) == []
    assert detect(noise, STROKES) == []


def test_lines_and_frames_are_left():
    picture = np.zeros((400, 400), np.uint8)
    cv2.rectangle(picture, (50, 50), (350, 350), 255, 1)
    cv2.line(picture, (10, 390), (390, 380), 200, 1)
    assert detect(picture, STROKES) == []


def test_text_in_the_overlap_of_tiles_is_found():
    picture = np.zeros((300, 4600), np.uint8)
    drawn = written(picture, "JOHNSON 445566", at=(1990, 100))
    assert share_found(find_lines(picture), drawn) > 0.98


def test_a_calm_picture_is_left_as_it_is():
    picture = np.zeros((50, 50), np.uint8)
    written(picture, "A", at=(10, 30))
    assert calm(picture) is picture
    noisy = np.random.default_rng(1).integers(0, 255, (50, 50)).astype(np.uint8)
    assert calm(noisy).std() < noisy.std()


def test_a_picture_full_of_text_is_masked():
    picture = np.zeros((1000, 1000), np.uint8)
    for y in range(20, 1000, 24):
        cv2.putText(picture, "ABCDEF 123 " * 8, (0, y), FONT, 0.6, 255, 1)
    found = detect(picture, STROKES)
    assert share_found(found, picture > 0) > 0.99
