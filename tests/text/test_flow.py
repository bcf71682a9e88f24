"""What is flow and what is written, by its hues."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from pixelscrub.findings import Box
from pixelscrub.text.detectors.flow import is_flow

Picture = npt.NDArray[np.uint8]
WHOLE = Box(0, 0, 200, 80)


def written(colour: tuple[int, int, int], text: str = "MEIER 1961") -> Picture:
    picture = np.full((80, 200, 3), 12, np.uint8)
    cv2.putText(picture, text, (6, 50), cv2.FONT_HERSHEY_SIMPLEX, 0.9, colour, 2, cv2.LINE_AA)
    return picture


def vessels() -> Picture:
    """Winding strokes, red at their rims and yellow in their middle."""
    mask = np.zeros((80, 200), np.uint8)
    for x in range(20, 190, 24):
        cv2.line(mask, (x, 70), (x + 14, 12), 255, 9)
    depth = np.clip(cv2.distanceTransform(mask, cv2.DIST_L2, 3) / 4, 0, 1)[:, :, None]
    colours = np.array([190.0, 30, 0]) + depth * np.array([60.0, 190, 40])
    return np.where(mask[:, :, None] > 0, colours, 12).astype(np.uint8)


def test_vessels_are_flow() -> None:
    assert is_flow(vessels(), WHOLE)


@pytest.mark.parametrize(
    "colour", [(255, 255, 255), (255, 255, 0), (0, 255, 0), (255, 150, 0), (90, 140, 255)]
)
def test_letters_of_one_colour_are_not(colour: tuple[int, int, int]) -> None:
    assert not is_flow(written(colour), WHOLE)


def test_lines_of_two_colours_are_not() -> None:
    """What changes is the colour from letter to letter, not within one."""
    picture = np.hstack([written((255, 0, 0), "MEIER")[:, :110], written((0, 255, 0), "ANNA")])
    assert not is_flow(picture, Box(0, 0, 310, 80))


@pytest.mark.parametrize("quality", [40, 75, 95])
def test_colours_that_jpeg_smears_stay_letters(quality: int) -> None:
    packed = cv2.imencode(".jpg", written((255, 60, 0)), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    assert not is_flow(np.asarray(cv2.imdecode(packed, 1), np.uint8), WHOLE)


def test_flow_with_white_letters_over_it_is_not_left() -> None:
    picture = vessels()
    cv2.putText(picture, "MEIER", (30, 50), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255,) * 3, 2)
    assert not is_flow(picture, WHOLE)


def test_grey_pictures_and_places_outside_show_no_flow() -> None:
    assert not is_flow(vessels()[:, :, 0], WHOLE)
    assert not is_flow(vessels(), Box(500, 500, 520, 510))
