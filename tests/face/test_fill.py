"""Faces are filled with air that is the same each time, and nothing else is touched."""

import os

import hypothesis.strategies as st
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given
from hypothesis.extra.numpy import arrays
from pydicom.dataset import Dataset

from pixelscrub.errors import HeldError, Reason
from pixelscrub.face.fill import blurred, voxel_edit
from pixelscrub.plan import FacePlan

SIDES = st.integers(1, 40)


def save_mask(folder, mask):
    sitk.WriteImage(sitk.GetImageFromArray(mask.astype(np.uint8)), str(folder / "face-1.nii.gz"))


@pytest.fixture
def mask(tmp_path):
    mask = np.zeros((2, 6, 8), bool)
    mask[1, 2:4, 3:7] = True
    save_mask(tmp_path, mask)
    return mask


def a_header(**elements):
    header = Dataset()
    header.Rows, header.Columns = 6, 8
    header.BitsStored, header.PixelRepresentation = 12, 0
    header.RescaleSlope, header.RescaleIntercept = 2, -1024
    for keyword, value in elements.items():
        setattr(header, keyword, value)
    return header


def a_plan(**fields):
    slices = [("a", 0), ("b", 0)]
    values = {"status": "removed", "mask": "face-1.nii.gz", "fill": (-1000.0, 8.0)}
    return FacePlan(**{"series": "1", "slices": slices, **values, **fields})


def filled(folder, header=None, plan=None, seed=b"seed", frame=None):
    edit = voxel_edit([plan or a_plan()], folder, header or a_header(), "b", seed)
    return edit(0, np.full((6, 8), 500, np.uint16) if frame is None else frame)


def test_air_is_in_stored_values(tmp_path, mask):
    fill = filled(tmp_path)
    assert (fill.mask == mask[1]).all()
    assert fill.values.dtype == np.uint16
    real = fill.values[fill.mask] * 2.0 - 1024
    assert abs(real.mean() + 1000) < 12
    assert real.std() > 1


def test_noise_depends_on_the_seed_alone(tmp_path, mask):
    assert (filled(tmp_path).values == filled(tmp_path).values).all()
    assert (filled(tmp_path).values != filled(tmp_path, seed=b"other").values).any()


def test_untouched_instances_have_no_edit(tmp_path, mask):
    assert voxel_edit([a_plan()], tmp_path, a_header(), "a", b"s") is None
    assert voxel_edit([a_plan()], tmp_path, a_header(), "c", b"s") is None
    assert voxel_edit([a_plan(mask=None)], tmp_path, a_header(), "b", b"s") is None
    assert voxel_edit([], tmp_path, a_header(), "b", b"s") is None


def test_frames_without_face_are_left(tmp_path, mask):
    plan = a_plan(slices=[("b", 0), ("b", 1)])
    edit = voxel_edit([plan], tmp_path, a_header(), "b", b"s")
    frame = np.zeros((6, 8), np.uint16)
    assert edit(0, frame) is None
    assert edit(1, frame).mask.sum() == 8
    assert edit(7, frame) is None


def test_a_corrected_mask_is_taken(tmp_path, mask):
    assert filled(tmp_path).mask.sum() == 8
    mask[1] = True
    save_mask(tmp_path, mask)
    os.utime(tmp_path / "face-1.nii.gz", ns=(1, 1))
    assert filled(tmp_path).mask.all()


def test_tissue_of_the_average_head_lies_where_the_mask_says_so(tmp_path, mask):
    labels = mask.astype(np.uint8)
    labels[1, 2] *= 2
    labels[1, 3, 3] = 7  # as some viewer has painted it
    save_mask(tmp_path, labels)
    plan = a_plan(style="generic", fill=(-1000.0, 0.0), tissue=40.0)
    real = filled(tmp_path, plan=plan).values * 2.0 - 1024
    assert (real[2, 3:7] == 40).all()
    assert (real[3, 3:7] == -1000).all()
    air = filled(tmp_path, plan=a_plan(style="constant")).values * 2.0 - 1024
    assert (air[mask[1]] == -1000).all()


def test_what_is_blurred_is_not_the_face(tmp_path, mask):
    save_mask(tmp_path, 2 * mask)
    plan = a_plan(style="blur")
    ramp = np.tile(np.linspace(100, 1000, 8), (6, 1)).astype(np.uint16)
    with_face = np.where(mask[1], 4000, ramp).astype(np.uint16)
    one, other = (filled(tmp_path, plan=plan, frame=frame) for frame in (ramp, with_face))
    assert (one.values[mask[1]] == other.values[mask[1]]).all()
    assert 300 < one.values[mask[1]].min() < one.values[mask[1]].max() <= 1000


@given(
    plane=arrays(np.float64, st.tuples(SIDES, SIDES), elements=st.floats(-3000, 3000)),
    seed=st.integers(0, 99),
)
def test_blur_stays_between_what_is_known(plane, seed):
    hole = np.random.default_rng(seed).random(plane.shape) < 0.6
    plane[0, 0] = np.nan
    known = plane[~hole & np.isfinite(plane)]
    new = blurred(plane, hole)
    assert np.isfinite(new).all()
    if known.size:
        assert known.min() - 0.1 <= new[hole].min(initial=known.min())
        assert new[hole].max(initial=known.max()) <= known.max() + 0.1


@pytest.mark.parametrize(("signed", "low", "high"), [(0, 0, 4095), (1, -2048, 2047)])
def test_values_fit_the_stored_bits(tmp_path, mask, signed, low, high):
    header = a_header(PixelRepresentation=signed)
    frame = np.zeros((6, 8), np.int16 if signed else np.uint16)
    below = filled(tmp_path, header, a_plan(fill=(-1e6, 0.0)), frame=frame)
    above = filled(tmp_path, header, a_plan(fill=(1e6, 0.0)), frame=frame)
    assert (below.values[mask[1]] == low).all()
    assert (above.values[mask[1]] == high).all()


def test_masks_that_do_not_fit_are_held(tmp_path, mask):
    for plan, header in (
        (a_plan(mask="missing.nii.gz"), a_header()),
        (a_plan(mask="../face-1.nii.gz"), a_header()),
        (a_plan(slices=[("a", 0), ("a", 1), ("b", 0)]), a_header()),
        (a_plan(), a_header(Rows=7)),
    ):
        with pytest.raises(HeldError) as caught:
            voxel_edit([plan], tmp_path, header, "b", b"s")
        assert caught.value.reason is Reason.FACE_FAILED
