"""Points of surfaces: of DICOM's own meshes and clouds, and of encapsulated STL and OBJ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Floats = npt.NDArray[np.floating]

STL_HEADER: Final = 84
"""Bytes before the first triangle of a binary STL: a comment and the count."""
STL_TRIANGLE: Final = 50
VERTEX: Final = re.compile(rb"^\s*(?:vertex|v)\s+(\S+)\s+(\S+)\s+(\S+)", re.MULTILINE)
"""A corner in ASCII STL, a point in OBJ."""
MOST_POINTS: Final = 3_000_000
DENSE_PARTS: Final = 8
"""Into so many parts each edge of a triangle is cut, so that large ones have no holes."""


def surface_points(header: Dataset) -> Iterator[Floats]:
    """Points of each surface of a data set, (n, 3), mm."""
    for surface in header.get("SurfaceSequence") or []:
        for item in surface.get("SurfacePointsSequence") or []:
            points = _coordinates(item)
            if points is not None:
                yield _between(points, _triangles(surface, len(points)))


def _coordinates(item: Dataset) -> Floats | None:
    """Point Coordinates Data (0066,0016), or its form in double precision."""
    for name, kind in (("PointCoordinatesData", "<f4"), ("DoublePointCoordinatesData", "<f8")):
        if item.get(name):
            return _sound(_numbers(item.get(name), kind))
    return None


def _numbers(value: Any, kind: str) -> Floats:
    if isinstance(value, bytes):
        return np.frombuffer(value, kind, len(value) // np.dtype(kind).itemsize).astype(float)
    return np.array([float(x) for x in value])


def _sound(numbers: Floats) -> Floats | None:
    numbers = numbers[: numbers.size // 3 * 3].reshape(-1, 3)
    numbers = numbers[np.isfinite(numbers).all(axis=1)]
    return numbers[:MOST_POINTS] if len(numbers) >= 3 else None


def _triangles(surface: Dataset, points: int) -> npt.NDArray[np.integer] | None:
    """Indices of corners, (n, 3), from 0; None where nothing sound is said."""
    for item in surface.get("SurfaceMeshPrimitivesSequence") or []:
        for name, kind in (
            ("LongTrianglePointIndexList", "<u4"),
            ("TrianglePointIndexList", "<u2"),
        ):
            value = item.get(name)
            if value:
                found = np.asarray(_numbers(value, kind), np.int64) - 1
                found = found[: found.size // 3 * 3].reshape(-1, 3)
                return found[((found >= 0) & (found < points)).all(axis=1)]
    return None


def _between(points: Floats, triangles: npt.NDArray[np.integer] | None) -> Floats:
    """Points, and more of them on the triangles between them."""
    if triangles is None or not len(triangles):
        return points
    return np.concatenate([points, dense(points[triangles[: MOST_POINTS // 20]])])


def dense(corners: Floats) -> Floats:
    """Points spread evenly over triangles, corners (n, 3, 3)."""
    parts = DENSE_PARTS if len(corners) * 45 < MOST_POINTS else 2
    weights = [
        (i / parts, j / parts, (parts - i - j) / parts)
        for i in range(parts + 1)
        for j in range(parts + 1 - i)
    ]
    return np.asarray(np.einsum("wk,nkd->nwd", np.array(weights), corners).reshape(-1, 3))


def model_points(header: Dataset) -> Iterator[Floats]:
    """Points of an encapsulated model in STL or OBJ, (n, 3), in its own unit."""
    data = header.get("EncapsulatedDocument")
    if not isinstance(data, bytes) or len(data) < STL_TRIANGLE:
        return
    points = _binary_stl(data)
    if points is None and VERTEX.search(data[:100_000]):
        points = _written(data)
    if points is not None:
        yield points


def _binary_stl(data: bytes) -> Floats | None:
    count = int.from_bytes(data[80:STL_HEADER], "little")
    if not count or not 0 <= len(data) - STL_HEADER - count * STL_TRIANGLE <= STL_TRIANGLE:
        return None
    kind = np.dtype([("numbers", "<f4", (4, 3)), ("rest", "<u2")])
    found = np.frombuffer(data, kind, count, STL_HEADER)["numbers"][:, 1:].astype(float)
    found = found[np.isfinite(found).all(axis=(1, 2))]
    return dense(found[: MOST_POINTS // 3]) if len(found) else None


def _written(data: bytes) -> Floats | None:
    """Points that stand in a text; ASCII STL names corners of triangles in threes."""
    found = []
    for match in VERTEX.finditer(data):
        try:
            found.append([float(x) for x in match.groups()])
        except ValueError:
            continue
        if len(found) >= MOST_POINTS:
            break
    points = _sound(np.array(found, float).ravel())
    if points is None or data.lstrip()[:5].lower() != b"solid":
        return points
    return dense(points[: len(points) // 3 * 3].reshape(-1, 3, 3))
