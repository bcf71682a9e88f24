"""What the finders of faces learn from: heads with faces marked, heads without, other bodies."""

from __future__ import annotations

import numpy as np
import pytest

from training.faces import data, depth, pictures
from training.faces.drawn import OTHERS, head


@pytest.fixture(scope="module")
def body():
    return head(np.random.default_rng(3))


def test_drawn_heads_have_a_face_and_no_two_are_alike(body):
    other = head(np.random.default_rng(4))
    assert body.values.shape == other.values.shape
    assert np.abs(body.values - other.values).mean() > 0.005
    tissue = body.values[body.face]
    assert 0.1 < float((tissue > 0.5).mean()) < 0.9
    x, y, z = (round(float(n)) for n in body.nasion)
    assert body.values[x, y + 6, z] > 0.5  # behind the root of the nose
    assert body.values[x, y - 14, z] < 0.5  # before it


@pytest.mark.parametrize("draw", OTHERS, ids=lambda draw: draw.__name__)
def test_other_bodies_have_none(draw):
    made = draw(np.random.default_rng(5))
    assert made.nasion is None
    assert not made.face.any()
    assert 0.005 < float((made.values > 0.5).mean()) < 0.995


def test_views_of_a_head_mark_its_face_upright(body):
    random = np.random.default_rng(6)
    found = [s for _ in range(14) for s in depth.samples(body, random)]
    places = [s.place for s in found if s.place is not None]
    assert 2 <= len(places) < len(found)
    for sample in found:
        assert sample.picture.shape == (3, depth.SIZE, depth.SIZE)
        length = np.linalg.norm(sample.picture, axis=0)
        assert set(np.unique(np.round(length, 3))) <= {0.0, 1.0}
    assert all(0 < edge < depth.SIZE for place in places for edge in place)


def test_a_quarter_turn_takes_the_normals_along():
    picture = np.zeros((3, 4, 4), np.float32)
    picture[1, 0, 3] = 1  # faces across at the top right
    turned = depth.quarter(picture, 1)
    assert turned[0, 0, 0] == -1  # then up, at the top left
    assert np.array_equal(depth.quarter(picture, 4), picture)


def test_pictures_of_heads_mark_faces_and_others_do_not(body):
    random = np.random.default_rng(7)
    found = [s for _ in range(6) for s in pictures.samples(body, random)]
    assert {"sagittal", "axial", "rendered"} <= {s.kind for s in found}
    assert any(s.face.any() for s in found)
    assert not any(s.face.any() for s in found if s.kind in {"axial", "coronal"})
    for sample in found:
        assert sample.picture.shape == sample.face.shape == (pictures.SIZE, pictures.SIZE)
        assert 0 <= sample.picture.min() <= sample.picture.max() <= 1
    others = [s for draw in OTHERS for s in pictures.samples(draw(random), random)]
    assert not any(s.face.any() for s in others)


def test_what_was_drawn_is_kept_in_files(body, tmp_path):
    real = {"one": body}
    data.draw_surfaces(real, 1.0, 1, tmp_path / "s.npz")
    data.draw_pictures(real, 1.0, 1, tmp_path / "p.npz")
    surfaces, shown = np.load(tmp_path / "s.npz"), np.load(tmp_path / "p.npz")
    assert len(surfaces["pictures"]) == len(surfaces["places"]) > 0
    assert len(shown["pictures"]) == len(shown["faces"]) > 0
