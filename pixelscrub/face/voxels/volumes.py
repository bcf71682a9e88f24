"""Read a volume's voxels as one placed image, and carry a region back to its slices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.face.voxels.grid import Placed
from pixelscrub.intake.volumes import Slice, Volume
from pixelscrub.pixels.image import Image
from pixelscrub.plan import Tile

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

FINE: Final = 0.9
"""Pixels smaller than this are averaged for looking, and slices left out, mm."""
FEWEST_VOXELS: Final = 128
"""So many along each axis are kept, whatever their size is said to be."""
OUT_OF_LINE: Final = 3.0
"""A slice farther than this from its stack's line is in the wrong place, mm."""
WIDEST_GAP: Final = 25.0
"""What is missing between two slices cannot be guessed beyond this, mm."""
WIDEST: Final = 1000.0
"""No scanner images more across the body, mm: bores measure up to 850."""
MOST_VOXELS: Final = 32_000_000
"""So many voxels of a volume are looked at, in 128 MB; of larger ones fewer and coarser ones."""


@dataclass(frozen=True, slots=True)
class Planes:
    """A volume's values with even steps between slices, before they are placed.

    Attributes:
        values: float32, (slices, rows, columns), finite, real units.
        factor: rows and columns of the original that make one.
        spacing: mm between slices, rows and columns.
    """

    values: npt.NDArray[np.float32]
    factor: tuple[int, int]
    spacing: tuple[float, float, float]


def is_sparse(volume: Volume) -> bool:
    """Whether slices lie too far apart to make a volume: a localiser's."""
    return float(np.median(np.diff(volume.heights))) > WIDEST_GAP


def is_oversized(volume: Volume) -> bool:
    """Whether slices are said to be larger than any scanner is wide: their sizes are wrong."""
    first = volume.slices[0]
    return min(n * size for n, size in zip(first.shape, first.spacing, strict=True)) > WIDEST


def is_gapped(volume: Volume) -> bool:
    """Whether more is missing between two slices than can be guessed."""
    steps = np.diff(volume.heights)
    return float(steps.max()) > max(WIDEST_GAP, 1.5 * float(np.median(steps)))


def assemble(volume: Volume) -> Placed:
    """The volume in real units, with even steps between its slices.

    Raises:
        HeldError: FACE_GEOMETRY, where slices do not line up, lie too far apart or are too many;
            or what made a frame unreadable.
    """
    if is_sparse(volume) or is_gapped(volume):
        raise HeldError(Reason.FACE_GEOMETRY, "slices are missing")
    return place(read_planes(volume), volume)


def read_planes(volume: Volume) -> Planes:
    """The values of a volume's slices.

    Raises:
        HeldError: FACE_GEOMETRY, where they are too many; or what made a frame unreadable.
    """
    first, heights = volume.slices[0], volume.heights
    step = float(np.median(np.diff(heights)))
    even = np.arange(heights[0], heights[-1] + step / 2, step)
    if len(even) > 64 * len(heights):
        raise HeldError(Reason.FACE_GEOMETRY, "slices are missing")
    factor, stride = _thinned(first, len(even), step)
    even = even[::stride]
    planes = _read(volume.slices, heights, even, factor)
    spacing = (step * stride, first.spacing[0] * factor[0], first.spacing[1] * factor[1])
    return Planes(planes, factor, spacing)


