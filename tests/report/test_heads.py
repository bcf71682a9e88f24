from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, Reason
from pixelscrub.intake.instance import Source
from pixelscrub.report import heads

SPACING = 4.0


@pytest.fixture
def head(tmp_path, make_instance, save):
    """Slices of a ball with a nose towards the patient's front (small y), and the same without."""
    z, y, x = np.indices((24, 40, 32))
    ball = (z - 12) ** 2 + (y - 22) ** 2 + (x - 16) ** 2 < 100
    nose = (np.abs(x - 16) < 3) & (np.abs(z - 12) < 3) & (y > 4) & (y < 14)
    mask = sitk.GetImageFromArray(((y < 13) & (y > 2)).astype(np.uint8))
    mask.SetSpacing([SPACING] * 3)
    mask.SetOrigin([-60, -80, -40])
    sitk.WriteImage(mask, str(tmp_path / "face-1.nii.gz"))
    slices = {"before": [], "after": []}
    for side, solid in (("before", ball | nose), ("after", ball & (y >= 13))):
        for k, plane in enumerate(solid):
            pixels = np.where(plane, 1000, 0).astype(np.uint16)
            instance = make_instance(
                pixels, Modality="CT", RescaleSlope="1", RescaleIntercept="-1000"
            )
            save(instance, tmp_path / side / f"{k}.dcm")
            slices[side].append((Source(tmp_path / side, f"{k}.dcm", 0, 0), 0, None))
    return heads.DrawnHead(tmp_path / "face-1.nii.gz", slices["before"], slices["after"])


def test_the_nose_is_seen_from_both_sides_before_and_gone_after(head):
    before, after = heads.draw(head)
    assert list(before) == [*heads.VIEWS, *heads.CUTS]
    gone = {view: (before[view] > 0).sum() - (after[view] > 0).sum() for view in heads.VIEWS}
    assert gone["left"] > 300
    assert gone["left"] == pytest.approx(gone["right"], abs=50)
    columns = np.flatnonzero((before["left"] > 0).any(axis=0))
    lost = np.flatnonzero(((before["left"] > 0) & (after["left"] == 0)).any(axis=0))
    assert lost.mean() > columns.mean()


def test_cuts_from_before_have_the_outline_of_the_mask(head):
    before, after = heads.draw(head)
    for cut in ("axial", "sagittal"):
        drawn = (before[cut] == heads.OUTLINE).all(axis=2)
        assert drawn.sum() > 50
        assert not (after[cut] == heads.OUTLINE).all(axis=2).any()


def test_pictures_are_written_under_the_name_of_the_series(head, tmp_path):
    heads.save(head, tmp_path / "pictures", "P1/S1/E1/head")
    names = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert names == {
        f"P1_S1_E1_head.{kind}-{side}.jpg"
        for kind in ("head", "cuts")
        for side in ("before", "after")
    }


def test_frames_of_one_file_are_slices_too(head, tmp_path, make_instance, save):
    instance = make_instance(
        np.zeros((40, 32), np.uint16), Modality="MR", NumberOfFrames=24, RescaleSlope="1"
    )
    z, y, x = np.indices((24, 40, 32))
    ball = (z - 12) ** 2 + (y - 22) ** 2 + (x - 16) ** 2 < 100
    instance.PixelData = np.where(ball, 700, 3).astype(np.uint16).tobytes()
    save(instance, tmp_path / "many" / "1.dcm")
    slices = [(Source(tmp_path / "many", "1.dcm", 0, 0), k, None) for k in range(24)]
    before, _ = heads.draw(heads.DrawnHead(head.mask, slices, slices))
    assert (before["front"] > 0).sum() > 3000


@pytest.mark.parametrize("mask", ["empty", "missing"])
def test_a_mask_of_nothing_is_no_reason_to_crash(head, tmp_path, mask):
    path = tmp_path / "other.nii.gz"
    if mask == "empty":
        sitk.WriteImage(sitk.Image(32, 40, 24, sitk.sitkUInt8), str(path))
    with pytest.raises(HeldError) as caught:
        heads.draw(heads.DrawnHead(path, head.before, head.after))
    assert caught.value.reason is Reason.FACE_FAILED


def test_head_that_is_held_is_drawn_before_only(head, tmp_path):
    heads.save(head, tmp_path / "pictures", "P1/S1/E1/head")
    held = heads.DrawnHead(head.mask, head.before, [])
    before, after = heads.draw(held)
    assert list(before) == [*heads.VIEWS, *heads.CUTS]
    assert after == {}
    heads.save(held, tmp_path / "pictures", "P1/S1/E1/head")
    names = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert names == {f"P1_S1_E1_head.{kind}-before.jpg" for kind in ("head", "cuts")}
