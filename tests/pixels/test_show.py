"""What a viewer shows, judged by pydicom's own pipeline."""

from __future__ import annotations

import io

import numpy as np
import pytest
from pydicom.dataset import Dataset

from pixelscrub.findings import Box
from pixelscrub.pixels.edit import Edit, FrameBox
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.show import palette, show

BOX = Box(8, 8, 32, 24)


def _image(bench, kind, **elements) -> Image:
    image = Image(io.BytesIO(bench.instance("1", kind)))
    for keyword, value in elements.items():
        setattr(image.header, keyword, value)
    return image


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_are_those_of_the_standard(bench, function):
    from pydicom.pixels import apply_voi_lut

    window = {"WindowCenter": [900.0, 1], "WindowWidth": [1200.0, 1], "VOILUTFunction": function}
    image = _image(bench, "s12", RescaleSlope=2, RescaleIntercept=-100, **window)
    wanted = apply_voi_lut(image.frame(0) * 2.0 - 100, image.header)
    low, high = -4096 - 100, 4094 - 100
    scaled = np.clip((wanted - low) / (high - low), 0, 1) * 255
    assert np.abs(show(image, 0).astype(int) - scaled).max() <= 1


def test_look_up_tables(bench):
    image = _image(bench, "u12")
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [4096, 0, 8], [255 - i // 16 for i in range(4096)]
    image.header.VOILUTSequence = [table]
    assert np.array_equal(show(image, 0), 255 - image.frame(0) // 16)
    image.header.ModalityLUTSequence = [table]
    assert np.array_equal(show(image, 0), 255 - (255 - image.frame(0) // 16) // 16)


def test_the_full_range_leaves_padding_out(bench):
    image = _image(bench, "s16", WindowCenter=0, WindowWidth=1, PixelPaddingValue=-32768)
    assert len(np.unique(show(image, 0))) <= 2
    assert len(np.unique(show(image, 0, full_range=True))) > 200


def test_each_frame_has_its_window(bench):
    groups = []
    for centre in (0, 5000):
        group, voi = Dataset(), Dataset()
        voi.WindowCenter, voi.WindowWidth = centre, 2
        group.FrameVOILUTSequence = [voi]
        groups.append(group)
    image = Image(io.BytesIO(bench.instance("1", "u12", frames=2)))
    image.header.PerFrameFunctionalGroupsSequence = groups
    assert show(image, 0).mean() > 250
    assert not show(image, 1).any()


def test_monochrome1_is_inverted(bench):
    image = _image(bench, "mono1")
    assert np.array_equal(show(image, 0), 255 - image.frame(0))


@pytest.mark.parametrize("kind", ["rgb", "rgb16", "ybr", "ybr422"])
def test_colours(bench, kind):
    from pydicom.pixels import convert_color_space

    image = _image(bench, kind)
    frame = image.frame(0)
    eight = (frame >> 8 if kind == "rgb16" else frame).astype("u1")
    wanted = convert_color_space(eight, "YBR_FULL", "RGB") if "ybr" in kind else eight
    assert np.abs(show(image, 0).astype(int) - wanted).max() <= 2


def test_a_palette(bench):
    image = _image(bench, "palette")
    colours = palette(image.header, image.known)
    assert colours.shape == (256, 3)
    assert not colours[77].any()
    assert np.array_equal(show(image, 0), colours[image.frame(0)])


@pytest.mark.parametrize("kind", ["u8", "u16", "s12", "mono1", "rgb", "ybr", "palette", "s32"])
@pytest.mark.parametrize("fill", ["black", "grey", "border", "inpaint"])
def test_fills(bench, kind, fill):
    edit = Edit(boxes=(FrameBox(BOX),), fill=fill)
    before, after, _ = bench.edited(bench.instance("1", kind), edit)
    inside = show(after, 0)[8:24, 8:32]
    assert not np.array_equal(inside, show(before, 0)[8:24, 8:32])
    if fill == "black" and kind != "s32":
        assert inside.max() <= 2
    if fill in {"border", "inpaint"} and kind == "u8":
        ring = before.frame(0)[7:25, 7:33]
        assert ring.min() - 9 <= inside.min()
        assert inside.max() <= ring.max() + 9.0