def _thinned(first: Slice, count: int, step: float) -> tuple[tuple[int, int], int]:
    """By how much rows, columns and slices are to be thinned out.

    A size that is stated may be wrong: what few voxels there are stay.
    """
    sizes, shape = (*first.spacing, step), (*first.shape, count)
    limit = FINE
    while True:
        factors = [
            min(max(1, int(limit / size)), max(1, n // FEWEST_VOXELS))
            for size, n in zip(sizes, shape, strict=True)
        ]
        if np.prod([n / f for n, f in zip(shape, factors, strict=True)]) <= MOST_VOXELS:
            break
        limit *= 1.25
        if limit > 1e3 * max(sizes):
            raise HeldError(Reason.FACE_GEOMETRY, "volume is too large")
    return (factors[0], factors[1]), factors[2]


def place(planes: Planes, volume: Volume) -> Placed:
    """Values where a volume's slices say that they lie.

    Raises:
        HeldError: FACE_GEOMETRY, where slices do not line up.
    """
    first, line = volume.slices[0], _line(volume)
    image = sitk.GetImageFromArray(planes.values)
    step, down, along = planes.spacing
    image.SetSpacing([along, down, step])
    sides = zip(first.spacing, planes.factor, strict=True)
    offset = [s * (f - 1) / 2 for s, f in sides]
    corner = first.position + first.along * offset[1] + first.down * offset[0]
    return Placed(image, _to_image(np.stack([first.along, first.down, line], 1), corner))


def _line(volume: Volume) -> npt.NDArray[np.floating]:
    """How far positions move for each mm along the normal; not the normal where sheared."""
    positions = np.array([s.position for s in volume.slices])
    heights = volume.heights
    line = (positions[-1] - positions[0]) / (heights[-1] - heights[0])
    expected = positions[0] + np.outer(heights - heights[0], line)
    if np.abs(positions - expected).max() > OUT_OF_LINE:
        raise HeldError(Reason.FACE_GEOMETRY, "slices do not line up")
    result: npt.NDArray[np.floating] = line
    return result


def _to_image(axes: npt.NDArray[np.floating], corner: npt.NDArray[np.floating]) -> sitk.Transform:
    back = np.linalg.inv(axes)
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(back.ravel().tolist())
    transform.SetTranslation((-back @ corner).tolist())
    return transform


def _shrink(values: npt.NDArray[np.float32], factor: list[int]) -> npt.NDArray[np.float32]:
    """Means of blocks of pixels; a rest at the far edges is left out."""
    rows, columns = (n // f for n, f in zip(values.shape, factor, strict=True))
    cut = values[: rows * factor[0], : columns * factor[1]]
    blocks = cut.reshape(rows, factor[0], columns, factor[1])
    result: npt.NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return result


def _read(
    slices: list[Slice],
    heights: npt.NDArray[np.floating],
    even: npt.NDArray[np.floating],
    factor: tuple[int, int],
) -> npt.NDArray[np.float32]:
    """Planes at even heights, linearly between those that are there; each frame is read once."""
    at = np.interp(even, heights, np.arange(len(heights)))
    below = np.minimum(at.astype(int), max(len(heights) - 2, 0))
    weight = at - below
    needed = np.unique(np.concatenate([below[weight < 0.999], below[weight > 0.001] + 1]))
    places: dict[int, list[tuple[int, float]]] = {int(k): [] for k in needed}
    for k, (one, share) in enumerate(zip(below, weight, strict=True)):
        if share < 0.999:
            places[int(one)].append((k, float(1 - share) if share > 0.001 else 1.0))
        if share > 0.001:
            places[int(one) + 1].append((k, float(share) if share < 0.999 else 1.0))
    result: npt.NDArray[np.float32] | None = None
    for index, values in zip(needed, frames([slices[int(k)] for k in needed]), strict=True):
        plane = _shrink(values, list(factor))
        if result is None:
            result = np.zeros((len(even), *plane.shape), np.float32)
        for k, share in places[int(index)]:
            result[k] += np.float32(share) * plane
    if result is None:
        raise HeldError(Reason.FACE_GEOMETRY, "no slice")
    return _finite(result)


def _finite(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What is no number takes the least value that is there."""
    sound = np.isfinite(values)
    if not sound.all():
        values[~sound] = values[sound].min() if sound.any() else 0.0
    return values


def frames(slices: list[Slice]) -> Iterator[npt.NDArray[np.float32]]:
    """Values of slices in real units, (rows, columns), each file opened once in a row."""
    for instance, group in groupby(slices, key=lambda s: s.instance):
        with instance.source.open_instance() as file:
            image = Image(file)
            for one in group:
                stored = cut(image.frame(one.frame), one.tile, one.shape)
                if stored.ndim != 2:
                    stored = stored.mean(axis=2)
                slope, intercept = rescale(image.header, one.frame)
                yield stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def cut(stored: npt.NDArray[Any], tile: Tile | None, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """A slice out of the frame that it is in; the whole frame where that is no mosaic."""
    if tile is None:
        return stored
    return stored[tile[0] : tile[0] + shape[0], tile[1] : tile[1] + shape[1]]


def rescale(header: Dataset, frame: int) -> tuple[float, float]:
    """Slope and intercept of a frame (PS3.3 C.11.1, in enhanced objects C.7.6.16.2.9)."""
    holder: Any = header
    with guarded(Reason.FACE_GEOMETRY):
        own = header.get("PerFrameFunctionalGroupsSequence") or []
        shared = header.get("SharedFunctionalGroupsSequence") or []
        for group in [*own[frame : frame + 1], *shared[:1]]:
            if "PixelValueTransformationSequence" in group:
                holder = group.PixelValueTransformationSequence[0]
                break
        slope, intercept = (holder.get(name) for name in ("RescaleSlope", "RescaleIntercept"))
        pair = (1.0 if slope is None else float(slope), float(intercept or 0))
    if not np.isfinite(pair).all() or pair[0] == 0:
        raise HeldError(Reason.FACE_GEOMETRY, "rescale slope is not sound")
    return pair


def carry(region: sitk.Image, slices: list[Slice]) -> sitk.Image:
    """A region in patient coordinates on slices, uint8, k in their order.

    The result's geometry is that of the first slice, with even steps along its normal.
    """
    planes = [_plane(region, one) for one in slices]
    image = sitk.GetImageFromArray(np.stack(planes))
    first, last = slices[0], slices[-1]
    step = (last.height - first.height) / max(len(slices) - 1, 1) or 1.0
    image.SetOrigin(first.position.tolist())
    image.SetSpacing([first.spacing[1], first.spacing[0], step])
    image.SetDirection(_direction(first))
    return image


def _direction(one: Slice) -> list[float]:
    down = np.cross(one.normal, one.along)
    axes = [v / np.linalg.norm(v) for v in (one.along, down, one.normal)]
    return [float(x) for x in np.stack(axes, 1).ravel()]


def _plane(region: sitk.Image, one: Slice) -> npt.NDArray[np.uint8]:
    rows, columns = one.shape
    plane = sitk.Resample(
        region,
        [columns, rows, 1],
        sitk.Transform(),
        sitk.sitkLinear,
        one.position.tolist(),
        [one.spacing[1], one.spacing[0], 1.0],
        _direction(one),
        0.0,
        sitk.sitkFloat32,
    )
    return np.asarray(sitk.GetArrayViewFromImage(plane)[0] >= 0.5, dtype=np.uint8)
