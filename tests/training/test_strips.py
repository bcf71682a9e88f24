"""What a second look sees of a find."""

import numpy as np
import pytest

from pixelscrub.findings import Box
from training.text.strips import COLUMNS, ROWS, parts, strip


def picture() -> np.ndarray:
    shown = np.full((120, 200, 3), 40, np.uint8)
    shown[50:60, 80:120] = 200
    return shown


@pytest.mark.parametrize("turned", [False, True])
def test_a_find_fills_the_middle_of_its_strip(turned: bool) -> None:
    shown = np.rot90(picture(), 3) if turned else picture()
    box = Box(120 - 60, 80, 120 - 50, 120) if turned else Box(80, 50, 120, 60)
    seen = strip(np.ascontiguousarray(shown), box)
    assert seen.shape == (4, ROWS, COLUMNS)
    inside = seen[3] > 0
    assert inside.mean() == pytest.approx(0.25, abs=0.01)
    assert seen[0][inside].mean() > 1.3
    assert seen[0][~inside].mean() < -0.4


def test_a_grey_picture_is_three_alike_planes_and_contrast_does_not_matter() -> None:
    grey = picture()[:, :, 0]
    seen, faint = strip(grey, Box(80, 50, 120, 60)), strip(grey // 3, Box(80, 50, 120, 60))
    np.testing.assert_array_equal(seen[0], seen[2])
    np.testing.assert_allclose(seen[:3], faint[:3], atol=0.1)


@pytest.mark.parametrize(
    "box", [Box(-30, -4, 20, 8), Box(190, 110, 260, 140), Box(300, 300, 310, 305)]
)
def test_a_find_may_reach_out_of_its_picture(box: Box) -> None:
    assert np.isfinite(strip(picture(), box)).all()


def test_a_long_find_is_seen_at_its_start_middle_and_end() -> None:
    assert parts(Box(0, 0, 60, 10)) == [Box(0, 0, 60, 10)]
    assert parts(Box(0, 0, 300, 10)) == [
        Box(0, 0, 70, 10),
        Box(115, 0, 185, 10),
        Box(230, 0, 300, 10),
    ]
    assert parts(Box(0, 0, 10, 300))[2] == Box(0, 230, 10, 300)
