"""Metal in CT volumes: where it is, what it is, and what is wrong with the values."""

from __future__ import annotations

import numpy as np
import pytest

from pixelscrub.objects.ct import CtSettings, find_pieces, to_hounsfield

SPACING = (2.0, 1.0, 1.0)
SETTINGS = CtSettings()


@pytest.fixture(scope="module")
def body() -> np.ndarray:
    """A trunk of 160 by 120 mm with a bony ring, air all around, and a thin table."""
    y, x = np.indices((170, 200), np.float32)
    plane = np.full((170, 200), -1000, np.float32)
    oval = ((x - 100) / 80) ** 2 + ((y - 75) / 60) ** 2
    plane[oval <= 1] = 40
    plane[(oval <= 0.55) & (oval > 0.45)] = 1900
    plane[148:152, 20:180] = 150
    volume = np.repeat(plane[None], 40, axis=0)
    return volume + np.random.default_rng(0).normal(0, 10, volume.shape).astype(np.float32)


def found(values):
    return find_pieces(values, SPACING, SETTINGS)


def with_metal(body, window, level=3071.0):
    values = body.copy()
    values[window] = level
    return values


def test_a_body_without_metal_gives_nothing(body):
    assert found(body)[0] == []


def test_a_plate_on_the_skin_is_external_and_readable(body):
    ((piece,), _, _) = found(with_metal(body, np.s_[15:22, 12:15, 92:108]))
    assert (piece.about.kind, piece.about.where) == ("plate", "external")
    assert "readable" in piece.about.notes
    assert 14 <= piece.about.size_mm[0] <= 20


def test_a_small_ball_on_the_skin_is_external_and_not_readable(body):
    ((piece,), _, _) = found(with_metal(body, np.s_[18:21, 10:15, 98:103]))
    assert (piece.about.kind, piece.about.where, piece.about.notes) == ("metal", "external", ())


def test_a_clip_inside_is_an_implant(body):
    ((piece,), _, _) = found(with_metal(body, np.s_[18:21, 73:78, 98:103]))
    assert (piece.about.kind, piece.about.where) == ("implant", "internal")


def test_a_plate_under_eight_millimetres_of_skin_is_an_implant(body):
    ((piece,), _, _) = found(with_metal(body, np.s_[12:28, 23:29, 85:115]))
    assert (piece.about.kind, piece.about.where) == ("implant", "internal")


def test_aluminium_on_the_skin_is_found_though_bone_is_as_bright(body):
    ((piece,), _, _) = found(with_metal(body, np.s_[15:22, 10:15, 95:105], 1900.0))
    assert piece.about.where == "external"


def test_a_long_thin_chain_is_a_chain(body):
    values = body.copy()
    for k, x in enumerate(range(60, 140)):
        top = int(75 - 60 * np.sqrt(1 - ((x - 100) / 80) ** 2))
        z = 8 + k // 4
        values[z : z + 2, top - 2 : top, x : x + 2] = 3071
    assert {piece.about.kind for piece in found(values)[0]} == {"chain"}


def test_metal_in_the_room_is_not_the_persons(body):
    assert found(with_metal(body, np.s_[10:20, 160:166, 5:12]))[0] == []


@pytest.mark.parametrize("share", [0.05, 0.6])
def test_metal_everywhere_is_told_as_such(body, share):
    values = body.copy()
    values[np.random.default_rng(1).random(body.shape) < share] = 3071
    assert found(values)[0] == []
    assert found(values)[2]


def test_many_pieces_are_not_told_apart(body):
    values = body.copy()
    values[4:38:6, 45:105:6, 50:150:6] = 3071
    assert found(values)[2]


def test_values_without_an_intercept_are_still_read(body):
    values, notes = to_hounsfield(body + 1024, SETTINGS)
    assert notes == {"no_rescale"}
    assert np.allclose(values, body, atol=0.01)


def test_values_in_hounsfield_units_stay(body):
    values, notes = to_hounsfield(body, SETTINGS)
    assert values is body
    assert notes == set()


def test_wrapped_values_are_metal_and_padding_is_not(body):
    values = with_metal(body, np.s_[15:22, 12:15, 92:108], -29000.0)
    values[:, :, :4] = -4000
    read, notes = to_hounsfield(values, SETTINGS)
    assert notes == {"values_wrap"}
    ((piece,), _, _) = found(read)
    assert (piece.about.kind, piece.about.where) == ("plate", "external")


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((1, 5, 5), np.float32),
        np.full((3, 8, 8), 3071, np.float32),
        np.full((4, 9, 7), -1000, np.float32),
        np.full((4, 9, 7), np.float32(3e38)),
    ],
)
def test_volumes_that_show_nothing_are_no_error(values):
    pieces, _, _ = find_pieces(to_hounsfield(values, SETTINGS)[0], SPACING, SETTINGS)
    assert pieces == []
