"""The brain is told by what this very image shows, in noise too."""

from __future__ import annotations

import numpy as np
import pytest

from pixelscrub.face.head.brain import find_brain
from pixelscrub.face.voxels.grid import Grid
from pixelscrub.face.voxels.skin import signed_distance

STEP = 2.0
SIDE = 80


@pytest.mark.parametrize("noise", [3.0, 35.0, 60.0])
def test_a_brain_is_found_in_noise_and_bone_is_none_of_it(noise):
    z, y, x = np.indices((SIDE,) * 3) - SIDE / 2
    away = STEP * np.sqrt(x**2 + y**2 + z**2)
    values = np.select([away < 60, away < 67, away < 74], [35.0, 900.0, 50.0], -1000.0)
    values = (values + np.random.default_rng(3).normal(0, noise, values.shape)).astype(np.float32)
    grid = Grid(values, np.ones(values.shape, bool), np.zeros(3), STEP)
    average = (away - 54).astype(np.float32)  # fitted 6 mm too small
    brain = find_brain(grid, signed_distance(away < 74, STEP), average, "CT")
    assert brain[away < 58].mean() > 0.995
    assert brain[away > 63].mean() < 0.01
