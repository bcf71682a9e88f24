import json
from dataclasses import replace

import numpy as np
import pytest

from pixelscrub.errors import HeldError, Reason
from pixelscrub.review import images as module
from pixelscrub.review.images import Images


@pytest.fixture
def images():
    opened = Images()
    yield opened
    opened.close()


@pytest.fixture
def shown(images, make_instance, save, planned, tmp_path):
    """Asks for a frame of an instance made of pixels and elements."""

    def show(pixels, kind="picture", **elements):
        plan = planned(save(make_instance(pixels, **elements), tmp_path / "a.dcm"), "1", "1")
        frame = getattr(images, kind)(plan, 0)
        json.dumps(frame.facts)
        dtype = np.uint8 if kind == "picture" else "<u2"
        return frame.facts, np.frombuffer(frame.body, dtype)

    return show


def test_grey_frame_is_what_a_viewer_shows(shown):
    facts, pixels = shown(np.arange(12, dtype=np.uint8).reshape(3, 4))
    assert facts == {"rows": 3, "columns": 4, "samples": 1, "frames": 1, "windowed": True}
    assert pixels.tolist() == list(range(12))


def test_colour_frame_has_three_samples_and_no_window(shown, images):
    facts, pixels = shown(np.full((2, 3, 3), 7, np.uint8))
    assert (facts["samples"], facts["windowed"]) == (3, False)
    assert len(pixels) == 18
    with pytest.raises(HeldError, match="windowed"):
        shown(np.full((2, 3, 3), 7, np.uint8), "values")


def test_values_come_with_the_window_that_they_are_shown_in(shown):
    stored = np.arange(-500, 1500, dtype=np.int16).reshape(40, 50)
    facts, values = shown(stored, "values", WindowCenter=300, WindowWidth=400)
    assert (facts["low"], facts["high"]) == (-500, 1499)
    assert np.array_equal(values.astype(int) + facts["low"], stored.ravel())
    assert np.allclose(facts["window"], (101, 498), atol=3)
    assert facts["inverted"] is False


def test_window_of_an_inverted_image_says_so(shown):
    stored = np.arange(2000, dtype=np.uint16).reshape(40, 50)
    facts, _ = shown(stored, "values", PhotometricInterpretation="MONOCHROME1")
    assert facts["inverted"] is True


def test_uniform_image_has_a_window_too(shown):
    facts, _ = shown(np.full((4, 4), 90, np.uint16), "values")
    assert facts["window"][1] > facts["window"][0]


def test_frames_are_decoded_once_and_the_oldest_forgotten(images, prepared, monkeypatch):
    made = []
    kept = module._picture
    monkeypatch.setattr(module, "_picture", lambda *a: made.append(a[1]) or kept(*a))
    cine = prepared.planned("cine.dcm")
    for index in (0, 1, 0):
        images.picture(cine, index)
    assert made == [0, 1]
    monkeypatch.setattr(module, "KEPT_BYTES", 32 * 48)
    images.picture(cine, 2)
    images.picture(cine, 0)
    assert made == [0, 1, 2, 0]


def test_few_files_stay_open(images, prepared, monkeypatch):
    monkeypatch.setattr(module, "KEPT_FILES", 1)
    for source in ("still-1.dcm", "still-2.dcm", "still-1.dcm"):
        images.picture(prepared.planned(source), 0)
    assert len(images._opened) == 1


def test_file_that_cannot_be_read_is_not_kept_open(images, prepared):
    plan = prepared.planned("still-1.dcm")
    path = prepared.inputs / "still-1.dcm"
    path.write_bytes(b"no DICOM")
    status = path.stat()
    plan.source = replace(plan.source, size=status.st_size, modified=status.st_mtime_ns)
    with pytest.raises(HeldError):
        images.picture(plan, 0)
    assert not images._opened


def test_frame_that_is_not_there_is_an_error(images, prepared):
    with pytest.raises(HeldError) as caught:
        images.picture(prepared.planned("still-1.dcm"), 1)
    assert caught.value.reason is Reason.FRAME_COUNT
