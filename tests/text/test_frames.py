"""Frames of a cine and pictures of their own; what stands in several frames."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from pydicom.dataset import Dataset

from pixelscrub.findings import Box
from pixelscrub.pixels.image import Image
from pixelscrub.recipe import TextSettings
from pixelscrub.text.find import find_text
from pixelscrub.text.frames.kinds import Standing, are_apart, hold_labels

RANDOM = np.random.default_rng(5)
SHAPE = (160, 320)


def opened(make_instance, frames, **elements):
    instance = make_instance(frames[0], NumberOfFrames=len(frames), **elements)
    instance.PixelData = np.stack(frames).tobytes()
    file = io.BytesIO()
    instance.save_as(file, enforce_file_format=True)
    return Image(file)


def blobs(seed, shape=SHAPE):
    random = np.random.default_rng(seed)
    smooth = cv2.GaussianBlur(random.normal(0, 1, shape), (0, 0), 6)
    smooth = (smooth - smooth.min()) / np.ptp(smooth)
    return (40 + 120 * smooth).astype(np.uint8)


def written(picture, text="DOE JOHN 1961", level=255, at=(30, 60)):
    shown = picture.copy()
    cv2.putText(shown, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, level, 2)
    return shown


def test_moving_tissue_under_a_still_screen_is_a_cine(make_instance):
    wide = blobs(1, (160, 400))
    frames = [written(np.ascontiguousarray(wide[:, 2 * k : 320 + 2 * k])) for k in range(9)]
    assert not are_apart(opened(make_instance, frames))


def test_pages_and_tiles_are_pictures_of_their_own(make_instance):
    assert are_apart(opened(make_instance, [blobs(k) for k in range(6)]))


@pytest.mark.parametrize("place", ["PlanePositionSequence", "PlanePositionSlideSequence"])
def test_frames_with_places_are_pictures_of_their_own(make_instance, place):
    groups = []
    for _ in range(3):
        group = Dataset()
        setattr(group, place, [Dataset()])
        groups.append(group)
    image = opened(make_instance, [blobs(1)] * 3, PerFrameFunctionalGroupsSequence=groups)
    assert are_apart(image)
    tiled = opened(make_instance, [blobs(1)] * 3, DimensionOrganizationType="TILED_FULL")
    assert are_apart(tiled)


def test_one_frame_is_not_apart_from_any(make_instance):
    assert not are_apart(opened(make_instance, [blobs(1)]))


def test_frames_without_any_edge_are_alike(make_instance):
    assert not are_apart(opened(make_instance, [np.full(SHAPE, 7, np.uint8)] * 4))


def test_a_number_on_one_page_is_masked_there_alone(make_instance):
    pages = [blobs(k) for k in range(6)]
    pages[0], pages[4] = written(pages[0]), written(pages[4])
    found = find_text(opened(make_instance, pages), TextSettings(detectors=["network"]))
    assert {finding.frames for finding in found} == {(0, 0), (4, 4)}


SEGMENTATION, LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"
DOSE = "1.2.840.10008.5.1.4.1.1.481.2"


@pytest.mark.parametrize(
    ("sop_class", "elements"),
    [
        (SEGMENTATION, {"SegmentSequence": [Dataset()]}),
        (LABEL_MAP, {"SegmentSequence": [Dataset()]}),
        (DOSE, {"DoseGridScaling": "0.001"}),
    ],
)
def test_labels_and_dose_are_never_searched(make_instance, sop_class, elements):
    frames = [written(np.zeros(SHAPE, np.uint8))] * 2
    image = opened(make_instance, frames, SOPClassUID=sop_class, **elements)
    assert hold_labels(image)
    assert find_text(image, TextSettings()) == []


def test_a_picture_that_calls_itself_labels_is_searched(make_instance):
    frames = [written(blobs(1))]
    assert find_text(opened(make_instance, frames, SOPClassUID=SEGMENTATION), TextSettings())


BOX = Box(28, 44, 190, 66)


def test_ink_that_stands_over_moving_tissue_is_told():
    first, second = written(blobs(1)), written(blobs(2))
    standing = Standing(first, BOX)
    assert standing.is_in(second)
    assert not standing.is_in(blobs(2))
    assert not standing.is_replaced(second)


def test_another_text_on_still_ground_is_told():
    ground = np.full(SHAPE, 20, np.uint8)
    standing = Standing(written(ground), BOX)
    assert standing.is_replaced(written(ground, "ROE JANE 1970"))


def test_anatomy_that_a_turn_takes_away_is_not_masked_in_every_frame(make_instance):
    """A find in the first of many views from around holds for it, and not for all."""
    frames = [blobs(k // 3 + 20) for k in range(12)]
    frames[0] = written(frames[0])
    found = find_text(opened(make_instance, frames), TextSettings(detectors=["network"]))
    assert found
    assert not any(finding.covers(11) for finding in found)
