from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.errors import HeldError
from pixelscrub.intake.instance import Instance, Source
from pixelscrub.intake.read import read_instance
from pixelscrub.intake.volumes import Slice, read_slices, volumes


def place(z: float, number: int = 1, direction: int = 0, series: str = "1.2") -> Slice:
    source = Source(Path(), str(number), 0, 0)
    owner = Instance(source, f"1.{number}", series, "1", "", "", "", "MR", number, "9")
    axes = np.roll(np.eye(3), direction, axis=0)
    position = z * np.cross(axes[0], axes[1])
    return Slice(owner, 0, position, axes[0], axes[1], (1.0, 1.0), (64, 64), 2.0)


@given(st.lists(st.integers(-200, 200), min_size=3, max_size=30, unique=True), st.randoms())
def test_order_is_by_place_and_never_by_number(heights: list[int], chance: random.Random):
    slices = [place(float(z), number) for number, z in enumerate(heights)]
    chance.shuffle(slices)
    (volume,), rest = volumes(slices)
    assert volume.heights.tolist() == sorted(heights)
    assert rest == volume.repeats == []


def test_two_stacks_in_one_series_and_a_localiser():
    axial = [place(z, n) for n, z in enumerate((0, 3, 6, 9))]
    sagittal = [place(z, 10 + n, direction=1) for n, z in enumerate((0, 4, 8))]
    lone = [place(0, 20, direction=2)]
    whole, rest = volumes([*axial, *sagittal, *lone])
    assert [len(v.slices) for v in whole] == [4, 3]
    assert rest == lone


def test_time_points_are_repeats():
    slices = [place(z, 10 * t + n) for t in range(3) for n, z in enumerate((0, 3, 6))]
    (volume,), _ = volumes(slices)
    assert [s.instance.number for s in volume.slices] == [0, 1, 2]
    assert len(volume.repeats) == 6


def named(slices: list[Slice], **fields) -> list[Slice]:
    """The same slices, each instance with fields of its own."""
    made = []
    for count, one in enumerate(slices):
        values = {name: value(count) for name, value in fields.items()}
        made.append(replace(one, instance=replace(one.instance, **values)))
    return made


def test_a_frame_of_reference_for_each_slice_makes_one_volume():
    slices = [place(z, n) for n, z in enumerate((0, 3, 6, 9))]
    (volume,), rest = volumes(named(slices, frame_of_reference=str))
    assert (len(volume.slices), rest) == (4, [])


def test_a_series_for_each_slice_makes_one_volume():
    slices = [place(z, n, series=f"1.{n}") for n, z in enumerate((0, 3, 6, 9))]
    (volume,), rest = volumes(slices)
    assert (len(volume.slices), rest) == (4, [])


def test_passes_that_lie_between_one_another_are_volumes_of_their_own():
    first = [place(5.0 * n, n) for n in range(6)]
    second = [place(5.0 * n + 1.3, 10 + n) for n in range(6)]
    whole, rest = volumes([*first, *second])
    assert [[s.instance.number for s in v.slices] for v in whole] == [
        list(range(6)),
        list(range(10, 16)),
    ]
    assert rest == []


def test_slices_made_every_other_one_first_are_one_volume():
    numbers = [0, 2, 4, 6, 1, 3, 5]
    (volume,), _ = volumes([place(2.0 * z, n) for n, z in enumerate(numbers)])
    assert len(volume.slices) == 7


def test_repeats_are_told_apart_by_pass():
    slices = [place(z, 10 * t + n) for t in range(3) for n, z in enumerate((0, 3, 6))]
    (volume,), _ = volumes(slices)
    passes = volume.passes()
    assert [[s.instance.number for s in one] for one in passes] == [[10, 11, 12], [20, 21, 22]]


def read(path: Path) -> list[Slice]:
    status = path.stat()
    return read_slices(read_instance(Source(path.parent, path.name, status.st_size, 0)))


def test_packaged_single_slice_and_what_has_no_place(packaged: Path):
    (one,) = read(packaged / "CT_small.dcm")
    assert one.shape == (128, 128)
    assert one.normal == pytest.approx([0, 0, 1])
    assert read(packaged / "SC_rgb_dcmtk_+eb+cr.dcm") == []


def test_enhanced_frames_have_places(shared: Path):
    (path,) = (shared / "head" / "dicom" / "xa30_enhanced_t1_a").iterdir()
    (volume,), rest = volumes(read(path))
    assert len(volume.slices) == 96
    assert rest == []
    assert np.all(np.diff(volume.heights) > 0)


def test_directions_that_are_not_square_are_refused(make_instance, save, tmp_path):
    made = make_instance(
        ImagePositionPatient=[0, 0, 0],
        ImageOrientationPatient=[1, 0, 0, 1, 0, 0],
        PixelSpacing=[1, 1],
    )
    with pytest.raises(HeldError):
        read(save(made, tmp_path / "a.dcm"))
