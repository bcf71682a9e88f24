from __future__ import annotations

import numpy as np

from benchmarks.heads.attack import distance, nearest, portrait
from pixelscrub.face.head.fit import Pose
from pixelscrub.face.voxels.grid import Grid

POSE = Pose(np.zeros(3), np.zeros(3), np.zeros(3))


def face(name, nose):
    """An ellipsoid with a nose of some length."""
    low, step = np.array([-100.0, -170.0, -140.0]), 3.0
    axes = [o + step * np.arange(n) for o, n in zip(low, (67, 60, 60), strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    solid = np.sum(((points - [0, -20, -60]) / [70, 85, 90]) ** 2, -1) < 1
    solid |= np.sum(((points - [0, -90, -60]) / [14, nose, 20]) ** 2, -1) < 1
    values = solid.astype(np.float32)
    grid = Grid(values, np.ones(values.shape, bool), low, step)
    return portrait(name, grid, solid, POSE)


def test_a_face_is_most_like_itself():
    gallery = [face("short", 25), face("middle", 35), face("long", 45)]
    for one in gallery:
        assert distance(one, one) == 0
        assert nearest(one, gallery) == one.name
    assert distance(gallery[0], gallery[2]) > distance(gallery[0], gallery[1])


def test_what_shows_nothing_is_compared_with_nobody():
    low = np.array([-100.0, -170.0, -140.0])
    nothing = np.zeros((20, 20, 20), bool)
    grid = Grid(nothing.astype(np.float32), ~nothing, low, 3.0)
    assert distance(portrait("empty", grid, nothing, POSE), face("x", 30)) == 100
