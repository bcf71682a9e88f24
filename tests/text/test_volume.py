"""Text that only a plane across the slices of a volume shows."""

from __future__ import annotations

import io
import json

import cv2
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from pixelscrub import api
from pixelscrub.pixels.image import Image
from pixelscrub.recipe import Recipe, TextSettings
from pixelscrub.text.find import find_text
from pixelscrub.text.frames.volume import Plane, Profile, height_of, profile_of, texts_in

SLICES, ROWS, COLUMNS = 24, 120, 160
AT = 66


def body():
    """Tissue with noise in air, and a table of two thin lines below it in every slice."""
    random = np.random.default_rng(4)
    y, x = np.mgrid[:ROWS, :COLUMNS]
    values = random.normal(30, 8, (SLICES, ROWS, COLUMNS))
    inside = ((y - 55) / 42) ** 2 + ((x - 80) / 60) ** 2 < 1
    values += 900 * inside
    values[:, 110:112, 20:140] += 400
    return values


def ink():
    drawn = np.zeros((SLICES, COLUMNS), np.uint8)
    cv2.putText(drawn, "SMITH 61", (6, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1)
    return drawn > 0


def written(axis):
    values = body()
    if axis == 0:
        values[:, AT][ink()] = 2000
    else:
        turned = values.transpose(0, 2, 1)
        turned[:, AT, :ROWS][ink()[:, :ROWS]] = 2000
    return np.clip(values, 0, 4095).astype(np.uint16)


def profile(values):
    counted = Profile()
    for one in values:
        counted.add(one)
    return counted


def lines(values, plane):
    return [one[plane.place] if plane.axis == 0 else one[:, plane.place] for one in values]


@pytest.mark.parametrize("axis", [0, 1])
def test_a_plane_with_text_stands_out_and_is_read(axis):
    values = written(axis)
    planes = profile(values).planes()
    assert Plane(axis, AT) in planes
    found = texts_in(Plane(axis, AT), lines(values, Plane(axis, AT)))
    assert found
    first, last = found[0].slices
    assert first <= 8
    assert last >= 18
    low, high = (found[0].box[1 - axis], found[0].box[3 - axis])
    assert low <= AT < high


def test_a_body_and_its_table_hold_no_text():
    values = np.clip(body(), 0, 4095).astype(np.uint16)
    for plane in profile(values).planes():
        assert texts_in(plane, lines(values, plane)) == []


def test_few_slices_and_others_sizes_tell_nothing():
    values = written(0)
    assert profile(values[:5]).planes() == []
    counted = profile(values)
    counted.join(profile(values[:, :50]))
    assert counted.slices == SLICES
    assert Profile().planes() == []
    constant = Profile()
    constant.add(np.zeros((2, 3), np.uint8))
    assert not constant.counts[0].any()


def test_places_are_told_or_nothing():
    header = Dataset()
    assert height_of(header) == 0
    header.ImagePositionPatient, header.ImageOrientationPatient = [1, 2, 7], [1, 0, 0, 0, 1, 0]
    assert height_of(header) == 7


def opened(instance):
    file = io.BytesIO()
    instance.save_as(file, enforce_file_format=True)
    return Image(file)


def test_colours_have_no_profile(make_instance):
    assert profile_of(opened(make_instance(np.zeros((32, 32, 3), np.uint8)))) is None
    assert profile_of(opened(make_instance(np.zeros((32, 32), np.uint8)))) is not None


def test_text_across_the_frames_of_one_object_is_masked_in_them(make_instance):
    values, group = written(0), Dataset()
    group.PlanePositionSequence = [Dataset()]
    instance = make_instance(
        values[0], NumberOfFrames=SLICES, PerFrameFunctionalGroupsSequence=[group] * SLICES
    )
    instance.PixelData = values.tobytes()
    masked = np.zeros(values.shape, bool)
    for found in find_text(opened(instance), TextSettings()):
        x0, y0, x1, y1 = found.box
        first, last = found.frames or (0, SLICES - 1)
        masked[first : last + 1, y0:y1, x0:x1] = True
    assert masked[:, AT][ink()].mean() > 0.95
    assert masked.mean() < 0.1


def test_text_across_a_series_is_gone_from_what_is_released(tmp_path, make_instance, save):
    values, uids = written(1), {"StudyInstanceUID": "2.25.1", "SeriesInstanceUID": "2.25.2"}
    for k, one in enumerate(values):
        more = {
            **uids,
            "Modality": "CT",
            "InstanceNumber": (7 * k) % SLICES,
            "ImagePositionPatient": [0, 0, 3 * k],
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        }
        instance = make_instance(one, **more)
        save(instance, tmp_path / "in" / f"{k}.dcm")
    recipe = Recipe().with_steps("text")
    api.scrub(tmp_path / "in", tmp_path / "out", recipe=recipe, workers=1)
    audited = (tmp_path / "out-private" / "audit.jsonl").read_text().splitlines()
    same = []
    for line in map(json.loads, audited):
        before = dcmread(tmp_path / "in" / line["source"]).pixel_array
        after = dcmread(tmp_path / "out" / line["output"]).pixel_array
        text = before[:, AT] == 2000
        same += (before == after)[:, AT][text].tolist()
    assert same
    assert np.mean(same) < 0.05
