from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from pixelscrub.face.head.fit import Fit, Pose
from pixelscrub.face.head.region import Region, _front, _moved
from pixelscrub.face.mask import _judge
from pixelscrub.face.voxels.grid import Grid, Placed
from pixelscrub.face.voxels.skin import body
from tests.face.phantom import head

UPRIGHT = Pose(np.zeros(3), np.zeros(3), np.zeros(3))
FINE = {
    "face_in_view": 1.0,
    "face_ml": 500.0,
    "surface_removed": 0.99,
    "surface_moved": 0.97,
    "left_right": 0.98,
}


@pytest.fixture(scope="module")
def seen():
    placed = Placed(head(), sitk.Transform())
    grid = placed.sample(3.0, np.array([-90.0, -140.0, -140.0]), np.array([90.0, 40.0, 60.0]))
    points = grid.points(np.indices(grid.values.shape).reshape(3, -1).T)
    return (
        grid,
        body(grid, 20.0, "MR"),
        UPRIGHT.to_template(points).reshape((*grid.values.shape, 3)),
    )


@pytest.mark.parametrize(
    ("goes", "moved", "alike"),
    [("nothing", 0.0, 0.0), ("all", 1.0, 1.0), ("half", 0.5, 0.0)],
)
def test_signals_tell_what_has_moved_and_where(seen, goes, moved, alike):
    grid, solid, template = seen
    front = template[..., 1] < -20
    remove = {
        "nothing": np.zeros_like(solid),
        "all": front,
        "half": front & (template[..., 0] > 0),
    }[goes]
    checks = _moved(grid, solid, _front(template), remove, template[..., 0])
    assert checks["surface_moved"] == pytest.approx(moved, abs=0.06)
    assert checks["left_right"] == pytest.approx(alike, abs=0.06)


@pytest.mark.parametrize(
    ("worse", "reason"),
    [
        ({"surface_removed": 0.85}, "face_left"),
        ({"surface_moved": 0.7}, "face_left"),
        ({"left_right": 0.6}, "sides_differ"),
        ({"face_in_view": 0.2}, "little_in_view"),
    ],
)
def test_each_signal_makes_the_face_partial(worse, reason):
    cells = np.zeros((4, 4, 4), np.float32)
    grid = Grid(cells, cells < 1, np.zeros(3), 2.0)
    good = _judge(Region(cells > 0, FINE), grid, Fit(UPRIGHT, 50.0, 0.0))
    assert (good.status, good.reasons) == ("removed", [])
    bad = _judge(Region(cells > 0, FINE | worse), grid, Fit(UPRIGHT, 50.0, 0.0))
    assert (bad.status, bad.reasons) == ("partial", [reason])


def test_a_head_against_its_header_is_believed_where_its_front_is_seen():
    cells = np.zeros((4, 4, 4), np.float32)
    grid = Grid(cells, cells < 1, np.zeros(3), 2.0)
    turned = Fit(Pose(np.array([0.1, 0.0, np.pi]), np.zeros(3), np.zeros(3)), 50.0, 0.0)
    assert _judge(Region(cells > 0, FINE), grid, turned).status == "removed"
    unseen = _judge(Region(cells > 0, FINE), grid, turned, is_faced=False)
    assert (unseen.status, unseen.reasons) == ("partial", ["uncertain_direction"])


@pytest.mark.parametrize(("distance", "air"), [(140.0, 0.0), (50.0, 8.0)])
def test_a_poor_fit_and_air_in_the_average_brain_make_the_face_partial(distance, air):
    cells = np.zeros((4, 4, 4), np.float32)
    grid = Grid(cells, cells < 1, np.zeros(3), 2.0)
    found = _judge(Region(cells > 0, FINE), grid, Fit(UPRIGHT, distance, air))
    assert (found.status, found.reasons) == ("partial", ["uncertain_fit"])
