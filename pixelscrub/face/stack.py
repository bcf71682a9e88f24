"""Read a volume's frames, and put masks into and out of its slices."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from pixelscrub.errors import HeldError, Reason
from pixelscrub.intake.volumes import Slice, Volume
from pixelscrub.pixels.image import Image

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

FINEST: Final = 1.5
"""Pixels smaller than this (mm) are averaged in the plane: faces are found on coarser ones."""
MOST: Final = 4096
"""More steps along a volume are not believed."""


def rescale(header: Dataset, frame: int) -> tuple[float, float]:
    """Slope and intercept from stored values to real units (PS3.3 C.11.1, C.7.6.16.2.9)."""
    sources: list[Any] = [header]
    for name, item in (
        ("SharedFunctionalGroupsSequence", 0),
        ("PerFrameFunctionalGroupsSequence", frame),
    ):
        groups = header.get(name) or []
        if item < len(groups):
            sources += groups[item].get("PixelValueTransformationSequence") or []
    slope, intercept = 1.0, 0.0
    for source in sources:
        slope = float(source.get("RescaleSlope") or slope)
        intercept = float(source.get("RescaleIntercept") or intercept)
    return slope, intercept


def load(volume: Volume) -> sitk.Image:
    """A volume in real units, float32, evenly spaced; a tilted one has leaning axes.

    Raises:
        HeldError: a frame cannot be read; FACE_GEOMETRY, where the slices are too far apart.
    """
    heights = volume.heights
    step = float(np.median(np.diff(heights)))
    if heights[-1] / step > MOST:
        raise HeldError(Reason.FACE_GEOMETRY, "slices are spaced unevenly")
    first = volume.first
    factors = [max(1, min(int(FINEST / s), n)) for s, n in zip(first.spacing, first.shape)]
    planes = _read(volume, factors)
    even = np.arange(round(heights[-1] / step) + 1) * step
    planes = planes[np.abs(heights[None] - even[:, None]).argmin(1)]
    image = sitk.GetImageFromArray(planes)
    down, across = (s * f for s, f in zip(first.spacing, factors))
    image.SetSpacing([across, down, step])
    inwards = [(f - 1) / 2 * s for f, s in zip(factors, first.spacing)]
    image.SetOrigin((first.position + inwards[1] * first.axes[0] + inwards[0] * first.axes[1]).tolist())
    image.SetDirection(np.stack([*first.axes, volume.direction], axis=1).ravel().tolist())
    return image


def _read(volume: Volume, factors: list[int]) -> npt.NDArray[np.float32]:
    """All slices (n, rows, columns), averaged over blocks; each file is opened once."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for index, piece in enumerate(volume.slices):
        wanted[piece.instance.uid].append(index)
    rows, columns = (n // f for n, f in zip(volume.first.shape, factors))
    planes = np.empty((len(volume.slices), rows, columns), np.float32)
    for indices in wanted.values():
        with volume.slices[indices[0]].instance.source.open() as file:
            image = Image(file)
            for index in indices:
                frame = volume.slices[index].frame
                slope, intercept = rescale(image.header, frame)
                values = image.frame(frame)[: rows * factors[0], : columns * factors[1]]
                blocks = values.reshape(rows, factors[0], columns, factors[1])
                planes[index] = blocks.mean((1, 3), dtype=np.float32) * slope + intercept
    return planes


def carry(face: sitk.Image, volume: Volume) -> sitk.Image:
    """A face, given as shares from 0 to 1 in patient coordinates, as uint8 mask of the slices.

    Each slice is cut at its own place, so that gaps and tilt do not shift the mask.
    """
    planes = [_cut(face, piece) for piece in volume.slices]
    mask = sitk.GetImageFromArray(np.concatenate(planes))
    first = volume.first
    mask.SetSpacing([first.spacing[1], first.spacing[0], float(np.median(np.diff(volume.heights)))])
    mask.SetOrigin(first.position.tolist())
    mask.SetDirection(_upright(first))
    return mask


def _cut(face: sitk.Image, piece: Slice) -> npt.NDArray[np.uint8]:
    plane = sitk.Image([piece.shape[1], piece.shape[0], 1], sitk.sitkUInt8)
    plane.SetSpacing([piece.spacing[1], piece.spacing[0], 1.0])
    plane.SetOrigin(piece.position.tolist())
    plane.SetDirection(_upright(piece))
    shares = sitk.Resample(face, plane, sitk.Transform(), sitk.sitkLinear, 0.0)
    return np.asarray(sitk.GetArrayFromImage(shares) >= 0.5, dtype=np.uint8)


def _upright(piece: Slice) -> list[float]:
    """Direction cosines with the third axis along the normal; NIfTI knows no leaning ones."""
    result: list[float] = np.stack([*piece.axes, piece.normal], axis=1).ravel().tolist()
    return result
