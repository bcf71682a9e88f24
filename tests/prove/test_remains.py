from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, Reason
from pixelscrub.face.fill import voxel_edit
from pixelscrub.findings import Box, Finding
from pixelscrub.pixels.edit import Edit, FrameBox
from pixelscrub.pixels.fit import fit
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.write import write
from pixelscrub.plan import FacePlan
from pixelscrub.prove.expected import ExpectedRemovals
from pixelscrub.prove.release import release

from .conftest import as_bytes

LINE = Box(14, 12, 190, 40)
FINDING = Finding(kind="text", box=LINE)


def tissue(rows=160, columns=220):
    noise = np.random.default_rng(1).normal(90, 18, (rows, columns))
    return np.clip(cv2.GaussianBlur(noise, (0, 0), 2), 0, 255).astype(np.uint8)


def with_text(picture):
    origin = (18, 34)
    cv2.putText(picture, "QUIXOTE ALONSO", origin, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 2)
    return picture


def written(data, edit):
    """What our own step writes, and the edit as it was fitted."""
    out, image = io.BytesIO(), Image(io.BytesIO(data))
    fitted = fit(image, edit)
    if fitted.crop is not None:
        image.header.Rows, image.header.Columns = fitted.crop.height, fitted.crop.width
    write(out, image, image.header, fitted)
    return out.getvalue(), fitted


def prove(tmp_path, before, after, edit, promise):
    path = tmp_path / "written"
    path.write_bytes(after)
    release(io.BytesIO(before), path, edit, None, promise)


def held(*args):
    with pytest.raises(HeldError) as caught:
        prove(*args)
    return caught.value.reason


def test_a_finding_that_was_lost_on_the_way_is_held(tmp_path, make_instance):
    data = as_bytes(make_instance(with_text(tissue())))
    reason = held(tmp_path, data, data, Edit(), ExpectedRemovals([FINDING]))
    assert reason is Reason.TEXT_LEFT


def test_a_finding_masked_in_other_frames_only_is_held(tmp_path, make_instance):
    instance = make_instance(with_text(tissue()), NumberOfFrames=3)
    instance.PixelData = instance.PixelData * 3
    data = as_bytes(instance)
    after, edit = written(data, Edit(boxes=(FrameBox(LINE, (0, 1)),)))
    assert held(tmp_path, data, after, edit, ExpectedRemovals([FINDING])) is Reason.TEXT_LEFT
    told = FINDING.model_copy(update={"frames": (0, 1)})
    prove(tmp_path, data, after, edit, ExpectedRemovals([told]))


@pytest.mark.parametrize(
    "hiding",
    [
        {"WindowCenter": "2", "WindowWidth": "2"},
        {"WindowCenter": "1000", "WindowWidth": "50"},
    ],
)
def test_a_finding_that_a_window_hides_is_held_where_it_was_lost(tmp_path, make_instance, hiding):
    data = as_bytes(make_instance(with_text(tissue()), **hiding))
    assert held(tmp_path, data, data, Edit(), ExpectedRemovals([FINDING])) is Reason.TEXT_LEFT


