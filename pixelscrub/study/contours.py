"""Cut the face out of the contours of a structure set by the masks of the head's own images."""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import SimpleITK as sitk  # noqa: N813
    from pydicom.dataset import Dataset

Floats = npt.NDArray[np.floating]
Plane = npt.NDArray[np.uint8]

CELL_MM: Final = 1.0
"""Contours are cut on a grid of this step."""
FINER: Final = 8
"""Bits below a cell in which OpenCV takes corners."""
CORNER_CELLS: Final = 0.6
"""How far a cut contour may run from its cells."""
FLAT_MM: Final = 0.5
"""A contour whose points are farther from one axial, coronal or sagittal plane is not cut."""
MARGIN: Final = 2


def cut_contours(header: Dataset, masks: Sequence[sitk.Image]) -> bool:
    """Cut every closed contour by masks, in place; what the masks do not touch stays as it is.

    Args:
        header: a structure set (PS3.3 C.8.8.6).
        masks: of heads in its frame of reference, not 0 where the face goes.

    Returns:
        whether anything was cut.
    """
    has_cut = False
    for region in header.get("ROIContourSequence") or []:
        before = list(region.get("ContourSequence") or [])
        after = [part for item in before for part in _parts(item, masks)]
        if len(after) == len(before) and all(a is b for a, b in zip(after, before, strict=True)):
            continue
        has_cut = True
        if after:
            region.ContourSequence = after
        else:
            del region.ContourSequence
    return has_cut


def without_face(file: BinaryIO, masks: Sequence[sitk.Image]) -> BinaryIO:
    """A structure set as it is written once its contours are cut."""
    from pydicom import dcmread

    header = dcmread(io.BytesIO(file.read()), force=True)
    cut_contours(header, masks)
    written = io.BytesIO()
    header.save_as(written)
    written.seek(0)
    return written


def _parts(item: Dataset, masks: Sequence[sitk.Image]) -> list[Dataset]:
    """What of a contour lies outside the masks; the contour itself where it is not touched."""
    numbers = np.atleast_1d(np.array(item.get("ContourData") or [], float))
    if numbers.size < 3 or numbers.size % 3 or not np.isfinite(numbers).all():
        return [item]
    points = numbers.reshape(-1, 3)
    axis = int(np.ptp(points, axis=0).argmin())
    is_closed = str(item.get("ContourGeometricType") or "") == "CLOSED_PLANAR"
    if not is_closed or len(points) < 3 or float(np.ptp(points[:, axis])) > FLAT_MM:
        outside = ~_inside(points, masks)
        if outside.all():
            return [item]
        return [_made(item, points[outside])] if outside.any() else []
    return _cut(item, points, axis, masks)


def _cut(item: Dataset, points: Floats, axis: int, masks: Sequence[sitk.Image]) -> list[Dataset]:
    flat = [k for k in range(3) if k != axis]
    low = np.floor(points[:, flat].min(0)) - MARGIN * CELL_MM
    size = np.ceil((points[:, flat].max(0) - low) / CELL_MM).astype(int) + MARGIN + 1
    area: Plane = np.zeros((size[1], size[0]), np.uint8)
    corners = np.rint((points[:, flat] - low) / CELL_MM * 2**FINER).astype(np.int32)
    cv2.fillPoly(area, [corners], 1, shift=FINER)
    cells = np.argwhere(area > 0)
    at = np.empty((len(cells), 3))
    at[:, flat] = low + cells[:, ::-1] * CELL_MM
    at[:, axis] = points[:, axis].mean()
    gone = _inside(at, masks)
    if not gone.any():
        return [item]
    area[tuple(cells[gone].T)] = 0
    rings, _ = cv2.findContours(area, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    parts = []
    for ring in rings:
        ends = cv2.approxPolyDP(ring, CORNER_CELLS, True)[:, 0]
        if len(ends) >= 3:
            kept = np.empty((len(ends), 3))
            kept[:, flat] = low + ends * CELL_MM
            kept[:, axis] = points[:, axis].mean()
            parts.append(_made(item, kept))
    return parts


def _made(item: Dataset, points: Floats) -> Dataset:
    made = copy.deepcopy(item)
    made.ContourData = [f"{number:.2f}" for number in points.ravel()]
    made.NumberOfContourPoints = len(points)
    if "ContourNumber" in made:
        del made.ContourNumber  # two parts must not have one
    return made


def _inside(points: Floats, masks: Sequence[sitk.Image]) -> npt.NDArray[np.bool_]:
    """Whether points (n, 3), patient coordinates in mm, lie in any mask."""
    result = np.zeros(len(points), np.bool_)
    for mask in masks:
        import SimpleITK as sitk  # noqa: N813

        axes = np.reshape(mask.GetDirection(), (3, 3)) * mask.GetSpacing()
        index = np.rint((points - mask.GetOrigin()) @ np.linalg.inv(axes).T).astype(int)
        values: npt.NDArray[Any] = sitk.GetArrayViewFromImage(mask)
        within = ((index >= 0) & (index < mask.GetSize())).all(axis=1)
        result[within] |= values[tuple(index[within, ::-1].T)] > 0
    return result
