"""Whatever a viewer can be made to show is searched: each way of hiding a text, drawn."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from pydicom.dataset import Dataset

from pixelscrub.pixels.image import Image
from pixelscrub.recipe import TextSettings
from pixelscrub.text.find import find_text
from pixelscrub.text.frames.views import Kind, Range, Shown, View, ranges, stretched, views

NETWORK = TextSettings(detectors=["network"])
SHAPE = (240, 400)


def letters(shape=SHAPE, at=(20, 60), scale=0.8):
    drawn = np.zeros(shape, np.uint8)
    cv2.putText(drawn, "SMITH ANNA 1961", at, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 2)
    return drawn > 0


INK = letters()


def tissue(low, high, noise=0.0, seed=1):
    random = np.random.default_rng(seed)
    smooth = cv2.GaussianBlur(random.normal(0, 1, SHAPE), (0, 0), 8)
    smooth = (smooth - smooth.min()) / np.ptp(smooth)
    return low + (high - low) * smooth + random.normal(0, noise, SHAPE)


def opened(instance):
    file = io.BytesIO()
    instance.save_as(file, enforce_file_format=True)
    return Image(file)


def left(image, ink=INK):
    """Share of the ink that no finding covers."""
    masked = np.zeros(ink.shape, bool)
    for found in find_text(image, NETWORK):
        x0, y0, x1, y1 = found.box
        masked[y0:y1, x0:x1] = True
    return float((ink & ~masked).sum() / ink.sum())


def with_ink(values, level, dtype, ink=INK):
    drawn = np.array(values, np.float64)
    drawn[ink] = level
    return drawn.astype(dtype)


@pytest.mark.parametrize(("centre", "width"), [("2", "2"), ("1000", "100"), ("-300", "50")])
def test_an_8_bit_window_that_saturates_hides_nothing(make_instance, centre, width):
    pixels = with_ink(tissue(40, 90, 2), 160, np.uint8)
    image = opened(make_instance(pixels, WindowCenter=centre, WindowWidth=width))
    assert left(image) < 0.1


def test_a_look_up_table_of_one_level_hides_nothing(make_instance):
    table = Dataset()
    table.LUTDescriptor = [256, 0, 8]
    table.add_new(0x00283006, "OW", bytes([255] * 256))
    instance = make_instance(with_ink(tissue(40, 90, 2), 160, np.uint8), VOILUTSequence=[table])
    assert left(opened(instance)) < 0.1


def hot_pixel(values):
    values[3, 5] = 65535


def dead_columns(values):
    values[:, 390:392] = 65535


@pytest.mark.parametrize("fault", [hot_pixel, dead_columns])
def test_pixels_that_stretch_the_range_hide_nothing(make_instance, fault):
    pixels = with_ink(tissue(100, 300, 6), 520, np.uint16)
    fault(pixels)
    assert left(opened(make_instance(pixels))) < 0.1


@pytest.mark.parametrize("padding", [-2000, -32768])
def test_letters_of_the_padding_value_are_found(make_instance, padding):
    pixels = with_ink(tissue(-1010, -990, 3), padding, np.int16)
    instance = make_instance(pixels, WindowCenter="40", WindowWidth="400")
    instance.add_new(0x00280120, "SS", padding)
    assert left(opened(instance)) < 0.1


def as_float(instance, values):
    del instance.PixelData
    instance.FloatPixelData = values.astype(np.float32).tobytes()
    return instance


def float_hot(values):
    values[3, 5] = 1e30


def float_padding(values):
    values[200:] = -3.4e38


def nothing(values):
    """As it is."""


@pytest.mark.parametrize("fault", [nothing, float_hot, float_padding])
@pytest.mark.parametrize("level", [2.5, np.nan])
def test_text_in_floating_point_is_found(make_instance, level, fault):
    values = tissue(0.2, 0.8, 0.01)
    values[INK] = level
    fault(values)
    instance = as_float(make_instance(np.zeros(SHAPE, np.uint32)), values)
    assert left(opened(instance)) < 0.1


def test_values_beyond_the_window_are_told_apart(make_instance):
    values = tissue(0, 80, 6)
    values[:90] = 2000
    pixels = with_ink(values, 2600, np.int16)
    image = opened(make_instance(pixels, WindowCenter="40", WindowWidth="400"))
    assert left(image) < 0.1


def test_a_palette_of_one_colour_hides_nothing(make_instance):
    instance = make_instance(with_ink(np.full(SHAPE, 40), 90, np.uint8))
    instance.PhotometricInterpretation = "PALETTE COLOR"
    for colour in ("Red", "Green", "Blue"):
        setattr(instance, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        table = np.full(256, 0x3000, "<u2").tobytes()
        setattr(instance, f"{colour}PaletteColorLookupTableData", table)
    assert left(opened(instance)) < 0.1


@pytest.mark.parametrize("change", [(60, -31, 0), (0, -19, 100), (0, 0, 40)])
def test_text_of_its_grounds_brightness_is_found(make_instance, change):
    pixels = np.repeat(tissue(90, 120, 2)[..., None], 3, axis=2)
    pixels[INK] += change
    assert left(opened(make_instance(np.clip(pixels, 0, 255).astype(np.uint8)))) < 0.1


@pytest.mark.parametrize("levels", [4, 6, 8])
def test_a_few_levels_on_flat_ground_are_found(make_instance, levels):
    values = np.full(SHAPE, 30.0)
    values[120:] = tissue(30, 140, 3)[120:]
    assert left(opened(make_instance(with_ink(values, 30 + levels, np.uint8)))) < 0.1


def test_a_few_levels_are_found_where_nothing_else_is(make_instance):
    assert left(opened(make_instance(with_ink(np.full(SHAPE, 30), 34, np.uint8)))) < 0.1


@pytest.mark.parametrize(("pitch", "dot"), [(3, 1), (4, 2), (5, 2)])
@pytest.mark.parametrize("is_dark", [False, True])
def test_separate_dots_are_read_as_letters(make_instance, pitch, dot, is_dark):
    small = np.zeros((12, SHAPE[1] // pitch), np.uint8)
    cv2.putText(small, "SMITH ANNA", (1, 10), cv2.FONT_HERSHEY_PLAIN, 0.7, 255, 1)
    ink = np.zeros(SHAPE, bool)
    for y, x in np.argwhere(small > 0):
        ink[40 + y * pitch : 40 + y * pitch + dot, x * pitch : x * pitch + dot] = True
    pixels = with_ink(np.full(SHAPE, 15), 220, np.uint8, ink)
    assert left(opened(make_instance(255 - pixels if is_dark else pixels)), ink) < 0.1


@pytest.mark.parametrize("share", [3, 4])
@pytest.mark.parametrize("side", [64, 128, 256])
def test_letters_of_a_third_of_a_small_picture_are_found(make_instance, side, share):
    shape = (side, 3 * side)
    height = side / share
    ink = np.zeros(shape, np.uint8)
    width = max(round(height / 8), 1)
    place = (4, round(0.7 * side))
    cv2.putText(ink, "SMITH 61", place, cv2.FONT_HERSHEY_SIMPLEX, height / 22, 255, width)
    pixels = with_ink(np.full(shape, 40), 220, np.uint8, ink > 0)
    assert left(opened(make_instance(pixels)), ink > 0) < 0.1


def test_noise_is_searched_once(make_instance):
    random = np.random.default_rng(3)
    pixels = random.normal(1000, 60, SHAPE).astype(np.uint16)
    shown = list(views(opened(make_instance(pixels, WindowCenter="1000", WindowWidth="400")), 0))
    seen = Shown(shown[0].picture)
    assert not any(seen.more(view) for view in shown[1:])


def test_single_pixels_do_not_set_the_range():
    values = np.full((50, 50), 100, np.int16)
    values[10:20] = 300
    values[0, :5] = 30000
    assert ranges([values])[0] == Range(100, 300)


def test_padding_of_a_whole_margin_does_not_set_the_range():
    values = np.random.default_rng(1).normal(0.5, 0.1, (100, 100))
    values[:10] = -1e30
    assert ranges([values])[-1].low > -5


def test_a_constant_frame_has_no_range():
    assert ranges([np.full((8, 8), 7)]) == []
    assert not stretched(np.full((8, 8), np.nan)).any()


def test_what_was_shown_is_not_searched_again():
    picture = np.full(SHAPE, 40, np.uint8)
    picture[INK] = 200
    assert Shown(picture).more(View(picture, Kind.RANGE)) == []
    assert Shown(np.zeros_like(picture)).more(View(picture, Kind.RANGE)) != []