@pytest.mark.parametrize("plane", [0, 1, 2])
def test_a_finding_in_one_colour_plane_is_held_where_it_was_lost(tmp_path, make_instance, plane):
    picture = np.repeat((tissue() // 2)[..., None], 3, axis=2)
    picture[..., plane] = with_text(picture[..., plane].copy())
    data = as_bytes(make_instance(picture))
    assert held(tmp_path, data, data, Edit(), ExpectedRemovals([FINDING])) is Reason.TEXT_LEFT


@pytest.mark.parametrize("action", ["keep", "remove"])
def test_a_finding_that_may_stay_is_no_reason(tmp_path, make_instance, action):
    data = as_bytes(make_instance(with_text(tissue())))
    kept = FINDING.model_copy(update={"action": action})
    prove(tmp_path, data, data, Edit(), ExpectedRemovals([kept]))


@pytest.mark.parametrize("fill", ["black", "grey", "border", "inpaint"])
def test_no_fill_looks_like_text_that_was_left(tmp_path, make_instance, fill):
    data = as_bytes(make_instance(with_text(tissue())))
    boxes = [LINE, Box(100, 30, 200, 52), Box(180, 36, 220, 60)]
    after, edit = written(data, Edit(boxes=tuple(FrameBox(b) for b in boxes), fill=fill))
    promise = ExpectedRemovals([Finding(kind="text", box=box) for box in boxes])
    prove(tmp_path, data, after, edit, promise)


def test_text_in_a_cropped_image_is_looked_for_where_it_moved_to(tmp_path, make_instance):
    data = as_bytes(make_instance(with_text(tissue())))
    after, edit = written(data, Edit(crop=Box(8, 6, 200, 150)))
    assert held(tmp_path, data, after, edit, ExpectedRemovals([FINDING])) is Reason.TEXT_LEFT
    gone, edit = written(data, Edit(crop=Box(0, 60, 220, 150)))
    prove(tmp_path, data, gone, edit, ExpectedRemovals([FINDING]))


@pytest.fixture
def head(tmp_path, make_instance):
    """A slice with a disc of tissue in noise, and the mask of its upper half."""
    rows, columns = np.indices((64, 64))
    values = np.random.default_rng(2).normal(20, 4, (64, 64))
    values[(rows - 32) ** 2 + (columns - 32) ** 2 < 400] += 600
    mask = np.zeros((2, 64, 64), np.uint8)
    mask[1, :30] = 1
    sitk.WriteImage(sitk.GetImageFromArray(mask), str(tmp_path / "face-1.nii.gz"))
    instance = make_instance(np.clip(values, 0, None).astype(np.uint16), Modality="MR")
    face = FacePlan(
        series="1",
        status="removed",
        mask="face-1.nii.gz",
        slices=[("other", 0), (str(instance.SOPInstanceUID), 0)],
        fill=(20.0, 4.0),
    )
    return instance, face


def promised(folder, instance, face):
    return ExpectedRemovals(faces=[face], folder=folder, uid=str(instance.SOPInstanceUID))


@pytest.mark.parametrize("spread", [4.0, 0.0])
def test_a_face_that_is_filled_is_released(tmp_path, head, spread):
    instance, face = head
    face = face.model_copy(update={"fill": (20.0, spread)})
    data, uid = as_bytes(instance), str(instance.SOPInstanceUID)
    voxels = voxel_edit([face], tmp_path, instance, uid, b"seed")
    after, edit = written(data, Edit(voxels=voxels))
    prove(tmp_path, data, after, edit, promised(tmp_path, instance, face))


@pytest.mark.parametrize("style", ["constant", "blur", "generic"])
def test_a_face_in_whose_place_something_else_is_is_released(tmp_path, head, style):
    instance, face = head
    mask = np.zeros((2, 64, 64), np.uint8)
    mask[1, :30] = 1
    mask[1, 16:30] *= 2
    sitk.WriteImage(sitk.GetImageFromArray(mask), str(tmp_path / "face-1.nii.gz"))
    face = face.model_copy(update={"style": style, "tissue": 620.0})
    data, uid = as_bytes(instance), str(instance.SOPInstanceUID)
    voxels = voxel_edit([face], tmp_path, instance, uid, b"seed")
    after, edit = written(data, Edit(voxels=voxels))
    prove(tmp_path, data, after, edit, promised(tmp_path, instance, face))


@pytest.mark.parametrize("style", ["air", "constant", "blur", "generic"])
def test_a_face_that_was_not_filled_is_held(tmp_path, head, style):
    instance, face = head
    face = face.model_copy(update={"style": style})
    data = as_bytes(instance)
    reason = held(tmp_path, data, data, Edit(), promised(tmp_path, instance, face))
    assert reason is Reason.FACE_LEFT


def test_a_mask_corrected_after_it_was_applied_is_held(tmp_path, head):
    instance, face = head
    data, uid = as_bytes(instance), str(instance.SOPInstanceUID)
    voxels = voxel_edit([face], tmp_path, instance, uid, b"seed")
    after, edit = written(data, Edit(voxels=voxels))
    wider = np.ones((2, 64, 64), np.uint8)
    sitk.WriteImage(sitk.GetImageFromArray(wider), str(tmp_path / "corrected.nii.gz"))
    wanted = face.model_copy(update={"mask": "corrected.nii.gz"})
    assert held(tmp_path, data, after, edit, promised(tmp_path, instance, wanted)) is (
        Reason.FACE_LEFT
    )


@pytest.mark.parametrize(
    ("shape", "name", "reason"),
    [
        ((2, 32, 64), "face-1.nii.gz", Reason.FACE_LEFT),
        ((1, 64, 64), "face-1.nii.gz", Reason.FACE_FAILED),
        ((2, 64, 64), "gone.nii.gz", Reason.FACE_FAILED),
    ],
)
def test_a_mask_that_does_not_fit_is_held(tmp_path, head, shape, name, reason):
    instance, face = head
    mask = sitk.GetImageFromArray(np.ones(shape, np.uint8))
    sitk.WriteImage(mask, str(tmp_path / "face-1.nii.gz"))
    wrong = face.model_copy(update={"mask": name})
    data = as_bytes(instance)
    assert held(tmp_path, data, data, Edit(), promised(tmp_path, instance, wrong)) is reason


def test_a_mask_over_nothing_but_air_leaves_nothing_to_find(tmp_path, head):
    instance, face = head
    instance.PixelData = np.full((64, 64), 20, np.uint16).tobytes()
    data = as_bytes(instance)
    prove(tmp_path, data, data, Edit(), promised(tmp_path, instance, face))
