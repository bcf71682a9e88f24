"""Pictures to measure with."""

import numpy as np
import pytest

from training.text.fonts import fonts
from training.text.stress import KINDS, sheets


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_texts_stand_out_as_their_kind_says(kind):
    shown = list(sheets(kind, 3, 256, fonts()))
    assert all(bool(sheet.inks) == kind.is_text for sheet in shown)
    for sheet in shown:
        heights = [np.flatnonzero(ink.any(axis=0 if kind.turned else 1)) for ink in sheet.inks]
        assert all(np.ptp(rows) + 1 <= kind.heights[1] for rows in heights)


def test_a_mask_hides_what_it_covers_and_is_wrong_elsewhere():
    (sheet,) = sheets(KINDS[0], 1, 256, fonts())
    everything, nothing = np.ones((256, 256), bool), np.zeros((256, 256), bool)
    assert all(sheet.gone(everything))
    assert not any(sheet.gone(nothing))
    assert sheet.wrong(nothing) == 0
    assert 0 < sheet.wrong(everything) < 1


def test_pictures_are_the_same_on_every_run():
    one, other = (next(iter(sheets(KINDS[0], 1, 128, fonts()))) for _ in range(2))
    np.testing.assert_array_equal(one.picture, other.picture)
