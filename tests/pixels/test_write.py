from __future__ import annotations

import io

import numpy as np
import pytest

from pixelscrub.errors import HeldError, Reason
from pixelscrub.findings import Box
from pixelscrub.pixels.edit import Edit, FrameBox, FrameFill
from pixelscrub.pixels.image import Image

ROOT = "1.2.840.10008.1.2."
BOX = Box(11, 5, 30, 17)
NATIVE = ("", "1", "1.99", "2")
ALL_NATIVE = [
    "u8",
    "s8",
    "u12",
    "s12",
    "u16",
    "s16",
    "mono1",
    "rgb",
    "planar",
    "ybr",
    "palette",
    "u32",
    "s32",
    "rgb16",
    "bit",
    "ybr422",
]
CELLS = [(syntax, kind) for syntax in NATIVE for kind in ALL_NATIVE]
CELLS += [
    ("5", k)
    for k in [
        "u8",
        "s8",
        "u12",
        "s12",
        "u16",
        "s16",
        "mono1",
        "rgb",
        "ybr",
        "palette",
        "u32",
        "s32",
        "rgb16",
    ]
]
for _syntax in ("4.57", "4.70", "4.80"):
    CELLS += [
        (_syntax, k) for k in ["u8", "u12", "s12", "u16", "s16", "mono1", "rgb", "palette", "rgb16"]
    ]
for _syntax in ("4.90", "4.201", "4.202"):
    CELLS += [
        (_syntax, k)
        for k in ["u8", "s8", "u12", "s12", "u16", "s16", "mono1", "rgb", "palette", "rgb16"]
    ]
CELLS += [("5", "bit"), ("8.1", "bit"), ("8.1", "u12"), ("8.1", "planar"), ("8.1", "ybr422")]
CELLS += [("4.110", k) for k in ("u8", "u12", "u16", "rgb")]
LOSSY = [("4.81", "u8"), ("4.81", "u12"), ("4.91", "u8"), ("4.91", "rgb"), ("4.203", "u12")]
JPEG = [(s, k) for s in ("4.50", "4.51") for k in ("u8", "mono1", "ybr")]


@pytest.mark.parametrize(("syntax", "kind"), CELLS + JPEG)
def test_mask_changes_nothing_outside_and_keeps_the_syntax(bench, syntax, kind):
    data = bench.instance(syntax, kind, frames=2)

    before, after, edit = bench.edited(data, Edit(boxes=(FrameBox(BOX, (1, 1)),)))

    assert after.known.transfer_syntax == before.known.transfer_syntax
    touched = edit.boxes[0].box
    assert touched.union(BOX) == touched
    assert not np.array_equal(before.frame(1), after.frame(1))
    assert np.array_equal(before.frame(0), after.frame(0))
    inside = after.frame(1)[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1]
    assert np.ptp(inside.reshape(-1, after.known.samples)[0] - inside) == 0


@pytest.mark.parametrize(("syntax", "kind"), LOSSY)
def test_other_lossy_syntaxes_are_stored_losslessly_in_their_family(bench, syntax, kind):
    lossless = {"4.81": "4.80", "4.91": "4.90", "4.203": "4.201"}[syntax]

    _, after, _ = bench.edited(bench.instance(syntax, kind), Edit(boxes=(FrameBox(BOX),)))

    assert after.known.transfer_syntax == ROOT + lossless
    assert after.header.LossyImageCompression == "01"
    assert after.header.LossyImageCompressionMethod.startswith("ISO_")


def test_twelve_bit_jpeg_is_stored_losslessly(bench):
    data = bench.instance("4.51", "u12")

    _, after, _ = bench.edited(data, Edit(boxes=(FrameBox(BOX),)))

    assert after.known.transfer_syntax == ROOT + "4.70"


@pytest.mark.parametrize(("syntax", "kind"), CELLS[::5] + JPEG)
def test_crop_keeps_what_lies_inside(bench, syntax, kind):
    data = bench.instance(syntax, kind, frames=2)

    before, after, edit = bench.edited(data, Edit(crop=BOX))

    x0, y0, _x1, _y1 = edit.crop
    assert edit.crop.union(BOX) == edit.crop
    assert (after.header.Rows, after.header.Columns) == (edit.crop.height, edit.crop.width)
    kept = before.frame(1)[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1]
    found = after.frame(1)[BOX.y0 - y0 : BOX.y1 - y0, BOX.x0 - x0 : BOX.x1 - x0]
    if syntax not in ("4.50", "4.51") and edit.crop == BOX:
        assert np.array_equal(kept, found)


