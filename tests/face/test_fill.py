"""Faces are filled with air that is the same each time, and nothing else is touched."""

import os

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom.dataset import Dataset

from pixelscrub.errors import HeldError, Reason
from pixelscrub.face.fill import voxel_edit
from pixelscrub.plan import FacePlan


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
