"""Attributes that speak of the pixel grid, corrected for a crop.

Image plane PS3.3 C.7.6.2, functional groups C.7.6.16, ultrasound regions C.8.5.5, display
shutter C.7.6.11, collimator C.8.7.3, overlay plane C.9.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

EDGES: Final = (
    ("{}LeftVerticalEdge", "x"),
    ("{}RightVerticalEdge", "x"),
    ("{}UpperHorizontalEdge", "y"),
    ("{}LowerHorizontalEdge", "y"),
)
VERTICES: Final = ("CenterOfCircular{}", "VerticesOfThePolygonal{}")
SHAPES: Final = ("Shutter", "Collimator")


def crop_header(header: Dataset, box: Box) -> None:
    """Correct `header` in place for an image of which only `box` (stored pixels) stays."""
    header.Rows, header.Columns = box.height, box.width
    _move_planes(header, box)
    _move_regions(header, box)
    for shape in SHAPES:
        _move_shape(header, shape, box)
    for tag in [t for t in header.keys() if t.group & 0xFF00 == 0x6000 and t.element == 0x0050]:  # noqa: SIM118
        down, across = header[tag].value
        header[tag].value = [down - box.y0, across - box.x0]


def _move_planes(header: Dataset, box: Box) -> None:
    """Image Position (Patient) is the centre of the first pixel, so it moves with the crop."""
    shared = _first(header, "SharedFunctionalGroupsSequence")
    places: list[tuple[Dataset | None, list[Dataset | None]]] = [(header, [header])]
    if shared is not None:
        places.append((_inner(shared, "PlanePositionSequence"), [shared]))
    each = header.get("PerFrameFunctionalGroupsSequence") or []
    places += [(_inner(group, "PlanePositionSequence"), [group, shared]) for group in each]
    for place, groups in places:
        if place is not None and place.get("ImagePositionPatient"):
            moved = np.array(place.ImagePositionPatient, float) + _offset(groups, box)
            place.ImagePositionPatient = [f"{value:.10g}" for value in moved]


def _offset(groups: list[Any], box: Box) -> npt.NDArray[np.float64]:
    """From the first pixel of the image to the first that stays, in millimetres (LPS)."""
    orientation = _found(groups, "PlaneOrientationSequence", "ImageOrientationPatient")
    spacing = _found(groups, "PixelMeasuresSequence", "PixelSpacing")
    along_row, along_column = np.reshape(np.array(orientation, float), (2, 3))
    offset: npt.NDArray[np.float64] = (
        along_row * float(spacing[1]) * box.x0 + along_column * float(spacing[0]) * box.y0
    )
    return offset


def _found(groups: list[Any], sequence: str, keyword: str) -> Any:
    for group in groups:
        for place in (group, _inner(group, sequence)):
            if place is not None and place.get(keyword):
                return place.get(keyword)
    raise ValueError(f"{keyword} is missing")


def _inner(group: Dataset | None, sequence: str) -> Dataset | None:
    return None if group is None else _first(group, sequence)


def _first(header: Dataset, sequence: str) -> Dataset | None:
    items = header.get(sequence)
    return items[0] if items else None


def _move_regions(header: Dataset, box: Box) -> None:
    """Ultrasound regions are clipped; one that is cut away goes. Maxima are the last pixels."""
    if "SequenceOfUltrasoundRegions" not in header:
        return
    kept = [r for r in header.SequenceOfUltrasoundRegions if _move_region(r, box)]
    if kept:
        header.SequenceOfUltrasoundRegions = kept
    else:
        del header.SequenceOfUltrasoundRegions


def _move_region(region: Dataset, box: Box) -> bool:
    """Move one region; whether any of it is left."""
    x0, y0 = int(region.RegionLocationMinX0), int(region.RegionLocationMinY0)
    x1, y1 = int(region.RegionLocationMaxX1) + 1, int(region.RegionLocationMaxY1) + 1
    left = Box(x0, y0, x1, y1).shifted(-box.x0, -box.y0).clipped(box.width, box.height)
    region.RegionLocationMinX0, region.RegionLocationMinY0 = left.x0, left.y0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = left.x1 - 1, left.y1 - 1
    # the reference pixel is counted from the region's own corner, which moves where it is clipped
    for keyword, cut in (
        ("ReferencePixelX0", left.x0 + box.x0 - x0),
        ("ReferencePixelY0", left.y0 + box.y0 - y0),
    ):
        if region.get(keyword) is not None:
            setattr(region, keyword, int(region.get(keyword)) - cut)
    return left.area > 0


def _move_shape(header: Dataset, shape: str, box: Box) -> None:
    """Edges and vertices of a shutter or collimator; rows and columns are counted from 1."""
    for pattern, axis in EDGES:
        keyword = pattern.format(shape)
        if header.get(keyword) is not None:
            cut = box.x0 if axis == "x" else box.y0
            setattr(header, keyword, int(header.get(keyword)) - cut)
    for pattern in VERTICES:
        keyword = pattern.format(shape)
        if header.get(keyword):
            pairs = np.array(header.get(keyword), int).reshape(-1, 2) - (box.y0, box.x0)
            setattr(header, keyword, [int(value) for value in pairs.ravel()])
