"""Kinds of pixel data that are seldom met: they are masked like all others."""

import io

import numpy as np
import pydicom
from pydicom.encaps import encapsulate_extended

from pixelscrub.findings import Box
from pixelscrub.pixels.edit import Edit, FrameBox
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.show import palette

from .conftest import saved

EDIT = Edit(boxes=(FrameBox(Box(12, 6, 29, 16)),))
INSIDE = np.s_[6:16, 12:29]


def test_double_pixel_data(make_instance, bench):
    header = make_instance()
    values = np.linspace(-3, 1, 37 * 52).reshape(37, 52)
    del header.PixelData, header.BitsStored, header.HighBit, header.PixelRepresentation
    header.Rows, header.Columns, header.BitsAllocated = 37, 52, 64
    header.DoubleFloatPixelData = values.tobytes()
    before, after, _ = bench.edited(saved(header), EDIT)
    assert (after.frame(0)[INSIDE] == -3).all()
    assert before.frame(0).dtype == after.frame(0).dtype == np.float64


def test_segmented_palette_is_filled_with_its_darkest_entry(make_instance, bench):
    header = make_instance(np.arange(37 * 52, dtype=np.uint8).reshape(37, 52) % 200 + 3)
    header.PhotometricInterpretation = "PALETTE COLOR"
    # discrete: 200, then 10; linear: 254 steps up to 250 (PS3.3 C.7.9.2)
    segments = np.array([0, 2, 200 << 8, 10 << 8, 1, 254, 250 << 8], "<u2").tobytes()
    for name in ("Red", "Green", "Blue"):
        setattr(header, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(header, f"Segmented{name}PaletteColorLookupTableData", segments)
    _, after, _ = bench.edited(saved(header), EDIT)
    colours = palette(after.header, after.known).sum(axis=1)
    assert colours.argmin() == 1
    assert (after.frame(0)[INSIDE] == 1).all()


def test_extended_offset_table_gives_way_to_a_basic_one(bench):
    header = pydicom.dcmread(io.BytesIO(bench.instance("5", frames=3)))
    frames = list(pydicom.encaps.generate_frames(header.PixelData, number_of_frames=3))
    header.PixelData, offsets, lengths = encapsulate_extended(frames)
    header.ExtendedOffsetTable, header.ExtendedOffsetTableLengths = offsets, lengths
    _, after, _ = bench.edited(saved(header), EDIT)
    assert "ExtendedOffsetTable" not in after.header
    assert after.encapsulated is not None
    assert after.encapsulated.has_table
    assert all((after.frame(k)[INSIDE] == 0).all() for k in range(3))


def test_bytes_after_the_last_frame_go_with_a_change_and_stay_without(bench):
    header = pydicom.dcmread(io.BytesIO(bench.instance("1", "u16")))
    header.PixelData += b"ID"
    data = saved(header)
    _, after, _ = bench.edited(data, EDIT)
    assert after.element is not None
    assert after.element.end - after.element.start == 37 * 52 * 2
    image = Image(io.BytesIO(data))
    assert image.element is not None
    assert image.element.end - image.element.start == 37 * 52 * 2 + 2
