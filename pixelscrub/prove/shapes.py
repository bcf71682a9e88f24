"""Do shapes of a head that lie beside images show its face?

Contours of structure sets (PS3.3 C.8.8.6), segments (C.8.20), surfaces and point clouds (C.27.1),
printable models in STL and OBJ (C.24.2, encapsulated), dose (C.8.8.3). What a shape is called does
not matter: it is drawn, and looked at as a volume is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pixelscrub.errors import Reason, guarded
from pixelscrub.prove.face_check import SETTINGS, FaceCheckSettings, SeenFace, find_face, look_at
from pixelscrub.prove.formats.models import model_points, surface_points
from pixelscrub.prove.points import point_views
from pixelscrub.prove.surface import STEP_MM, Solid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Floats = npt.NDArray[np.floating]

SMALLEST_MM: Final = 70.0
"""What is smaller than this in two directions shows no face that could be told."""
CLASSES: Final = (
    "1.2.840.10008.5.1.4.1.1.481.2",
    "1.2.840.10008.5.1.4.1.1.481.3",
    "1.2.840.10008.5.1.4.1.1.66",
    "1.2.840.10008.5.1.4.1.1.68",
    "1.2.840.10008.5.1.4.1.1.104",
)
"""Beginnings of classes (PS3.4 B.5): dose, structure sets, segmentations and surfaces, surface
scans, encapsulated documents and models."""
MOST_PLANES: Final = 2000
MARGIN: Final = 2


@dataclass(frozen=True, slots=True)
class OutlinedShape:
    """A solid drawn on planes.

    Attributes:
        planes: uint8, (planes, rows, columns), 0 outside.
        spacing: between planes, rows and columns, mm; None where it is not known.
    """

    planes: npt.NDArray[np.uint8]
    spacing: tuple[float, float, float] | None


def may_hold_shape(sop_class: str) -> bool:
    """Whether instances of a class hold shapes, models or dose instead of images."""
    return sop_class.startswith(CLASSES)


def face_in_shapes(file: BinaryIO, settings: FaceCheckSettings = SETTINGS) -> SeenFace:
    """The most face-like of all shapes in a file; nothing seen where there is no shape.

    Raises:
        HeldError: FACE_FAILED, where the file cannot be read.
        MissingComponentError: the network is not installed.
    """
    from pydicom import dcmread

    with guarded(Reason.FACE_FAILED):
        return face_in_dataset(dcmread(file, force=True), settings)


def face_in_dataset(header: Dataset, settings: FaceCheckSettings = SETTINGS) -> SeenFace:
    """The most face-like of all shapes in a data set with its pixels."""
    best = SeenFace()
    for seen in _all(header, settings):
        best = max(best, seen, key=lambda one: one.score)
        if best.score >= settings.certain:
            break
    return best


def _all(header: Dataset, settings: FaceCheckSettings) -> Iterator[SeenFace]:
    for shape in (*_contours(header), *_segments(header)):
        yield face_in_shape(shape, settings)
    for points in (*surface_points(header), *model_points(header)):
        yield look_at(point_views(points), settings)
    if "DoseGridScaling" in header and "PixelData" in header:
        yield find_face(*_dose(header), settings=settings)


def face_in_shape(shape: OutlinedShape, settings: FaceCheckSettings = SETTINGS) -> SeenFace:
    """Look at one shape from all sides."""
    spacing = shape.spacing
    if spacing is None:
        return find_face(shape.planes, None, settings=settings)
    extent = sorted(n * s for n, s in zip(shape.planes.shape, spacing, strict=True))
    if extent[1] < SMALLEST_MM:
        return SeenFace()
    zoom = [
        max(2, round(n * s / STEP_MM)) / n for n, s in zip(shape.planes.shape, spacing, strict=True)
    ]
    even = ndimage.zoom((shape.planes > 0).astype(np.float32), zoom, order=1, grid_mode=True,
                        mode="nearest")  # fmt: skip
    field = ndimage.gaussian_filter(np.pad(even, MARGIN), 0.8)
    return look_at(Solid(field, 0.5, field > 0.5), settings)


def _contours(header: Dataset) -> Iterator[OutlinedShape]:
    """Each region of a structure set, and all of them together."""
    rings: list[list[Floats]] = []
    for region in header.get("ROIContourSequence") or []:
        found = [_ring(item) for item in region.get("ContourSequence") or []]
        rings.append([ring for ring in found if ring is not None])
    everything = [ring for own in rings for ring in own]
    for some in [*rings, everything] if len(rings) > 1 else rings:
        shape = _drawn(some)
        if shape is not None:
            yield shape


def _ring(item: Dataset) -> Floats | None:
    numbers = np.atleast_1d(np.array(item.get("ContourData") or [], float))
    if numbers.size < 9 or numbers.size % 3 or not np.isfinite(numbers).all():
        return None
    return numbers.reshape(-1, 3)


def _drawn(rings: list[Floats]) -> OutlinedShape | None:
    """Closed contours filled on their planes; None for what is too small to show a face."""
    if len(rings) < 3:
        return None
    normal = _normal(rings)
    axis = int(np.abs(normal).argmax())
    points = np.concatenate(rings)
    low, high = points.min(0), points.max(0)
    if sorted(high - low)[1] < SMALLEST_MM or (high - low).max() > 3000:
        return None
    heights = np.array([ring[:, axis].mean() for ring in rings])
    step = _step(heights)
    count = int(np.rint((heights.max() - heights.min()) / step)) + 1
    if count > MOST_PLANES:
        return None
    flat = [k for k in range(3) if k != axis]
    size = [int(np.ceil((high - low)[k] / STEP_MM)) + 2 * MARGIN + 1 for k in flat]
    planes = np.zeros((count, size[0], size[1]), np.uint8)
    for ring, height in zip(rings, heights, strict=True):
        corners = (ring[:, flat] - low[flat]) / STEP_MM + MARGIN
        plane = planes[int(np.rint((height - heights.min()) / step))]
        # rows come first in the array, columns first in OpenCV
        cv2.fillPoly(plane, [np.rint(corners[:, ::-1]).astype(np.int32)], 1)
    return OutlinedShape(planes, (step, STEP_MM, STEP_MM))


def _normal(rings: list[Floats]) -> Floats:
    """Across the planes of most contours."""
    found = np.zeros(3)
    for ring in rings[:: max(1, len(rings) // 20)]:
        area = np.cross(ring, np.roll(ring, -1, axis=0)).sum(0)
        found += np.abs(area)
    return found


def _step(heights: Floats) -> float:
    """How far planes lie apart, mm."""
    gaps = np.diff(np.unique(np.round(heights, 2)))
    gaps = gaps[gaps > 0.1]
    return float(np.median(gaps)) if gaps.size else 1.0


def _segments(header: Dataset) -> Iterator[OutlinedShape]:
    """Each segment of a segmentation, and all of them together."""
    if "SegmentSequence" not in header or "PixelData" not in header:
        return
    from pydicom.pixels.utils import iter_pixels

    spacing, places = _places(header)
    stacks: dict[int, dict[float, npt.NDArray[np.uint8]]] = defaultdict(dict)
    factor = 1
    if spacing is not None:
        factor = max(1, int(STEP_MM / max(spacing[1], 0.01)))
    for index, frame in enumerate(iter_pixels(header)):
        number, height = places[index] if index < len(places) else (0, float(index))
        small = _pooled(frame, factor)
        for label, part in _labels(number, small):
            before = stacks[label].get(height)
            stacks[label][height] = part if before is None else np.maximum(before, part)
    stacks[-1] = _together(stacks)
    for stack in stacks.values():
        shape = _stacked(stack, spacing, factor)
        if shape is not None:
            yield shape


def _together(
    stacks: dict[int, dict[float, npt.NDArray[np.uint8]]],
) -> dict[float, npt.NDArray[np.uint8]]:
    everything: dict[float, npt.NDArray[np.uint8]] = {}
    for stack in stacks.values():
        for height, part in stack.items():
            before = everything.get(height)
            everything[height] = part if before is None else np.maximum(before, part)
    return everything if len(stacks) > 1 else {}


def _labels(number: int, frame: npt.NDArray[Any]) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
    """One segment a frame, or, where a frame says none, one a value."""
    if number:
        yield number, (frame > 0).astype(np.uint8)
        return
    for value in np.unique(frame[frame > 0])[:64]:
        yield int(value), (frame == value).astype(np.uint8)


def _pooled(frame: npt.NDArray[Any], factor: int) -> npt.NDArray[Any]:
    rows, columns = (n // factor for n in frame.shape[:2])
    if factor == 1 or not rows or not columns:
        return frame
    cut = frame[: rows * factor, : columns * factor]
    return np.asarray(cut[factor // 2 :: factor, factor // 2 :: factor])


def _stacked(
    stack: dict[float, npt.NDArray[np.uint8]],
    spacing: tuple[float, float, float] | None,
    factor: int,
) -> OutlinedShape | None:
    if len(stack) < 3:
        return None
    heights = np.array(sorted(stack))
    step = _step(heights)
    count = round((heights[-1] - heights[0]) / step) + 1
    if count > MOST_PLANES:
        return None
    planes = np.zeros((count, *stack[float(heights[0])].shape), np.uint8)
    for height, part in stack.items():
        planes[round((height - heights[0]) / step)] = part
    known = None if spacing is None else (step, spacing[1] * factor, spacing[2] * factor)
    inside = (
        planes.any(axis=(1, 2)).sum(),
        planes.any(axis=(0, 2)).sum(),
        planes.any(axis=(0, 1)).sum(),
    )
    if (
        known is not None
        and sorted(n * s for n, s in zip(inside, known, strict=True))[1] < SMALLEST_MM
    ):
        return None
    return OutlinedShape(planes, known)


def _places(
    header: Dataset,
) -> tuple[tuple[float, float, float] | None, list[tuple[int, float]]]:
    """Spacing, and of each frame its segment and its place along the normal."""
    shared = (header.get("SharedFunctionalGroupsSequence") or [None])[0]
    spacing, places = None, []
    for index, own in enumerate(header.get("PerFrameFunctionalGroupsSequence") or []):
        groups = [group for group in (own, shared) if group is not None]
        number = int(
            _nested(groups, "SegmentIdentificationSequence", "ReferencedSegmentNumber") or 0
        )
        position = _nested(groups, "PlanePositionSequence", "ImagePositionPatient")
        direction = _nested(groups, "PlaneOrientationSequence", "ImageOrientationPatient")
        between = _nested(groups, "PixelMeasuresSequence", "PixelSpacing")
        if between and spacing is None:
            spacing = (1.0, float(between[0]), float(between[1]))
        height = float(index)
        if position and direction:
            numbers = np.array([float(x) for x in direction])
            normal = np.cross(numbers[:3], numbers[3:])
            height = float(np.dot(normal, [float(x) for x in position]))
        places.append((number, round(height, 2)))
    return spacing, places


def _nested(groups: list[Dataset], sequence: str, name: str) -> Any:
    return next((g[sequence][0].get(name) for g in groups if g.get(sequence)), None)


def _dose(header: Dataset) -> tuple[npt.NDArray[Any], tuple[float, float, float] | None]:
    values = _planes_of(header)
    offsets = [float(x) for x in header.get("GridFrameOffsetVector") or []]
    between = header.get("PixelSpacing")
    if values.ndim != 3 or len(offsets) < 2 or not between:
        return np.atleast_3d(values), None
    step = abs(float(np.median(np.diff(offsets)))) or 1.0
    return values, (step, float(between[0]), float(between[1]))


def _planes_of(header: Dataset) -> npt.NDArray[Any]:
    """Stored values; where the number of frames is none, as many as the pixel data hold."""
    try:
        return np.asarray(header.pixel_array)
    except ValueError:
        one = int(header.Rows) * int(header.Columns) * int(header.BitsAllocated) // 8
        header.NumberOfFrames = max(1, len(header.PixelData) // one)
        return np.asarray(header.pixel_array)
