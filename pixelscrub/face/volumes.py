"""Read a volume's voxels as one placed image, and carry a region back to its slices."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.face.grid import Placed
from pixelscrub.intake.volumes import Slice, Volume
from pixelscrub.pixels.image import Image
from pixelscrub.plan import Tile

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

FINE: Final = 0.9
"""Pixels smaller than this are averaged for looking, mm."""
OUT_OF_LINE: Final = 3.0
"""A slice farther than this from its stack's line is in the wrong place, mm."""
WIDEST_GAP: Final = 25.0
"""What is missing between two slices cannot be guessed beyond this, mm."""
MOST_VOXELS: Final = 200_000_000


def assemble(volume: Volume) -> Placed:
    """The volume in real units, with even steps between its slices.

    Raises:
        HeldError: FACE_GEOMETRY, where slices do not line up, lie too far apart or are too many;
            or what made a frame unreadable.
    """
    heights = volume.heights
    steps = np.diff(heights)
    line, step = _line(volume), float(np.median(steps))
    if steps.max() > max(WIDEST_GAP, 1.5 * step) or step > WIDEST_GAP:
        raise HeldError(Reason.FACE_GEOMETRY, "slices are missing")
    first = volume.slices[0]
    factor = [max(1, int(FINE / s)) for s in first.spacing]
    even = np.arange(heights[0], heights[-1] + step / 2, step)
    if len(even) * np.prod(first.shape) / np.prod(factor) > MOST_VOXELS:
        raise HeldError(Reason.FACE_GEOMETRY, "volume is too large")
    planes = np.stack([_shrink(values, factor) for values in frames(volume.slices)])
    image = sitk.GetImageFromArray(_interpolate(planes, heights, even))
    spacing = [s * f for s, f in zip(first.spacing, factor, strict=True)]
    image.SetSpacing([spacing[1], spacing[0], step])
    offset = [s * (f - 1) / 2 for s, f in zip(first.spacing, factor, strict=True)]
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


def _interpolate(
    planes: npt.NDArray[np.float32],
    heights: npt.NDArray[np.floating],
    even: npt.NDArray[np.floating],
) -> npt.NDArray[np.float32]:
    """Planes at even heights, linearly between those that are there."""
    if len(even) == len(heights) and np.allclose(even, heights, atol=0.05):
        return planes
    place = np.interp(even, heights, np.arange(len(heights)))
    below = np.minimum(place.astype(int), len(heights) - 2)
    weight = (place - below).astype(np.float32)[:, None, None]
    return np.asarray(planes[below] * (1 - weight) + planes[below + 1] * weight)


def frames(slices: list[Slice]) -> Iterator[npt.NDArray[np.float32]]:
    """Values of slices in real units, (rows, columns), each file opened once in a row."""
    for instance, group in groupby(slices, key=lambda s: s.instance):
        with instance.source.open_instance() as file:
            image = Image(file)
            for one in group:
                stored = cut(image.frame(one.frame), one.tile, one.shape)
                if stored.ndim != 2:
                    raise HeldError(Reason.FACE_GEOMETRY, "a slice in colour")
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
