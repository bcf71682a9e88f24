"""Attributes that speak of the pixel grid follow a crop."""

from __future__ import annotations

import io

import pydicom
import pytest
from pydicom.dataset import Dataset

from pixelscrub.errors import HeldError, Reason
from pixelscrub.findings import Box
from pixelscrub.pixels.adapt import adapt
from pixelscrub.pixels.crop import crop_header
from pixelscrub.pixels.edit import Edit, FrameBox
from pixelscrub.pixels.fit import fit
from pixelscrub.pixels.image import Image

BOX = Box(10, 4, 40, 30)


def _item(**elements) -> Dataset:
    item = Dataset()
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return item


def test_the_first_pixel_moves_along_rows_and_columns():
    header = _item(
        ImagePositionPatient=[1, 2, 3],
        ImageOrientationPatient=[0, 1, 0, 0, 0, -1],
        PixelSpacing=[0.5, 2],
    )
    crop_header(header, BOX)
    assert list(header.ImagePositionPatient) == [1, 2 + 2 * 10, 3 - 0.5 * 4]
    assert (header.Rows, header.Columns) == (26, 30)


def test_planes_in_functional_groups():
    shared = _item(
        PixelMeasuresSequence=[_item(PixelSpacing=[2, 3])],
        PlaneOrientationSequence=[_item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
    )
    places = [_item(PlanePositionSequence=[_item(ImagePositionPatient=[0, 0, z])]) for z in (1, 2)]
    header = _item(SharedFunctionalGroupsSequence=[shared], PerFrameFunctionalGroupsSequence=places)
    crop_header(header, BOX)
    for z, group in enumerate(header.PerFrameFunctionalGroupsSequence, 1):
        assert list(group.PlanePositionSequence[0].ImagePositionPatient) == [30, 8, z]


def test_ultrasound_regions_are_clipped():
    inside = _item(
        RegionLocationMinX0=5, RegionLocationMinY0=6, RegionLocationMaxX1=50,
        RegionLocationMaxY1=20, ReferencePixelX0=12, ReferencePixelY0=1,
    )  # fmt: skip
    away = _item(
        RegionLocationMinX0=0, RegionLocationMinY0=0, RegionLocationMaxX1=9, RegionLocationMaxY1=3
    )
    header = _item(SequenceOfUltrasoundRegions=[inside, away])
    crop_header(header, BOX)
    (kept,) = header.SequenceOfUltrasoundRegions
    assert (kept.RegionLocationMinX0, kept.RegionLocationMinY0) == (0, 2)
    assert (kept.RegionLocationMaxX1, kept.RegionLocationMaxY1) == (29, 16)
    assert (kept.ReferencePixelX0, kept.ReferencePixelY0) == (12 - 5, 1)
    crop_header(header, Box(0, 20, 30, 26))
    assert "SequenceOfUltrasoundRegions" not in header


def test_shutters_and_overlays_move():
    header = _item(
        ShutterLeftVerticalEdge=12, ShutterUpperHorizontalEdge=9,
        VerticesOfThePolygonalShutter=[5, 11, 6, 30],
    )  # fmt: skip
    header.add_new(0x60000050, "SS", [1, 1])
    crop_header(header, BOX)
    assert (header.ShutterLeftVerticalEdge, header.ShutterUpperHorizontalEdge) == (2, 5)
    assert list(header.VerticesOfThePolygonalShutter) == [1, 1, 2, 20]
    assert list(header[0x60000050].value) == [-3, -9]


def _with(data: bytes, **elements) -> Image:
    instance = pydicom.dcmread(io.BytesIO(data))
    for keyword, value in elements.items():
        setattr(instance, keyword, value)
    out = io.BytesIO()
    instance.save_as(out)
    return Image(io.BytesIO(out.getvalue()))


def test_geometry_that_is_missing_is_held(bench):
    image = _with(bench.instance("1"), ImagePositionPatient=[0, 0, 0])
    edit = fit(image, Edit(crop=BOX))
    with pytest.raises(HeldError) as caught:
        adapt(image.header, image, edit)
    assert caught.value.reason == Reason.BAD_PIXEL_DESCRIPTION


def test_tiles_are_not_cropped(bench):
    image = _with(bench.instance("1"), TotalPixelMatrixColumns=500)
    with pytest.raises(HeldError) as caught:
        fit(image, Edit(crop=BOX))
    assert caught.value.reason == Reason.CANNOT_CHANGE


def test_what_shows_the_masked_goes(bench):
    image = _with(bench.instance("1"), IconImageSequence=[_item(Rows=1)])
    header = image.header
    header.add_new(0x60000010, "US", 4)
    header.add_new(0x00280106, "US", 3)
    adapt(header, image, fit(image, Edit(boxes=(FrameBox(BOX),), drop_overlays=True)))
    assert "IconImageSequence" not in header
    assert "SmallestImagePixelValue" not in header
    assert 0x60000010 not in header


@pytest.mark.parametrize("syntax", ["1", "2", "5", "4.70", "4.80", "4.90", "4.110", "8.1"])
@pytest.mark.parametrize("bit", [15, 12])
def test_bits_that_values_do_not_use_are_cleared(bench, syntax, bit):
    data = bench.instance(syntax, "u12", plane=bit)
    before, after, edit = bench.edited(data, Edit())
    assert edit.clear_unused
    assert (before.cells(0) >> 12).any()
    assert not (after.cells(0) >> 12).any()
    assert after.is_minimal


def test_bits_of_overlays_that_stay_are_kept(bench):
    image = _with(bench.instance("1", "u12", plane=12))
    image.header.add_new(0x60000100, "US", 16)
    assert fit(image, Edit(drop_overlays=True)).clear_unused
    assert not fit(image, Edit(keep_planes=True)).clear_unused


def test_sign_extension_is_no_use_of_other_bits(bench):
    image = _with(bench.instance("1", "s12"))
    assert (image.cells(0) >> 12).any()
    assert not fit(image, Edit())
