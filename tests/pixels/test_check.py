"""What was tampered with after writing is noticed."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from pixelscrub.errors import HeldError, Reason
from pixelscrub.findings import Box
from pixelscrub.pixels import jpeg
from pixelscrub.pixels.check import equal_outside
from pixelscrub.pixels.codestream import read_jpeg
from pixelscrub.pixels.edit import Edit, FrameBox, FrameFill
from pixelscrub.pixels.image import Image

BOX = Box(8, 8, 32, 24)
EDIT = Edit(boxes=(FrameBox(BOX),))


class Tampered:
    """An image of which one frame is not what was written."""

    def __init__(self, image, change):
        self._image, self._change = image, change

    def __getattr__(self, name):
        return getattr(self._image, name)

    def frame(self, index):
        return self._change(self._image.frame(index).copy())


class Recoded(Tampered):
    """An image of which the coefficients are not what was written."""

    def frame(self, index):
        return self._image.frame(index)

    def stream(self, index):
        stream = self._image.stream(index)
        found = read_jpeg(stream)
        coefficients = jpeg.read_coefficients(stream, found)
        self._change(coefficients)
        return jpeg.write(coefficients, found)


def _set(place, value):
    def change(array):
        array[place] = value
        return array

    return change


def _reason(before, after, edit):
    with pytest.raises(HeldError) as caught:
        equal_outside(before, after, edit)
    return caught.value.reason


@pytest.mark.parametrize("syntax", ["1", "5", "4.70", "4.90"])
def test_a_pixel_outside_and_one_inside(bench, syntax):
    before, after, edit = bench.edited(bench.instance(syntax, "u12"), EDIT)
    equal_outside(before, Tampered(after, lambda frame: frame), edit)
    outside = Tampered(after, _set((0, 0), 1 + int(before.frame(0)[0, 0])))
    assert _reason(before, outside, edit) == Reason.PIXELS_CHANGED
    assert _reason(before, Tampered(after, _set((9, 9), 3)), edit) == Reason.FILL_MISSING


def test_coefficients(bench):
    before, after, edit = bench.edited(bench.instance("4.50", "ybr"), EDIT)

    def ac_outside(read):
        read.blocks[0][-1, -1, 3, 3] += 1

    def ac_inside(read):
        read.blocks[0][1, 2, 1, 1] = 5

    def dc_inside(read):
        read.blocks[0][1, 2, 0, 0] += 5

    def table(read):
        read.tables[0, 5] += 1

    equal_outside(before, Recoded(after, lambda _: None), edit)
    assert _reason(before, Recoded(after, ac_outside), edit) == Reason.PIXELS_CHANGED
    assert _reason(before, Recoded(after, table), edit) == Reason.PIXELS_CHANGED
    assert _reason(before, Recoded(after, ac_inside), edit) == Reason.FILL_MISSING
    assert _reason(before, Recoded(after, dc_inside), edit) == Reason.FILL_MISSING


def test_frames_lost_or_of_another_size(bench):
    before, _, edit = bench.edited(bench.instance("1", frames=3), EDIT)
    fewer = Image(io.BytesIO(bench.instance("1", frames=2)))
    smaller = Image(io.BytesIO(bench.instance("1", frames=3, size=(36, 52))))
    assert _reason(before, fewer, edit) == Reason.FRAME_COUNT
    assert _reason(before, smaller, edit) == Reason.PIXELS_CHANGED


def test_the_original_is_not_what_was_filled(bench):
    image = Image(io.BytesIO(bench.instance("1")))
    assert _reason(image, image, EDIT) == Reason.FILL_MISSING
    coded = Image(io.BytesIO(bench.instance("4.50")))
    assert _reason(coded, coded, EDIT) == Reason.FILL_MISSING


def test_voxels_and_boxes_that_overlap(bench):
    mask = np.zeros((37, 52), bool)
    mask[20:30, 5:20] = True

    def voxels(_index, frame):
        return FrameFill(mask, frame // 2)

    edit = replace(EDIT, voxels=voxels)
    before, after, edit = bench.edited(bench.instance("1", "s12"), edit)
    wrong = int(after.frame(0)[28, 6]) + 1
    assert _reason(before, Tampered(after, _set((28, 6), wrong)), edit) == Reason.FILL_MISSING
    assert _reason(before, Tampered(after, _set((22, 10), 7)), edit) == Reason.FILL_MISSING
    assert _reason(before, Tampered(after, _set((0, 0), 7)), edit) == Reason.PIXELS_CHANGED


def test_voxels_in_jpeg_take_whole_blocks(bench):
    mask = np.zeros((37, 52), bool)
    mask[20:23, 5:9] = True
    edit = Edit(voxels=lambda _i, frame: FrameFill(mask, np.full_like(frame, 40)))
    before, after, _ = bench.edited(bench.instance("4.50"), edit)
    assert np.abs(after.frame(0)[16:24, :16].astype(int) - 40).max() <= 2
    assert np.array_equal(after.frame(0)[24:], before.frame(0)[24:])
