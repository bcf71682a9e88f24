from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from benchmarks.heads.generate import CHANGES, generated
from benchmarks.heads.head import Head, brain_touched
from benchmarks.heads.measure import mask_of, ours
from tests.face.phantom import BRAIN, NOSE_TIP, head, inside


@pytest.fixture(scope="module")
def phantom():
    image = head()
    axes = [
        o + s * np.arange(n)
        for o, s, n in zip(image.GetOrigin(), image.GetSpacing(), image.GetSize(), strict=True)
    ]
    true = inside(np.stack(np.meshgrid(*axes, indexing="ij"), -1), BRAIN)
    brain = sitk.GetImageFromArray(true.transpose(2, 1, 0).astype(np.uint8))
    brain.CopyInformation(image)
    landmarks = {"eye_R": np.array([-31.0, -68.0, -32.0]), "nose_tip": np.array(NOSE_TIP)}
    whole = Head("phantom", "MR", image, landmarks, brain, sitk.Transform())
    return whole.even()


def test_every_change_keeps_the_truth_true(phantom):
    made = list(generated(phantom))
    assert len(made) == len(CHANGES)
    for one in made:
        values = sitk.GetArrayFromImage(sitk.Resample(one.image, one.brain))
        inner = values[sitk.GetArrayFromImage(one.brain) > 0]
        eye = one.image.TransformPhysicalPointToIndex(one.landmarks["eye_R"].tolist())
        apart = abs(float(np.median(inner)) - one.image[eye])
        assert apart > 60, one.name  # brain and eyes differ by 160 in the phantom


def test_changes_move_what_they_say(phantom):
    made = {one.name.partition(":")[2]: one for one in generated(phantom)}
    assert made["thick"].image.GetSpacing()[2] == 4 * phantom.image.GetSpacing()[2]
    assert "nose_tip" not in made["cut_at_eyes"].landmarks
    assert made["small"].landmarks["eye_R"] == pytest.approx([-27.9, -61.2, -28.8])
    turned = made["yaw"].landmarks
    assert np.linalg.norm(turned["eye_R"] - turned["nose_tip"]) == pytest.approx(
        np.linalg.norm(phantom.landmarks["eye_R"] - phantom.landmarks["nose_tip"])
    )


@pytest.mark.parametrize("change", ["all_angles", "thick", "shaded"])
def test_a_changed_head_loses_its_face_and_keeps_its_brain(phantom, change):
    one = CHANGES[change](phantom)
    row, found = ours(one)
    assert row.status == "removed"
    assert min(row.gone.values()) >= 0.95
    assert brain_touched(one, mask_of(found)) <= 2e-3  # slices of 4 mm blur skin into brain
