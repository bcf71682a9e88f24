"""Stacks are assembled by their places; what cannot be a volume is held."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pixelscrub.errors import HeldError, Reason
from pixelscrub.face.voxels.volumes import assemble, carry, rescale
from pixelscrub.intake.volumes import read_slices, volumes
from tests.face.phantom import head


@pytest.fixture
def volume(as_series):
    """Twelve slices of 3 mm; each holds its own number as value."""
    image = head(size=(6, 5, 12))
    levels = np.broadcast_to(np.arange(12.0)[:, None, None] * 10, (12, 5, 6)).astype(np.float32)
    numbered = sitk.GetImageFromArray(levels)
    numbered.CopyInformation(image)
    (whole,), _ = volumes([s for i in as_series(numbered) for s in read_slices(i)])
    return whole


def levels_of(placed):
    return sitk.GetArrayFromImage(placed.image).mean(axis=(1, 2))


def reason_of(volume):
    with pytest.raises(HeldError) as caught:
        assemble(volume)
    return caught.value.reason


def test_values_are_in_real_units_in_order(volume):
    placed = assemble(volume)
    assert levels_of(placed) == pytest.approx(np.arange(12) * 10, abs=1)
    assert placed.image.GetSpacing() == pytest.approx((2.5, 2.5, 3.0))
    corner = placed.corners().min(axis=0)
    assert corner == pytest.approx(volume.slices[0].position - [1.25, 1.25, 1.5], abs=0.01)


def test_a_missing_slice_is_interpolated(volume):
    kept = [s for k, s in enumerate(volume.slices) if k != 5]
    assert levels_of(assemble(replace(volume, slices=kept))) == pytest.approx(
        np.arange(12) * 10, abs=1
    )


def test_too_many_missing_slices_are_held(volume):
    kept = [*volume.slices[:2], *volume.slices[-2:]]
    assert reason_of(replace(volume, slices=kept)) is Reason.FACE_GEOMETRY


def test_slices_out_of_line_are_held(volume):
    slices = list(volume.slices)
    slices[4] = replace(slices[4], position=slices[4].position + np.array([20.0, 0, 0]))
    assert reason_of(replace(volume, slices=slices)) is Reason.FACE_GEOMETRY


def test_a_region_goes_to_each_slice_at_its_own_place(volume):
    region = sitk.Image([40, 40, 40], sitk.sitkFloat32)
    middle = volume.slices[6].position
    region.SetOrigin([float(x) for x in middle - [20, 20, 1.0]])
    region = region + 1.0
    region = region[:, :, :3]
    mask = sitk.GetArrayFromImage(carry(region, volume.slices))
    assert mask.shape == (12, 5, 6)
    assert [k for k in range(12) if mask[k].any()] == [6]


def item(**elements):
    made = Dataset()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


def test_slope_of_a_frame_comes_from_its_groups():
    assert rescale(Dataset(), 0) == (1.0, 0.0)
    assert rescale(item(RescaleSlope=2, RescaleIntercept=-5), 0) == (2.0, -5.0)
    groups = [
        item(PixelValueTransformationSequence=Sequence([item(RescaleSlope=s, RescaleIntercept=1)]))
        for s in (3, 4)
    ]
    frames = item(PerFrameFunctionalGroupsSequence=Sequence(groups))
    assert [rescale(frames, k) for k in (0, 1)] == [(3.0, 1.0), (4.0, 1.0)]
    shared = item(SharedFunctionalGroupsSequence=Sequence(groups[1:]))
    assert rescale(shared, 7) == (4.0, 1.0)


def test_a_slope_of_zero_is_held():
    with pytest.raises(HeldError) as caught:
        rescale(item(RescaleSlope=0), 0)
    assert caught.value.reason is Reason.FACE_GEOMETRY
