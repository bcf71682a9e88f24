"""Rows of heads are not lines of text, and the words in and beside them are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pixelscrub.findings import Box
from pixelscrub.text.detectors import detect
from pixelscrub.text.montage import Tiles, is_content, tiles_of

SIDE = 96


def head(k, seed=1):
    """A slice of a head of ellipses, a little smaller than the one before."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    away = np.hypot(x / (32 - k / 2), y / (40 - k / 2))
    brain = cv2.GaussianBlur(random.normal(0, 1, (SIDE, SIDE)), (0, 0), 2)
    return np.where(away < 0.85, 110 + 160 * brain, np.where(away < 1, 40, 5)).clip(0, 255)


def montage(across=5, down=5, seed=1):
    rows = [[head(r * across + c, seed) for c in range(across)] for r in range(down)]
    return np.asarray(np.block(rows), np.uint8)


@pytest.mark.parametrize(("across", "down"), [(4, 4), (6, 6), (6, 4)])
def test_the_tiles_of_a_montage_are_told(across, down):
    tiles = tiles_of(montage(across, down))
    assert tiles is not None
    assert (round(tiles.height), round(tiles.width)) == (SIDE, SIDE)


def test_one_picture_and_a_page_of_text_are_no_montage():
    assert tiles_of(np.asarray(head(1), np.uint8)) is None
    page = np.full((400, 500), 255, np.uint8)
    for k in range(12):
        line = "the quick brown fox jumps over"[: 18 + k]
        cv2.putText(page, line, (10, 30 + 30 * k), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 0, 1)
    assert tiles_of(page) is None
    assert tiles_of(np.zeros((64, 64), np.uint8)) is None


def test_rows_of_heads_are_not_found_and_labels_are():
    picture = montage()
    assert detect(picture) == []
    cv2.putText(picture, "SMITH ANNA 1961", (8, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1)
    boxes = [text.box for text in detect(picture)]
    assert boxes
    assert all(box.height < 30 for box in boxes)


def test_what_is_as_high_as_a_tiles_content_is_content():
    tiles = Tiles(96, 96)
    assert is_content(Box(0, 0, 480, 90), tiles)
    assert not is_content(Box(0, 0, 200, 16), tiles)
