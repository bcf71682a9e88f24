"""Metal in radiographs: shapes, both ways round; letters on it; what is none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pixelscrub.findings import Box, Finding
from pixelscrub.objects import radiographs
from pixelscrub.objects.engraving import find_engraving
from pixelscrub.objects.radiographs import RadiographSettings, find_shapes, shrunk
from pixelscrub.pixels.image import Image

SETTINGS = RadiographSettings()
PLATE = Box(270, 220, 370, 270)


@pytest.fixture(scope="module")
def chest() -> np.ndarray:
    """Soft shadows and noise, 12 bits."""
    y, x = (np.indices((500, 600)) - np.array([250, 300])[:, None, None]) / 500
    picture = 500 + 1500 * np.exp(-((x / 0.45) ** 4) - (y / 0.6) ** 4)
    for side in (-1, 1):
        picture -= 800 / (1 + np.exp(10 * (((x - side * 0.2) / 0.15) ** 2 + (y / 0.3) ** 2 - 1)))
    return picture + np.random.default_rng(0).normal(0, 20, picture.shape)


def with_plate(chest, letters=""):
    picture = chest.copy()
    picture[PLATE.y0 : PLATE.y1, PLATE.x0 : PLATE.x1] = 3900
    if letters:
        ink = np.zeros(picture.shape, np.uint8)
        cv2.putText(ink, letters, (280, 252), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 2, cv2.LINE_AA)
        picture -= 300 / 255 * ink
    return cv2.GaussianBlur(picture, (0, 0), 0.7)


@pytest.fixture
def looked(make_instance, save, tmp_path):
    def over(values, texts=(), **elements):
        pixels = np.clip(values, 0, 4095).astype(np.uint16)
        path = save(make_instance(pixels, Modality="DX", **elements), tmp_path / "one.dcm")
        with path.open("rb") as file:
            image = Image(file)
            assert radiographs.is_for(image)
            return radiographs.find(image, texts)

    return over


def test_a_radiograph_without_metal_gives_nothing(looked, chest):
    assert looked(chest) == []


def test_a_plate_is_found_at_its_place_and_measured(looked, chest):
    (plate,) = looked(with_plate(chest), PixelSpacing=[0.2, 0.2])
    assert plate.about.kind == "plate"
    assert plate.box.intersection(PLATE) == PLATE
    assert plate.box.area < 1.3 * PLATE.area
    assert plate.about.size_mm == pytest.approx((20.4, 10.4), abs=1)
    assert plate.about.notes == ("readable",)


def test_a_ring_and_a_wire_are_told_from_a_plate(looked, chest):
    picture = chest.copy()
    cv2.circle(picture, (200, 200), 24, 3900, 4)
    cv2.line(picture, (330, 380), (450, 400), 3900, 4)
    kinds = {o.about.kind for o in looked(cv2.GaussianBlur(picture, (0, 0), 0.7))}
    assert kinds == {"ring", "chain"}


@pytest.mark.parametrize(
    ("photometric", "notes"), [("MONOCHROME1", ()), ("MONOCHROME2", ("inverted",))]
)
def test_an_inverted_radiograph_is_searched_as_well(looked, chest, photometric, notes):
    (plate,) = looked(4095 - with_plate(chest), PhotometricInterpretation=photometric)
    assert plate.box.intersection(PLATE) == PLATE
    assert set(notes) == set(plate.about.notes) - {"readable"}


def test_a_lead_marker_stays_text(looked, chest):
    text = Finding(kind="text", box=PLATE)
    assert looked(with_plate(chest), [text]) == []


def test_engraved_letters_are_found_on_the_metal(looked, chest):
    found = looked(with_plate(chest, "SN 4711"))
    letters = [o for o in found if o.about.kind == "engraving"]
    assert letters
    assert letters[0].box.intersection(Box(282, 238, 366, 252)).area >= 0.7 * 84 * 14


def test_smooth_and_saturated_metal_has_no_letters(chest):
    assert find_engraving(np.clip(with_plate(chest) * 2, 0, 4095), PLATE) == []


def test_very_many_objects_are_told_as_one(looked, chest):
    picture = chest.copy()
    for x in range(60, 540, 26):
        for y in range(60, 440, 26):
            picture[y : y + 10, x : x + 10] = 4000
    (one,) = looked(picture)
    assert one.about.kind == "widespread"
    assert one.box.area > 400 * 300


def test_frames_of_a_series_are_told(make_instance, save, tmp_path, chest):
    frames = np.stack([chest, chest, with_plate(chest)]).clip(0, 4095).astype(np.uint16)
    instance = make_instance(frames[0], Modality="XA", NumberOfFrames=3)
    instance.PixelData = frames.tobytes()
    with save(instance, tmp_path / "one.dcm").open("rb") as file:
        (plate,) = radiographs.find(Image(file), [])
    assert plate.frames == (2, 2)


@given(
    arrays.arrays(
        st.sampled_from([np.uint8, np.uint16, np.int16, np.float32]),
        arrays.array_shapes(min_dims=2, max_dims=2, max_side=40),
    )
)
def test_any_picture_gives_shapes_inside_it(values):
    small, scale = shrunk(values, SETTINGS)
    shapes, _ = find_shapes(small, scale, [], "MONOCHROME2", SETTINGS)
    whole = Box(0, 0, small.shape[1], small.shape[0])
    assert all(shape.box.intersection(whole) == shape.box for shape in shapes)
