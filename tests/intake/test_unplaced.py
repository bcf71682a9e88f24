"""Frames whose headers do not say where they lie make stacks in the order of their numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pixelscrub.errors import HeldError, Reason
from pixelscrub.intake.instance import Source
from pixelscrub.intake.read import read_instance
from pixelscrub.intake.unplaced import guess_slices, guess_volumes


@pytest.fixture
def written(make_instance, save, tmp_path: Path):
    def write(name: str, pixels: np.ndarray, **elements: object):
        path = save(make_instance(pixels, **elements), tmp_path / name)
        return read_instance(Source(path.parent, path.name, path.stat().st_size, 0))

    return write


def test_all_frames_of_an_object_are_one_stack(written):
    one = written("a.dcm", np.zeros((7, 8, 9), np.uint16), NumberOfFrames=7)
    slices = guess_slices(one)
    assert [s.frame for s in slices] == list(range(7))
    assert not slices[0].is_placed
    assert not slices[0].is_scaled
    (volume,), rest = guess_volumes(slices)
    assert (len(volume.slices), rest, volume.is_sure) == (7, [], False)
    assert np.diff(volume.heights) == pytest.approx(1.0)


def test_slices_of_many_series_are_put_in_the_order_of_their_numbers(written):
    made = [
        written(f"{n}.dcm", np.zeros((8, 9), np.uint16), SeriesInstanceUID=f"1.{n}",
                InstanceNumber=n, SOPInstanceUID=f"1.9.{n}")
        for n in (3, 1, 2, 4)
    ]  # fmt: skip
    (volume,), rest = guess_volumes([s for one in made for s in guess_slices(one)])
    assert [s.instance.number for s in volume.slices] == [1, 2, 3, 4]
    assert rest == []


def test_two_slices_are_no_stack(written):
    made = [written(f"{n}.dcm", np.zeros((8, 9), np.uint16), SOPInstanceUID=f"1.{n}") for n in "12"]
    slices = [s for one in made for s in guess_slices(one)]
    assert guess_volumes(slices) == ([], slices)


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"PixelSpacing": [2, 3], "SliceThickness": 4}, ((2, 3), 4, True)),
        ({"ImagerPixelSpacing": [2, 3]}, ((2, 3), 0, False)),
        ({"PixelSpacing": [0, 3], "SpacingBetweenSlices": -5}, ((1, 1), 5, False)),
        ({"PixelSpacing": None}, ((1, 1), 0, False)),
    ],
)
def test_sizes_are_taken_from_where_they_stand(written, elements, expected):
    (one,) = guess_slices(written("a.dcm", np.zeros((8, 9), np.uint16), **elements))
    assert (one.spacing, one.thickness, one.is_scaled) == expected


def test_more_frames_than_can_be_slices_are_refused(written):
    one = written("a.dcm", np.zeros((8, 9), np.uint16), NumberOfFrames=20_001)
    with pytest.raises(HeldError) as error:
        guess_slices(one)
    assert error.value.reason == Reason.FRAME_COUNT


def test_pixel_data_decide_how_many_frames_there_are(written):
    one = written("a.dcm", np.zeros((8, 9), np.uint16), NumberOfFrames=2**31 - 1)
    assert len(guess_slices(one, lambda file: 1)) == 1


def test_what_has_no_pixels_has_no_slices(written, packaged: Path):
    path = packaged / "rtplan.dcm"
    assert guess_slices(read_instance(Source(path.parent, path.name, path.stat().st_size, 0))) == []
