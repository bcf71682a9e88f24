"""Slices of mosaics lie where the slices of the same volume lie."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.errors import HeldError, Reason
from pixelscrub.face.voxels.volumes import frames
from pixelscrub.intake.instance import Source
from pixelscrub.intake.mosaic import attributes
from pixelscrub.intake.read import read_instance
from pixelscrub.intake.volumes import read_slices, volumes
from tests.face.mosaics import csa, mosaic, with_private
from tests.face.phantom import head

HEADER = csa(NumberOfImagesInMosaic=["7"], SliceNormalVector=["0", "0", "1"], Word=["abc"])


@pytest.fixture
def slices_of(make_instance, save, tmp_path):
    def read(values, count, normal=("0.0", "0.0", "1.0"), **header):
        made = make_instance(values, BitsStored=12, HighBit=11, **header)
        if count:
            with_private(made, count, normal)
        path = save(made, tmp_path / "mosaic.dcm")
        return read_slices(read_instance(Source(tmp_path, path.name, path.stat().st_size, 0)))

    return read


@pytest.mark.parametrize("upwards", [True, False])
def test_every_slice_lies_where_it_was(slices_of, upwards):
    volume = head(size=(30, 40, 7), spacing=(6.0, 6.0, 20.0))
    values, header = mosaic(volume, upwards)
    normal = ("0.0", "0.0", "1.0" if upwards else "-1.0")
    found = slices_of(values, 7, normal, **header)
    assert [s.tile for s in found[:4]] == [(0, 0), (0, 30), (0, 60), (40, 0)]
    (whole,), rest = volumes(found)
    assert rest == []
    assert whole.heights == pytest.approx([volume.GetOrigin()[2] + 20 * k for k in range(7)])
    assert whole.slices[0].position == pytest.approx(volume.GetOrigin(), abs=1e-3)
    for k, plane in enumerate(frames(whole.slices)):
        meant = np.array([[volume[x, y, k] for x in range(30)] for y in range(40)])
        assert plane == pytest.approx(np.floor(np.clip(meant, 0, 4095)), abs=1)


def test_without_its_private_header_a_mosaic_has_no_slices(slices_of):
    values, header = mosaic(head(size=(30, 40, 7)))
    assert slices_of(values, 0, **header) == []


@pytest.mark.parametrize(
    ("count", "normal", "changed"),
    [
        (5, ("0.0", "0.0"), {}),
        (0.5, ("0.0", "0.0", "1.0"), {}),
        (5, ("1.0", "0.0", "0.0"), {}),
        (50, ("0.0", "0.0", "1.0"), {}),
        (7, ("0.0", "0.0", "1.0"), {"SpacingBetweenSlices": -1}),
    ],
)
def test_what_cannot_be_is_held(slices_of, count, normal, changed):
    values, header = mosaic(head(size=(30, 40, 7)))
    with pytest.raises(HeldError) as caught:
        slices_of(values, count, normal, **header | changed)
    assert caught.value.reason is Reason.FACE_GEOMETRY


def test_numbers_of_a_private_header():
    assert attributes(HEADER) == {
        "NumberOfImagesInMosaic": [7.0],
        "SliceNormalVector": [0.0, 0.0, 1.0],
        "Word": [],
    }


@given(st.data())
def test_damage_is_told_and_never_hangs(data):
    raw = bytearray(HEADER[: data.draw(st.integers(0, len(HEADER)))])
    for place in data.draw(st.lists(st.integers(0, max(len(raw) - 1, 0)), max_size=6)):
        if raw:
            raw[place] = data.draw(st.integers(0, 255))
    with suppress(HeldError):
        assert all(np.isfinite(v).all() for v in attributes(bytes(raw)).values())
