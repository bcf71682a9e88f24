"""The attacker with a face recogniser: what it is shown, and whom it takes for known."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from benchmarks.heads import recognition
from benchmarks.heads.recognition import SIZE, Known, described, known, rendered, told
from pixelscrub.errors import MissingComponentError
from pixelscrub.face.voxels.grid import Grid
from tests.face.phantom import head

EYES = np.array([0.0, -80.0, -32.0])


@pytest.fixture(scope="module")
def grid():
    image = head("MR", (4.0, 4.0, 4.0), (52, 62, 64))
    values = sitk.GetArrayFromImage(image).transpose(2, 1, 0).astype(np.float32)
    return Grid(values, np.ones(values.shape, bool), np.array(image.GetOrigin()), 4.0)


def test_rendering_shows_the_head_from_the_front_and_from_a_side(grid):
    front = rendered(grid, EYES, 100.0, 0.0, 0.0)
    assert front.shape == (SIZE, SIZE)
    assert front.dtype == np.uint8
    assert 0.2 < float((front > 30).mean()) < 0.9
    mirrored = np.abs(front.astype(int) - front[:, ::-1]).mean()
    turned = np.abs(front.astype(int) - rendered(grid, EYES, 100.0, 22.0, 0.0)).mean()
    assert turned > mirrored


def described_as(name, *vectors):
    return Known(name, 1.0, tuple(None if v is None else np.array(v, float) for v in vectors))


def test_a_head_is_known_where_the_nearest_front_is_its_own():
    gallery = [described_as("a", [0, 0], [0.1, 0]), described_as("b", [1, 0], None)]
    assert known(gallery, gallery) == 2
    assert known(gallery, gallery, skip=1) == 1  # b shows no face from the side
    assert known([described_as("a", [0.9, 0])], gallery) == 0
    assert known([described_as("a", [0, 0.7])], gallery) == 0  # too far from anybody
    assert known([described_as("c", [0, 0])], []) == 0


def test_what_is_told_stands_beside_chance():
    gallery = [described_as("a", [0, 0]), described_as("b", [1, 0])]
    assert told("after", gallery, gallery) == (
        "after: of 2 heads a face is seen in 2, 2 known"
        " (rank 1 within 0.6; by chance 1.0, gallery of 2)"
    )


def test_missing_recogniser_is_named(grid, monkeypatch):
    monkeypatch.setattr(recognition, "is_available", lambda: False)
    recognition._networks.cache_clear()
    with pytest.raises(MissingComponentError, match="attack"):
        described("a", grid, EYES, 100.0)
