"""Faces in single pictures of heads: profiles and renderings are found, other slices are left."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, MissingComponentError, Reason
from pixelscrub.findings import Box
from pixelscrub.photos import loose, pictures
from pixelscrub.photos.loose import find_loose_faces
from pixelscrub.photos.pictures import PicturedFace, face_score, find_pictured_face
from pixelscrub.pixels.image import Image
from tests.face.phantom import NOSE_TIP, head
from tests.prove.test_face_check import without_face

STEP, SIZE = 3.0, (70, 82, 84)
ULTRASOUND = "1.2.840.10008.5.1.4.1.1.6.1"
MR = "1.2.840.10008.5.1.4.1.1.4"


@pytest.fixture(scope="module")
def volume():
    """A drawn head of 3 mm voxels, (z, y, x), its top last."""
    return sitk.GetArrayFromImage(head("MR", (STEP,) * 3, SIZE))


def lateral(values):
    """A scout from the side, the top of the head at its top."""
    return np.clip(values, 0, None).sum(axis=2)[::-1]


def sagittal(values):
    return values[::-1, :, values.shape[2] // 2]


def rendered(values):
    """The shaded surface from the front."""
    solid = values > 120
    depth = np.where(solid.any(1), solid.argmax(1), solid.shape[1]).astype(float)
    down, across = np.gradient(depth)
    shade = 255 / np.sqrt(1 + down**2 + across**2) * solid.any(1)
    return shade[::-1].astype(np.uint8)


VIEWS = {"scout": lateral, "slice": sagittal, "rendering": rendered}


@pytest.mark.parametrize("view", VIEWS)
def test_face_is_found_in_each_kind_of_picture(volume, view):
    assert find_pictured_face(VIEWS[view](volume)) is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.max() - p,
        lambda p: p[:, ::-1],
        lambda p: np.kron(p, np.ones((7, 7))),
        lambda p: np.stack([p] * 3, axis=-1),
        lambda p: np.pad(p, ((30, 60), (90, 10))),
    ],
    ids=["inverted", "mirrored", "large", "coloured", "on a page"],
)
def test_neither_size_nor_contrast_matters(volume, change):
    assert find_pictured_face(change(lateral(volume))) is not None


def test_box_holds_the_nose(volume):
    found = find_pictured_face(lateral(volume))
    assert found is not None
    row = SIZE[2] - 1 - (NOSE_TIP[2] + 40 + STEP * (SIZE[2] - 1) / 2) / STEP
    column = (NOSE_TIP[1] + 3 + STEP * (SIZE[1] - 1) / 2) / STEP
    assert found.box.x0 <= column < found.box.x1
    assert found.box.y0 <= row < found.box.y1
    assert found.box.area < 0.45 * SIZE[1] * SIZE[2]


@pytest.mark.parametrize("height", [20, 36, 50, 70])
def test_axial_slices_show_no_profile(volume, height):
    assert find_pictured_face(volume[height]) is None


@pytest.mark.parametrize("view", ["scout", "slice"])
def test_head_without_its_face_shows_none(view):
    small = sitk.GetArrayFromImage(head("MR", (4.0,) * 3, (52, 62, 64)))
    assert find_pictured_face(VIEWS[view](small)) is not None
    assert find_pictured_face(VIEWS[view](without_face(small))) is None


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((64, 64)),
        np.full((64, 64), np.nan),
        np.eye(8),
        np.random.default_rng(0).normal(size=(128, 96)),
    ],
    ids=["constant", "no numbers", "tiny", "noise"],
)
def test_nothing_is_found_where_nothing_is(picture):
    assert find_pictured_face(picture) is None
    assert face_score(picture) < pictures.SETTINGS.min_score


def test_missing_network_is_named(volume, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "model_file", lambda: tmp_path / "none.onnx")
    pictures._network.cache_clear()
    with pytest.raises(MissingComponentError):
        find_pictured_face(lateral(volume))
    pictures._network.cache_clear()


@pytest.fixture
def looked(make_instance, save, tmp_path):
    def over(pixels, **elements):
        path = save(make_instance(np.ascontiguousarray(pixels), **elements), tmp_path / "one.dcm")
        with path.open("rb") as file:
            return find_loose_faces(Image(file))

    return over


def scaled(picture):
    return (255.0 * picture / picture.max()).astype(np.uint8)


def test_face_of_a_scout_is_to_be_masked(looked, volume):
    (finding,) = looked(scaled(lateral(volume)))
    assert (finding.kind, finding.action, finding.frames) == ("photo", "mask", None)


def test_window_of_the_header_does_not_hide_it(looked, volume):
    assert looked(scaled(lateral(volume)), SOPClassUID=MR, WindowCenter="9000", WindowWidth="1")


def test_a_face_in_any_frame_is_masked_in_all(looked, volume):
    face = scaled(lateral(volume))
    frames = np.stack([np.zeros_like(face)] * 30 + [face] * 4)
    sizes = {"Rows": face.shape[0], "Columns": face.shape[1], "SamplesPerPixel": 1,
             "PhotometricInterpretation": "MONOCHROME2", "NumberOfFrames": 34}  # fmt: skip
    assert [finding.frames for finding in looked(frames, **sizes)] == [None]


def test_ultrasound_is_not_searched(looked, volume):
    assert looked(scaled(lateral(volume)), SOPClassUID=ULTRASOUND) == []


def test_axial_slice_is_left(looked, volume):
    assert looked(scaled(np.clip(volume[36], 0, None)), SOPClassUID=MR) == []


def test_face_beside_its_mask_is_held(looked, volume, monkeypatch):
    everywhere = PicturedFace(Box(0, 0, 4, 4), 0.9)
    monkeypatch.setattr(loose, "find_pictured_face", lambda *_: everywhere)
    with pytest.raises(HeldError) as held:
        looked(scaled(lateral(volume)))
    assert held.value.reason == Reason.FACE_IN_DERIVED
