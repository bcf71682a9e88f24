"""Every frame is looked at, and finds hold for the frames that show them."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from pydicom.dataset import Dataset

from pixelscrub.findings import Box
from pixelscrub.pixels.image import Image
from pixelscrub.recipe import TextSettings
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.find import find_text
from pixelscrub.text.frames import cine

STROKES = TextSettings(detectors=["strokes"])


@pytest.fixture
def opened(make_instance):
    """An opened image of some frames."""

    def make(pictures, are_slices=False, **elements):
        instance = make_instance(pictures[0], **elements)
        instance.PixelData = np.stack(pictures).tobytes()
        if len(pictures) > 1:
            instance.NumberOfFrames = len(pictures)
        if are_slices:
            instance.PerFrameFunctionalGroupsSequence = [placed() for _ in pictures]
        file = io.BytesIO()
        instance.save_as(file, enforce_file_format=True)
        return Image(file)

    return make


def placed():
    position, group = Dataset(), Dataset()
    position.ImagePositionPatient = [0, 0, 0]
    group.PlanePositionSequence = [position]
    return group


def frame(text="", at=(30, 60)):
    picture = np.zeros((160, 320), np.uint8)
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1)
    return picture


def hides(finding, picture) -> bool:
    left = picture.copy()
    left[finding.box.y0 : finding.box.y1, finding.box.x0 : finding.box.x1] = 0
    return not left.any()


def test_text_that_stands_is_masked_in_every_frame(opened):
    (finding,) = find_text(opened([frame("DOE JOHN 1961")] * 9), STROKES)
    assert finding.frames is None
    assert finding.kind == "text"
    assert hides(finding, frame("DOE JOHN 1961"))


def test_slices_of_a_volume_are_masked_where_they_show_text_alone(opened):
    frames = [frame() for _ in range(41)]
    for k in (0, 7, 8, 30):
        frames[k] = frame("DOE JOHN 1961")
    found = find_text(opened(frames, are_slices=True), STROKES)
    assert [finding.frames for finding in found] == [(0, 0), (7, 8), (30, 30)]
    assert all(hides(finding, frames[7]) for finding in found)


def test_text_on_most_slices_holds_for_those_alone(opened):
    frames = [frame("DOE JOHN 1961" if k % 2 else "") for k in range(9)]
    found = find_text(opened(frames, are_slices=True), STROKES)
    assert [finding.frames for finding in found] == [(k, k) for k in (1, 3, 5, 7)]


def test_text_that_is_missed_in_a_slice_is_masked_where_its_ink_stands(opened, monkeypatch):
    shown = frame("DOE JOHN 1961")
    whole = find_text(opened([shown]), STROKES)[0].box
    seen = iter([[TextBox(whole, 0.9, "strokes")], [], [], []])
    monkeypatch.setattr(cine, "search_frame", lambda *_: next(seen))
    (found,) = find_text(opened([shown, shown, shown, frame()], are_slices=True), STROKES)
    assert found.frames == (0, 2)


def test_text_that_appears_in_between_is_found_with_its_frames(opened):
    frames = [frame() for _ in range(41)]
    frames[7] = frames[8] = frame("DOE JOHN 1961")
    (finding,) = find_text(opened(frames), STROKES)
    first, last = finding.frames
    assert first <= 7
    assert last >= 8
    assert last - first <= 4
    assert hides(finding, frames[7])


def test_text_that_stays_for_some_frames_is_masked_in_each_of_them(opened):
    frames = [frame("DOE JOHN 1961") if 5 <= k < 15 else frame() for k in range(41)]
    findings = find_text(opened(frames), STROKES)
    for index in range(5, 15):
        assert any(f.covers(index) and hides(f, frames[index]) for f in findings)
    assert not any(f.covers(index) for f in findings for index in (0, 20, 40))


def test_text_over_moving_tissue_is_found_where_it_stands(opened):
    random = np.random.default_rng(0)
    tissue = [cv2.GaussianBlur(random.integers(0, 255, (160, 320)).astype(np.uint8), (0, 0), 3)]
    tissue += [np.roll(tissue[0], 5 * k, axis=1) for k in range(1, 12)]
    frames = [np.maximum(moving, frame("DOE JOHN 1961")) for moving in tissue]
    findings = find_text(opened(frames), STROKES)
    text = frame("DOE JOHN 1961")
    for x0, y0, x1, y1 in (f.box for f in findings if f.frames is None):
        text[y0:y1, x0:x1] = 0
    assert not text.any()


def test_text_that_fades_in_slowly_is_found(opened):
    full = frame("DOE JOHN 1961")
    frames = [(full * (k / 60)).astype(np.uint8) for k in (*range(0, 60), *range(60, 0, -1))]
    findings = find_text(opened([*frames, frame()]), STROKES)
    assert any(finding.covers(30) and hides(finding, full) for finding in findings)


def test_text_that_moves_is_masked_wherever_it_was(opened):
    frames = [frame("DOE JOHN", at=(30 + 2 * k, 60)) for k in range(12)]
    findings = find_text(opened(frames), STROKES)
    for index, picture in enumerate(frames):
        left = picture.copy()
        for x0, y0, x1, y1 in (f.box for f in findings if f.covers(index)):
            left[y0:y1, x0:x1] = 0
        assert not left.any()


def test_text_outside_the_window_is_found(opened):
    picture = frame("DOE JOHN 1961").astype(np.uint16) * 4 + 300
    (finding,) = find_text(opened([picture], WindowCenter="100", WindowWidth="50"), STROKES)
    assert hides(finding, picture - 300)


def test_boxes_are_padded_and_stay_inside(opened):
    picture = frame("DOE JOHN 1961", at=(0, 158))
    (finding,) = find_text(opened([picture]), STROKES)
    assert Box(0, 0, 320, 160).intersection(finding.box) == finding.box


def test_what_scores_too_little_is_left(opened):
    settings = STROKES.model_copy(update={"min_score": 1.0})
    assert find_text(opened([frame("DOE JOHN 1961")]), settings) == []
