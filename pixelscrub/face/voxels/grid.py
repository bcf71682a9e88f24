"""Image values on a regular grid in patient coordinates, and where there are any."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813
from scipy import ndimage

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Grid:
    """Cubic voxels along the patient's axes (LPS).

    Attributes:
        values: float32, (x, y, z) order.
        inside: bool, same shape: within the image's field of view.
        origin: patient coordinates of the first node, mm.
        step: mm between nodes.
    """

    values: npt.NDArray[np.float32]
    inside: npt.NDArray[np.bool_]
    origin: Floats
    step: float

    def points(self, index: npt.NDArray[np.integer]) -> Floats:
        """Patient coordinates (n, 3) of nodes (n, 3)."""
        result: Floats = self.origin + self.step * index
        return result

    def at(self, field: npt.NDArray[np.float32], points: Floats, outside: float) -> Floats:
        """A field of this grid's shape at patient points (n, 3), linearly."""
        index = ((points - self.origin) / self.step).T
        result: Floats = ndimage.map_coordinates(field, index, order=1, cval=outside)
        return result


@dataclass(frozen=True, slots=True)
class Placed:
    """An image and where it lies.

    Attributes:
        image: scalar volume in real units.
        to_image: from patient coordinates (LPS mm) to the image's own; a stack that gantry tilt
            has sheared has no other way to say where it is.
    """

    image: sitk.Image
    to_image: sitk.Transform

    def corners(self) -> Floats:
        """Outer corners of the first and last voxels in patient coordinates, (8, 3)."""
        ends = [(-0.5, size - 0.5) for size in self.image.GetSize()]
        back = self.to_image.GetInverse()
        own = [self.image.TransformContinuousIndexToPhysicalPoint(e) for e in product(*ends)]
        return np.array([back.TransformPoint(point) for point in own])

    def sample(self, step: float, low: Floats, high: Floats) -> Grid:
        """Sample linearly between two corners in patient coordinates (mm)."""
        size = [int(n) for n in np.maximum(np.ceil((high - low) / step), 1)]
        origin = low + step / 2
        empty = float(np.finfo(np.float32).min)
        target = sitk.Resample(
            _smooth(self.image, step),
            size,
            self.to_image,
            sitk.sitkLinear,
            origin.tolist(),
            [step] * 3,
            [1, 0, 0, 0, 1, 0, 0, 0, 1],
            empty,
            sitk.sitkFloat32,
        )
        values = sitk.GetArrayFromImage(target).transpose(2, 1, 0)
        inside = values > empty / 2
        floor = values[inside].min() if inside.any() else 0.0
        return Grid(np.where(inside, values, floor).astype(np.float32), inside, origin, step)


def _smooth(image: sitk.Image, step: float) -> sitk.Image:
    """Average fine voxels to about half the step, so that sampling does not pick up noise."""
    factors = [max(1, int(0.75 * step / spacing)) for spacing in image.GetSpacing()]
    factors = [min(f, s) for f, s in zip(factors, image.GetSize(), strict=True)]
    return sitk.BinShrink(sitk.Cast(image, sitk.sitkFloat32), factors)
