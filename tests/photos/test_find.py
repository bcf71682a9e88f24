"""Faces in photographs and screenshots."""

from __future__ import annotations

import cv2
import numpy as np
import pydicom
import pytest
from skimage import data

import pixelscrub
from pixelscrub.findings import Box
from pixelscrub.photos.find import BETWEEN, find_faces, find_photographed_faces
from pixelscrub.pixels.image import Image

PHOTOGRAPH = "1.2.840.10008.5.1.4.1.1.77.1.4"
VIDEO = "1.2.840.10008.5.1.4.1.1.77.1.4.1"
FACE = Box(180, 65, 270, 165)
"""Where the person on scikit-image's picture of an astronaut has eyes, nose and mouth."""


@pytest.fixture
def looked(make_instance, save, tmp_path):
    def over(picture, **elements):
        path = save(make_instance(np.ascontiguousarray(picture), **elements), tmp_path / "one.dcm")
        with path.open("rb") as file:
            return find_photographed_faces(Image(file))

    return over


def test_a_face_in_a_photograph_is_found(looked):
    findings = looked(data.astronaut(), SOPClassUID=PHOTOGRAPH, Modality="XC")
    assert {finding.kind for finding in findings} == {"photo"}
    assert any(finding.box.intersection(FACE) == FACE for finding in findings)
    assert all(finding.box.area < 0.2 * 512 * 512 for finding in findings)


def test_faces_in_large_photographs_are_found_at_their_place():
    large = np.repeat(np.repeat(data.astronaut(), 3, axis=0), 3, axis=1)
    whole = Box(*(3 * edge for edge in FACE))
    assert any(box.intersection(whole) == whole for box in find_faces(large))


def test_a_photograph_without_a_face_stays_as_it_is(looked):
    assert looked(data.coffee(), SOPClassUID=PHOTOGRAPH, Modality="XC") == []


@pytest.mark.parametrize(
    ("picture", "modality", "is_searched"),
    [
        (data.astronaut(), "OT", True),
        (data.astronaut(), "US", False),
        (data.astronaut()[:, :, 0], "OT", False),
    ],
)
def test_coloured_screenshots_are_searched(looked, picture, modality, is_searched):
    assert bool(looked(picture, Modality=modality)) == is_searched


def portrait(small: np.ndarray) -> np.ndarray:
    """One of scikit-image's faces, or parts of other pictures, in the middle of a grey picture."""
    levels = (255 * small).astype(np.uint8)
    picture = np.full((300, 300), np.median(levels), np.uint8)
    picture[90:210, 90:210] = cv2.resize(levels, (120, 120), interpolation=cv2.INTER_CUBIC)
    return cv2.GaussianBlur(picture, (0, 0), 1)


def test_most_portraits_are_found_and_nothing_else():
    people, others = np.split(data.lfw_subset(), 2)
    assert sum(bool(find_faces(portrait(face))) for face in people[::4]) >= 23
    assert not any(find_faces(portrait(other)) for other in others[::4])


def test_tiny_pictures_hold_no_face():
    assert find_faces(data.astronaut()[:20, :20]) == []


def test_a_face_of_some_frames_is_masked_in_these_and_those_beside_them(
    make_instance, save, tmp_path
):
    frames = np.full((30, 200, 200, 3), 40, np.uint8)
    frames[12:15] = data.astronaut()[20:220, 130:330]
    instance = make_instance(frames[0], SOPClassUID=VIDEO, Modality="XC", NumberOfFrames=30)
    instance.PixelData = frames.tobytes()
    with save(instance, tmp_path / "video.dcm").open("rb") as file:
        findings = find_photographed_faces(Image(file))
    assert (12 - BETWEEN, 14 + BETWEEN) in {finding.frames for finding in findings}


def test_the_face_is_gone_from_what_is_written(make_instance, save, tmp_path):
    photograph = data.astronaut()
    instance = make_instance(photograph, SOPClassUID=PHOTOGRAPH, Modality="XC")
    save(instance, tmp_path / "in" / "one.dcm")
    summary = pixelscrub.scrub(tmp_path / "in", tmp_path / "out")
    assert (summary.clean, summary.held) == (1, 0)
    (path,) = (tmp_path / "out").rglob("*.dcm")
    written = pydicom.dcmread(path).pixel_array
    assert not np.ptp(written[FACE.y0 : FACE.y1, FACE.x0 : FACE.x1].reshape(-1, 3), axis=0).any()
    assert np.array_equal(written[400:, :60], photograph[400:, :60])