@pytest.mark.parametrize("syntax", ["1", "1.99", "2", "5", "4.50", "4.80", "4.90"])
def test_an_empty_edit_copies_the_element(bench, syntax):
    data = bench.instance(syntax, "u8", frames=3)

    before, after, edit = bench.edited(data, Edit())

    assert not edit
    assert _element_bytes(before) == _element_bytes(after)
    assert before.is_minimal


def _element_bytes(image: Image) -> bytes:
    image.file.seek(image.element.start)
    return image.file.read(image.element.end - image.element.start)


@pytest.mark.parametrize("fill", ["black", "grey", "border", "inpaint"])
@pytest.mark.parametrize(("syntax", "kind"), [("1", "u8"), ("1", "s16"), ("1", "rgb"),
    ("1", "palette"), ("4.50", "u8"), ("4.50", "ybr"), ("1", "s32"), ("1", "bit")])  # fmt: skip
def test_every_fill_style_passes_the_same_checks(bench, fill, syntax, kind):
    edit = Edit(boxes=(FrameBox(BOX),), fill=fill)

    before, after, _ = bench.edited(bench.instance(syntax, kind), edit)

    part = np.s_[BOX.y0 : BOX.y1, BOX.x0 : BOX.x1]
    assert not np.array_equal(before.frame(0)[part], after.frame(0)[part])


def test_voxels_are_written_as_they_are_given(bench):
    mask = np.zeros((37, 52), bool)
    mask[4:9, 20:29] = True

    def voxels(index, frame):
        return FrameFill(mask, np.full(frame.shape, 7 + index, frame.dtype))

    _, after, _ = bench.edited(bench.instance("1", "s16", 2), Edit(voxels=voxels))

    assert (after.frame(0)[mask] == 7).all()
    assert (after.frame(1)[mask] == 8).all()


def test_float_pixel_data_are_masked(make_instance, bench):
    from .conftest import saved

    header = make_instance()
    values = np.linspace(-1, 1, 37 * 52, dtype="<f4").reshape(37, 52)
    del header.PixelData, header.BitsStored, header.HighBit, header.PixelRepresentation
    header.Rows, header.Columns, header.BitsAllocated = 37, 52, 32
    header.FloatPixelData = values.tobytes()

    _, after, _ = bench.edited(saved(header), Edit(boxes=(FrameBox(BOX),)))

    assert (after.frame(0)[6:16, 12:29] == -1).all()


def test_text_in_jpeg_comments_goes(bench):
    data = bench.instance("4.50")
    comment = b"\xff\xfe\x00\x0ePLANTED-4711"
    at = data.index(b"\xff\xd8") + 2
    start = data.index(b"\xfe\xff\x00\xe0", data.index(b"\xe0\x7f\x10\x00") + 20)
    length = int.from_bytes(data[start + 4 : start + 8], "little") + len(comment)
    planted = data[: start + 4] + length.to_bytes(4, "little") + data[start + 8 : at]
    planted += comment + data[at:]

    edit = Edit(boxes=(FrameBox(BOX),))
    _, after, _ = bench.edited(planted, edit)

    assert b"PLANTED" in planted
    assert b"PLANTED" not in after.stream(0)


def test_bits_that_hold_an_overlay_are_cleared(bench):
    import pydicom

    from .conftest import saved

    header = pydicom.dcmread(io.BytesIO(bench.instance("1", "u12")))
    cells = np.frombuffer(header.PixelData, "<u2") | 0x8000
    header.PixelData = cells.tobytes()
    header.add_new(0x60000100, "US", 16)
    header.add_new(0x60000102, "US", 15)

    before, after, edit = bench.edited(saved(header), Edit(drop_overlays=True))

    assert edit.clear_unused
    assert not (after.cells(0) & 0xF000).any()
    assert np.array_equal(before.frame(0), after.frame(0))
    assert (0x6000, 0x0100) not in after.header


def test_a_tile_of_a_larger_image_is_not_cropped(bench, make_instance):
    from .conftest import saved

    header = make_instance(TotalPixelMatrixColumns=100)

    with pytest.raises(HeldError) as held:
        bench.edited(saved(header), Edit(crop=Box(1, 1, 9, 9)))

    assert held.value.reason is Reason.CANNOT_CHANGE
