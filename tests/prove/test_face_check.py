"""A face in a volume is seen whatever its header says, and gone when it is gone."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import MissingComponentError
from pixelscrub.prove import face_check
from pixelscrub.prove.face_check import FaceCheckSettings, find_face
from pixelscrub.prove.surface import cubes, solids, view
from tests.face.phantom import NOSE_TIP, head, inside

SPACING = (4.0, 4.0, 4.0)
SIZE = (52, 62, 64)


@pytest.fixture(scope="module")
def mr():
    """A head of 4 mm voxels, (z, y, x)."""
    return sitk.GetArrayFromImage(head("MR", SPACING, SIZE))


def without_face(values: np.ndarray) -> np.ndarray:
    """What is in front of the ears and beneath the brow becomes air."""
    z, y, x = np.indices(values.shape) * 4.0
    z, y, x = z - 166.0, y - 122.0, x - 102.0
    taken = values.copy()
    front = (z < 4) & (z > -150) & (np.abs(x) < 62) & (y < -46)
    taken[front & ~inside(np.stack([x, y, z], -1), [((0, 2, 18), (72, 88, 62))])] = 2.0
    return taken


def test_face_is_seen_where_it_is(mr):
    seen = find_face(mr, SPACING)
    assert seen.is_face
    z, y, x = (np.array(seen.place) * 4.0 - [166.0, 122.0, 102.0]).tolist()
    assert np.linalg.norm(np.array([x, y, z]) - NOSE_TIP) < 50


def test_head_without_its_face_has_none(mr):
    assert not find_face(without_face(mr), SPACING).is_face


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.max() - v,
        lambda v: v * 0.001 - 7,
        lambda v: v.transpose(2, 0, 1)[::-1],
        lambda v: np.where(v < 30, np.random.default_rng(0).uniform(0, 400, v.shape), v + 300),
    ],
    ids=["inverted", "other units", "lying otherwise", "air of noise"],
)
def test_neither_values_nor_directions_matter(mr, change):
    assert find_face(change(mr), SPACING).is_face


def test_spacing_may_be_unknown(mr):
    assert find_face(mr, None).is_face
    assert find_face(mr[::2], None).is_face


def test_what_is_to_be_ignored_counts_as_air(mr):
    gone = without_face(mr) != mr
    assert not find_face(mr, SPACING, ignored=gone).is_face


@pytest.mark.parametrize(
    "volume",
    [
        np.zeros((20, 20, 20)),
        np.full((9, 9, 9), np.nan),
        np.zeros((1, 50, 50), np.uint8),
        np.random.default_rng(1).normal(size=(40, 40, 40)),
    ],
    ids=["constant", "no numbers", "one plane", "noise"],
)
def test_nothing_is_seen_where_nothing_is(volume):
    assert not find_face(volume, SPACING).is_face


def test_large_volumes_are_looked_at_on_a_coarser_grid():
    field, step = cubes(np.zeros((400, 40, 40), np.uint8), (5.0, 20.0, 20.0))
    assert step > 3
    assert field.size <= 2_200_000


def test_surface_lies_between_voxels():
    ramp = np.clip(np.arange(20, dtype=np.float32) - 8.25, -1, 1)[:, None, None]
    (solid, *_) = solids(np.pad(ramp * np.ones((1, 30, 30)), 0).astype(np.float32))
    seen = view(solid, 0, False)
    assert seen.hit.all()
    assert 7 < float(seen.depth.mean()) < 9.5


def test_threshold_is_a_setting(mr):
    assert not find_face(
        mr, SPACING, settings=FaceCheckSettings(min_score=1.1, certain=1.1)
    ).is_face


def test_missing_network_is_named(mr, tmp_path, monkeypatch):
    monkeypatch.setattr(face_check, "model_file", lambda: tmp_path / "none.onnx")
    face_check._network.cache_clear()
    with pytest.raises(MissingComponentError):
        find_face(mr, SPACING)
    face_check._network.cache_clear()
