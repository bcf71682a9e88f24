"""Letters that a device drew have one stored value; anatomy and noise have many."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from pydicom.uid import JPEGBaseline8Bit

from pixelscrub.findings import Box
from pixelscrub.pixels.image import Image
from pixelscrub.recipe import TextSettings
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.find import find_text
from pixelscrub.text.frames.values import (
    DERIVED,
    ORIGINALS,
    are_exact,
    asked_of,
    drawn_parts,
    ink_share,
    is_drawn,
    is_plain,
    is_text,
)

SHAPE = (200, 320)
BOX = Box(16, 40, 240, 66)
SLICE = {
    "Modality": "CT",
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "ImagePositionPatient": [0, 0, 0],
}


def letters(smooth=False):
    ink = np.zeros((2 * SHAPE[0], 2 * SHAPE[1]), np.uint8)
    cv2.putText(ink, "SMITH ANNA 1961", (40, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.4, 255, 4)
    share = cv2.resize(ink, SHAPE[::-1], interpolation=cv2.INTER_AREA) / 255
    return share if smooth else (share > 0.5).astype(np.float64)


def noise(level=500, spread=30, seed=1):
    return np.random.default_rng(seed).normal(level, spread, SHAPE)


def drawn(ground, level, smooth=False):
    share = letters(smooth)
    return np.rint(ground * (1 - share) + level * share).astype(np.int16)


def opened(make_instance, values, **elements):
    file = io.BytesIO()
    make_instance(values, **{**SLICE, **elements}).save_as(file, enforce_file_format=True)
    return Image(file)


@pytest.mark.parametrize("level", [0, 700, 4095])
@pytest.mark.parametrize("smooth", [False, True])
def test_ink_of_one_value_is_drawn(level, smooth):
    assert is_drawn(drawn(noise(), level, smooth), BOX)


def test_letters_over_metal_are_drawn():
    ground = noise()
    ground[40:52, 60:120] = np.random.default_rng(2).normal(3000, 40, (12, 60))
    assert is_drawn(drawn(ground, 1200), BOX)


@pytest.mark.parametrize("spread", [0.4, 0.8, 2, 30])
def test_noise_is_not_drawn_be_it_ever_so_faint(spread):
    values = np.abs(noise(0, spread)).astype(np.int16)
    boxes = [Box(x, y, x + 60, y + 18) for x in range(0, 260, 30) for y in range(0, 180, 20)]
    assert not any(is_drawn(values, box) for box in boxes)


def test_rings_of_bone_are_not_drawn():
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    away = np.hypot(x - 60, y - 53)
    values = noise() + 2200 * ((away < 12) & (away > 5))
    assert not is_drawn(values.astype(np.int16), Box(46, 40, 74, 66))


def test_a_margin_of_zeros_is_not_drawn():
    values = noise(12, 4).astype(np.int16)
    values[-3:] = 0
    values[:, -2:] = 0
    assert not is_drawn(values, Box(290, 180, 320, 200))


def test_few_levels_on_flat_ground_are_drawn():
    assert is_drawn(drawn(np.full(SHAPE, 30.0), 34), BOX)


def test_a_constant_place_has_no_ink():
    assert ink_share(np.zeros((9, 9), np.int16)) == 0
    assert ink_share(np.zeros((0, 9), np.int16)) == 0
    assert not is_drawn(np.zeros((9, 9), np.float32), Box(0, 0, 9, 9))


def test_strokes_of_one_value_are_told_in_noise():
    (part,) = drawn_parts(drawn(noise(), 700))
    assert part.intersection(BOX) == BOX
    assert drawn_parts(noise().astype(np.int16)) == []
    faint = drawn_parts(np.abs(noise(0, 2)).astype(np.int16))
    assert sum(part.area for part in faint) < 0.2 * noise().size


def test_air_outside_the_field_of_view_is_no_stroke():
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    values = np.where(np.hypot(x - 160, y - 100) < 95, noise(), -2000).astype(np.int16)
    assert drawn_parts(values) == []


def test_a_cross_section_is_one_by_all_that_is_said_of_it(make_instance):
    values = noise().astype(np.int16)
    assert asked_of(opened(make_instance, values)) is ORIGINALS
    derived = opened(make_instance, values, ImageType=["DERIVED", "SECONDARY", "MPR"])
    assert asked_of(derived) is DERIVED
    for elements in (
        {"Modality": "DX"},
        {"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]},
        {"ImagePositionPatient": None},
        {"LossyImageCompression": "01"},
    ):
        assert asked_of(opened(make_instance, values, **elements)) is None
    assert not are_exact(opened(make_instance, np.zeros(SHAPE, np.uint8)))


def test_maps_of_measurements_hold_text_only_where_it_is_drawn_and_plain(make_instance):
    map_class = "1.2.840.10008.5.1.4.1.1.30"
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    rings = np.where((np.hypot(x % 80 - 40, y % 60 - 30) // 4) % 3 == 0, 7, 2).astype(np.int16)
    assert find_text(opened(make_instance, rings, SOPClassUID=map_class), TextSettings()) == []
    ground = noise() + 5 * np.hypot(x - 160, y - 100)
    written = opened(make_instance, drawn(ground, 4000), SOPClassUID=map_class)
    assert find_text(written, TextSettings())


def test_values_after_lossy_compression_say_nothing(packaged):
    with (packaged / "JPEG-lossy.dcm").open("rb") as file:
        image = Image(file)
        assert image.header.file_meta.TransferSyntaxUID != JPEGBaseline8Bit
        assert not are_exact(image)


def test_a_detector_without_doubt_is_believed_of_long_texts():
    line = TextBox(Box(0, 0, 80, 16), 0.95, "network")
    assert is_plain(line)
    assert not is_plain(TextBox(Box(0, 0, 30, 16), 0.95, "network"))
    assert not is_plain(TextBox(Box(0, 0, 80, 16), 0.8, "network"))
    assert not is_plain(TextBox(Box(0, 0, 80, 16), 0.95, "strokes"))
    assert is_text(noise().astype(np.int16), line)


def test_anatomy_in_a_slice_stays_and_what_is_written_on_it_goes(make_instance):
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    values = noise()
    for across in (60, 110, 160, 210):
        away = np.hypot(x - across, y - 150)
        values = values + 2200 * ((away < 14) & (away > 6))
    plain = opened(make_instance, values.astype(np.int16))
    assert find_text(plain, TextSettings()) == []
    found = find_text(opened(make_instance, drawn(values, 4000)), TextSettings())
    assert found
    assert all(finding.box.y1 < 90 for finding in found)
