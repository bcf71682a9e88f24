"""Volumes come from positions and orientations, whatever the order of files."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from pixelscrub.errors import HeldError, Reason
from pixelscrub.intake.instance import Instance, Source
from pixelscrub.intake.volumes import FEWEST, Slice, read_slices, volumes

AXIAL = (1, 0, 0, 0, 1, 0)
SAGITTAL = (0, 1, 0, 0, 0, -1)


def an_instance(
    root: Path = Path(), name: str = "x", number: int = 1, series: str = "1"
) -> Instance:
    source = Source(root, name, 0, 0)
    return Instance(source, name, series, "2", "p", "sop", "ts", "MR", number, "9")


def a_slice(
    position: tuple[float, ...],
    number: int = 1,
    orientation: tuple[float, ...] = AXIAL,
    shape: tuple[int, int] = (4, 5),
    series: str = "1",
) -> Slice:
    instance = an_instance(name=f"{series}-{number}", number=number, series=series)
    along, down = np.array(orientation[:3], float), np.array(orientation[3:], float)
    return Slice(instance, 0, np.array(position, float), along, down, (1.0, 2.0), shape, 3.0)


def a_file(folder: Path, name: str, **elements: Any) -> Instance:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    header.SOPClassUID = meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    header.SOPInstanceUID = meta.MediaStorageSOPInstanceUID = generate_uid()
    header.Rows, header.Columns = 4, 5
    for keyword, value in elements.items():
        setattr(header, keyword, value)
    header.save_as(folder / name, enforce_file_format=True)
    return an_instance(folder, name)


def test_slices_are_ordered_by_position_not_by_number() -> None:
    pieces = [a_slice((0, 0, 3.0 * k), number=99 - k) for k in range(9)]
    random.Random(1).shuffle(pieces)
    (volume,), rest = volumes(pieces)
    assert rest == []
    assert volume.heights.tolist() == [3.0 * k for k in range(9)]
    assert (volume.series, volume.frame_of_reference, volume.modality) == ("1", "9", "MR")


@given(order=st.permutations(range(12)), lean=st.floats(-0.4, 0.4))
@settings(max_examples=30, deadline=None)
def test_order_of_files_does_not_matter(order: list[int], lean: float) -> None:
    pieces = [a_slice((0, lean * k, 2.5 * k), number=k) for k in range(12)]
    (volume,), rest = volumes([pieces[k] for k in order])
    assert [s.instance.number for s in volume.slices] == list(range(12))
    assert rest == []


def test_two_stacks_of_one_series_are_two_volumes() -> None:
    pieces = [a_slice((0, 0, k), number=k) for k in range(5)]
    pieces += [a_slice((k, 0, 0), number=10 + k, orientation=SAGITTAL) for k in range(6)]
    whole, rest = volumes(pieces)
    assert sorted(len(v.slices) for v in whole) == [5, 6]
    assert rest == []


def test_shapes_and_series_are_kept_apart() -> None:
    pieces = [a_slice((0, 0, k), number=k) for k in range(5)]
    pieces += [a_slice((0, 0, k + 0.5), number=10 + k, shape=(8, 8)) for k in range(5)]
    pieces += [a_slice((0, 0, k + 0.2), number=20 + k, series="7") for k in range(5)]
    whole, _ = volumes(pieces)
    assert [len(v.slices) for v in whole] == [5, 5, 5]
    assert {v.series for v in whole} == {"1", "7"}


def test_time_points_are_repeats_of_the_first() -> None:
    pieces = [a_slice((0, 0, k), number=10 * t + k) for t in range(3) for k in range(5)]
    (volume,), rest = volumes(pieces)
    assert [s.instance.number for s in volume.slices] == list(range(5))
    assert sorted(s.instance.number for s in volume.repeats) == [*range(10, 15), *range(20, 25)]
    assert rest == []


def test_too_few_slices_are_no_volume() -> None:
    pieces = [a_slice((0, 0, k), number=k) for k in range(FEWEST - 1)]
    assert volumes(pieces) == ([], pieces)


def test_no_slice_is_lost() -> None:
    generator = random.Random(4)
    places = [(0.0, 0.0, float(generator.randrange(6))) for _ in range(40)]
    kinds = [AXIAL, SAGITTAL]
    pieces = [a_slice(p, n, generator.choice(kinds)) for n, p in enumerate(places)]
    whole, rest = volumes(pieces)
    seen = [s for v in whole for s in (*v.slices, *v.repeats)] + rest
    assert sorted(s.instance.number for s in seen) == list(range(40))


def test_one_image_gives_one_slice(tmp_path: Path) -> None:
    instance = a_file(
        tmp_path,
        "a.dcm",
        ImagePositionPatient=[1, 2, 3],
        ImageOrientationPatient=list(SAGITTAL),
        PixelSpacing=[0.5, 0.7],
        SliceThickness=4,
    )
    (one,) = read_slices(instance)
    assert one.position.tolist() == [1, 2, 3]
    assert one.spacing == (0.5, 0.7)
    assert one.shape == (4, 5)
    assert one.thickness == 4
    assert one.normal == pytest.approx([-1, 0, 0])
    assert one.height == pytest.approx(-1)


def test_an_image_without_a_place_gives_none(tmp_path: Path) -> None:
    assert read_slices(a_file(tmp_path, "a.dcm", PixelSpacing=[1, 1])) == []
    frames = a_file(
        tmp_path,
        "b.dcm",
        NumberOfFrames=2,
        ImagePositionPatient=[0, 0, 0],
        ImageOrientationPatient=list(AXIAL),
        PixelSpacing=[1, 1],
    )
    assert read_slices(frames) == []


@pytest.mark.parametrize(
    ("orientation", "spacing"),
    [((1, 0, 0, 1, 0, 0), (1, 1)), ((2, 0, 0, 0, 1, 0), (1, 1)), (AXIAL, (0, 1)), (AXIAL, (1, -1))],
)
def test_unsound_geometry_is_held(
    tmp_path: Path, orientation: tuple[int, ...], spacing: tuple[int, int]
) -> None:
    instance = a_file(
        tmp_path,
        "a.dcm",
        ImagePositionPatient=[0, 0, 0],
        ImageOrientationPatient=list(orientation),
        PixelSpacing=list(spacing),
    )
    with pytest.raises(HeldError) as caught:
        read_slices(instance)
    assert caught.value.reason is Reason.FACE_GEOMETRY


def test_frames_take_their_place_from_functional_groups(tmp_path: Path) -> None:
    def item(name: str, **elements: Any) -> Dataset:
        inner, outer = Dataset(), Dataset()
        for keyword, value in elements.items():
            setattr(inner, keyword, value)
        setattr(outer, name, Sequence([inner]))
        return outer

    shared = item("PixelMeasuresSequence", PixelSpacing=[0.9, 0.8], SliceThickness=2)
    shared.update(item("PlaneOrientationSequence", ImageOrientationPatient=list(AXIAL)))
    frames = [item("PlanePositionSequence", ImagePositionPatient=[0, 0, z]) for z in (4, 0, 2)]
    instance = a_file(
        tmp_path,
        "a.dcm",
        NumberOfFrames=3,
        SharedFunctionalGroupsSequence=Sequence([shared]),
        PerFrameFunctionalGroupsSequence=Sequence(frames),
    )
    (volume,), _ = volumes(read_slices(instance))
    assert [s.frame for s in volume.slices] == [1, 2, 0]
    assert volume.slices[0].spacing == (0.9, 0.8)


def test_a_packaged_enhanced_image_is_read() -> None:
    path = Path(pydicom.__file__).parent / "data" / "test_files" / "eCT_Supplemental.dcm"
    if not path.exists():
        pytest.skip("pydicom does not ship this file")
    pieces = read_slices(an_instance(path.parent, path.name))
    assert len(pieces) == pydicom.dcmread(path, stop_before_pixels=True).NumberOfFrames
