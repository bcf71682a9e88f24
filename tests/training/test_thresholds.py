"""Thresholds measured on drawn scenes."""

import pytest

from training.text import thresholds
from training.text.shelf import packaged


def test_stricter_thresholds_find_no_more_and_mask_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(thresholds, "PAIRS", ((0.3, 0.5), (0.8, 0.97)))
    lenient, strict = thresholds.rows(4, packaged())
    assert 0.5 < lenient.gone <= 1
    assert strict.gone <= lenient.gone
    assert strict.wrong_with <= lenient.wrong_with
