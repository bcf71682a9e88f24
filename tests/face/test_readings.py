"""Values of unknown unit, offset or polarity are read by what they are."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from pixelscrub.face.voxels.grid import Placed
from pixelscrub.face.voxels.readings import VoxelReading, read_values, smoothness
from pixelscrub.face.voxels.skin import CT_AIR
from tests.face.phantom import head


def changed(image: sitk.Image, change) -> sitk.Image:
    result = sitk.GetImageFromArray(np.asarray(change(sitk.GetArrayFromImage(image)), np.float32))
    result.CopyInformation(image)
    return result


@pytest.fixture(scope="module")
def ct() -> sitk.Image:
    return head("CT")


@pytest.fixture(scope="module")
def mr() -> sitk.Image:
    return head("MR")


@pytest.mark.parametrize("modality", ["CT", ""])
def test_hounsfield_units_are_known_by_their_levels(ct, modality):
    (first, *_) = read_values(ct, modality)
    assert first == VoxelReading("CT", "bright", CT_AIR)


@pytest.mark.parametrize("modality", ["CT", ""])
@pytest.mark.parametrize("offset", [1000, 1024, 3000])
def test_a_missing_intercept_is_made_good(ct, modality, offset):
    first = read_values(changed(ct, lambda v: v + offset), modality)[0]
    assert (first.kind, first.gain) == ("CT", 1.0)
    assert abs(first.offset + offset) < 40
    assert abs(first.air[0] - (offset - 1000)) < 40


def test_grey_values_of_cone_beams_become_hounsfield_units(ct):
    def grey(values):
        return (values + 1000) * 0.4 + 350

    first = read_values(changed(ct, grey), "CT")[0]
    real = sitk.GetArrayFromImage(first.real(Placed(changed(ct, grey), sitk.Transform())).image)
    assert np.median(np.abs(real - sitk.GetArrayFromImage(ct))) < 60


def test_magnetic_resonance_is_bright_tissue(mr):
    (only,) = read_values(mr, "MR")
    assert (only.kind, only.tissue) == ("MR", "bright")


def test_bright_air_is_told_by_the_rim(mr):
    first = read_values(changed(mr, lambda v: 400 - v), "MR")[0]
    assert first.tissue == "dark"
    assert abs(first.air[0] - 398) < 60


def test_air_of_noise_is_told_by_its_roughness(mr):
    noise = np.random.default_rng(1).uniform(0, 4095, (96, 104, 90))

    def quotient(values):
        return np.where(values > 20, 1500 + 2 * values, noise)

    first = read_values(changed(mr, quotient), "MR")[0]
    assert first.tissue == "smooth"
    smooth = sitk.GetArrayFromImage(smoothness(changed(mr, quotient)))
    tissue = sitk.GetArrayFromImage(mr) > 100
    assert np.median(smooth[tissue]) > 0.9
    assert np.median(smooth[~tissue]) < 0.4


def test_one_value_has_no_reading():
    assert read_values(sitk.Image((8, 8, 8), sitk.sitkFloat32), "MR") == []
