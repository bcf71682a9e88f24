from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from pixelscrub.face.head.eyes import globes
from pixelscrub.face.head.fit import Pose
from pixelscrub.face.voxels.grid import Placed
from tests.face.phantom import head


def around(modality, shift):
    pose = Pose(np.zeros(3), np.array(shift), np.zeros(3))
    placed = Placed(head(modality), sitk.Transform())
    box = np.array([[-90.0, -140.0, -110.0], [90.0, 20.0, 40.0]])
    return placed.sample(2.0, *(box + pose.shift)), pose


@pytest.mark.parametrize("low", [0.0, -8.0])
def test_globes_are_found_where_they_are_and_not_where_the_average_head_has_them(low):
    grid, pose = around("MR", (0.0, 0.0, low))
    assert globes(grid, pose) == pytest.approx([0.0, 4.0, -2.0 - low], abs=2.0)


def test_what_looks_alike_everywhere_has_no_globes():
    grid, pose = around("MR", (0.0, 30.0, 40.0))
    assert globes(grid, pose) is None


def test_globes_out_of_view_are_not_made_up():
    grid, pose = around("MR", (0.0, 0.0, 300.0))
    assert globes(grid, pose) is None
