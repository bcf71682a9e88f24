"""Ultrasound regions (0018,6011): the header says where the image lies; all else is margin."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.findings import Box, Finding

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from pixelscrub.pixels.image import Image

EDGES: Final = (
    "RegionLocationMinX0",
    "RegionLocationMinY0",
    "RegionLocationMaxX1",
    "RegionLocationMaxY1",
)
LEAST: Final = 0.05
"""Share of the picture that the regions must take to be believed."""


def outside_regions(image: Image) -> list[Finding]:
    """Everything outside the ultrasound regions, as findings in stored pixels.

    None where the header has no regions, or has some that cannot be believed: then the picture
    is left to the detectors alone.
    """
    info = image.known
    boxes = regions(image.header, info.columns, info.rows)
    return [
        Finding(kind="region", box=box, source="regions")
        for box in complement(boxes, info.columns, info.rows)
        if boxes
    ]


def regions(header: Dataset, columns: int, rows: int) -> list[Box]:
    """The regions of a header (PS3.3 C.8.5.5), end exclusive; none where one is not believable.

    Args:
        header: may lack Sequence of Ultrasound Regions.
        columns: of the image.
        rows: of the image.
    """
    try:
        with guarded(Reason.BAD_PIXEL_DESCRIPTION):
            items = header.get("SequenceOfUltrasoundRegions") or []
            corners = [[int(item[edge].value) for edge in EDGES] for item in items]
    except HeldError:
        return []
    boxes = [Box(x0, y0, x1 + 1, y1 + 1) for x0, y0, x1, y1 in corners]
    whole = Box(0, 0, columns, rows)
    inside = all(box.area and box.intersection(whole) == box for box in boxes)
    shown = whole.area - sum(box.area for box in complement(boxes, columns, rows))
    return boxes if inside and shown >= LEAST * whole.area else []


def complement(boxes: Sequence[Box], columns: int, rows: int) -> list[Box]:
    """What an image shows outside of boxes, as boxes that do not overlap.

    Args:
        boxes: in pixels, end exclusive; they may overlap and reach over the image.
        columns: of the image.
        rows: of the image.
    """
    inside = [box.clipped(columns, rows) for box in boxes]
    edges = sorted({0, rows, *(y for box in inside for y in (box.y0, box.y1))})
    open_bands: dict[tuple[int, int], Box] = {}
    done: list[Box] = []
    for y0, y1 in pairwise(edges):
        spans = [(box.x0, box.x1) for box in inside if box.y0 <= y0 and y1 <= box.y1]
        bands = {}
        for x0, x1 in _gaps(spans, columns):
            above = open_bands.pop((x0, x1), None)
            bands[x0, x1] = Box(x0, above.y0 if above else y0, x1, y1)
        done += open_bands.values()
        open_bands = bands
    return [*done, *open_bands.values()]


def _gaps(spans: Sequence[tuple[int, int]], columns: int) -> list[tuple[int, int]]:
    """What the spans leave of 0 to `columns`."""
    gaps, reached = [], 0
    for x0, x1 in sorted(spans):
        if x0 > reached:
            gaps.append((reached, x0))
        reached = max(reached, x1)
    return [*gaps, (reached, columns)] if reached < columns else gaps
