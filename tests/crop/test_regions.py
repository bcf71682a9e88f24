"""Ultrasound regions: what lies outside them, and when they are not believed."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from pixelscrub.crop.regions import EDGES, complement, outside_regions, regions
from pixelscrub.findings import Box
from pixelscrub.pixels.image import Image


def ultrasound_regions(*corners: tuple[int, int, int, int]) -> list[Dataset]:
    items = []
    for corner in corners:
        item = Dataset()
        for edge, value in zip(EDGES, corner, strict=True):
            setattr(item, edge, value)
        items.append(item)
    return items


def boxes_within(columns: int, rows: int) -> st.SearchStrategy[Box]:
    x, y = st.integers(-5, columns + 5), st.integers(-5, rows + 5)
    return st.builds(
        lambda a, b, c, d: Box(*map(min, (a, b), (c, d)), *map(max, (a, b), (c, d))), x, y, x, y
    )


@given(st.lists(boxes_within(30, 20), max_size=5))
def test_boxes_and_their_complement_are_the_picture(boxes: list[Box]) -> None:
    covered, outside = np.zeros((20, 30), int), np.ones((20, 30), int)
    for x0, y0, x1, y1 in complement(boxes, 30, 20):
        covered[y0:y1, x0:x1] += 1
    for box in boxes:
        x0, y0, x1, y1 = box.clipped(30, 20)
        outside[y0:y1, x0:x1] = 0
    assert np.array_equal(covered, outside)


def test_everything_outside_the_region_is_found(make_instance, save, tmp_path) -> None:
    items = ultrasound_regions((10, 8, 37, 27))
    path = save(make_instance(SequenceOfUltrasoundRegions=items), tmp_path / "us")
    found = outside_regions(Image(io.BytesIO(path.read_bytes())))
    assert {f.box for f in found} == {
        Box(0, 0, 48, 8),
        Box(0, 8, 10, 28),
        Box(38, 8, 48, 28),
        Box(0, 28, 48, 32),
    }
    assert {f.kind for f in found} == {"region"}


def test_without_regions_nothing_is_found(make_instance, save, tmp_path) -> None:
    path = save(make_instance(), tmp_path / "sc")
    assert outside_regions(Image(io.BytesIO(path.read_bytes()))) == []


@pytest.mark.parametrize(
    "corners", [(10, 8, 60, 27), (20, 8, 10, 27), (0, 0, 1, 1), (0, 0, 0, 0), (-1, 0, 47, 31)]
)
def test_regions_that_do_not_fit_are_not_believed(corners) -> None:
    header = Dataset()
    item = ultrasound_regions((0, 0, 0, 0))[0]
    for edge, value in zip(EDGES, corners, strict=True):
        item[edge]._value = value  # a negative value cannot be set, but it can be read
    header.SequenceOfUltrasoundRegions = [item]
    assert regions(header, 48, 32) == []


def test_a_region_without_corners_is_not_believed() -> None:
    header = Dataset()
    header.SequenceOfUltrasoundRegions = [Dataset()]
    assert regions(header, 48, 32) == []
