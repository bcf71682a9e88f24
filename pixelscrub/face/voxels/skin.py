"""The body: what is not air, by Hounsfield units or by an automatic threshold."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813
from scipy import ndimage
from skimage.filters import threshold_otsu

from pixelscrub.face.voxels.grid import Grid

Mask = npt.NDArray[np.bool_]

CT_AIR: Final = (-1000.0, 10.0)
"""Mean and standard deviation of air and its noise, in Hounsfield units."""
SKIN_HU: Final = -350.0
"""Halfway between air and soft tissue; pillows and foam lie below."""
WIDE: Final = 6.0
"""What is thinner than twice this is no core of a body, mm."""
BRIDGE: Final = 8.0
SKULL: Final = 20.0
"""How far from its core a body may reach: noses and ears; scalp beyond dark bone, mm."""


def threshold(grid: Grid, modality: str) -> float:
    """The value that parts air from tissue, in the image's own units."""
    return threshold_of(grid.values[grid.inside], modality)


def threshold_of(values: npt.NDArray[np.float32], modality: str) -> float:
    """The value that parts air from tissue among values in the image's own units."""
    if modality == "CT":
        return SKIN_HU
    values = values.ravel()
    if values.size == 0 or values.max() <= values.min():
        return float("inf")
    cap = np.percentile(values, 99)
    values = np.minimum(values, cap)
    otsu = float(threshold_otsu(values))
    air = values[values <= otsu]
    tissue = float(np.median(values[values > otsu])) if (values > otsu).any() else otsu
    centre = float(np.median(air))
    if modality == "PT":  # counts are few and the edge is blurred: about halfway up to the skin's
        return centre + 0.4 * (tissue - centre)
    # Tissue far from the coil is dark: stay close above the air.
    return max(centre + 0.12 * (tissue - centre), min(otsu, centre + 4 * _spread(air)))


def _spread(values: npt.NDArray[np.float32]) -> float:
    """Standard deviation of the lower half, mirrored: noise without what is mixed into it."""
    centre = np.median(values)
    lower = values[values <= centre]
    return float(np.sqrt(np.mean((lower - centre) ** 2))) if lower.size else 0.0


def body(grid: Grid, limit: float, modality: str) -> Mask:
    """The largest piece above `limit`, thin things (tables, holders, tubes) cut off, filled.

    In CT bone is bright, and what hangs on the body by a thin bridge is none of it. Elsewhere
    bone is dark and parts the scalp from the brain, and neither tables nor holders are seen.
    """
    above = (grid.values > limit) & grid.inside
    core = largest(ndimage.binary_erosion(above, iterations=_steps(WIDE, grid), border_value=1))
    reach = WIDE + (BRIDGE if modality == "CT" else SKULL)
    near = ndimage.binary_dilation(core, iterations=_steps(reach, grid)) & above
    if modality == "CT":
        return filled(largest(near))
    return largest(ndimage.binary_opening(filled(near), iterations=1))


def _steps(distance: float, grid: Grid) -> int:
    return max(1, round(distance / grid.step))


def largest(mask: Mask) -> Mask:
    """The largest connected piece of a mask."""
    labels, count = ndimage.label(mask)
    if count <= 1:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == sizes.argmax())


def filled(mask: Mask) -> Mask:
    """Close nostrils, sinuses and dark bone: fill holes in space and in each plane."""
    result = ndimage.binary_fill_holes(mask)
    for axis in range(3):
        planes = np.moveaxis(result, axis, 0)
        for plane in planes:
            plane[...] = ndimage.binary_fill_holes(plane)
    return np.asarray(result)


def signed_distance(mask: Mask, step: float) -> npt.NDArray[np.float32]:
    """Distance to the surface in mm, below 0 inside."""
    return distance_to(mask, step) - distance_to(~mask, step)


def distance_to(mask: Mask, step: float) -> npt.NDArray[np.float32]:
    """How far each voxel's middle is from that of the nearest one of a mask, mm; 0 in it.

    Farther than any voxel where the mask is empty. Source: Maurer et al. 2003, which is three
    times as fast as SciPy's.
    """
    if not mask.any():
        return np.full(mask.shape, sum(mask.shape) * step, np.float32)
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    signed = sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=False)
    return np.asarray(np.maximum(sitk.GetArrayViewFromImage(signed), 0) * step, np.float32)


def air_of(image: sitk.Image, modality: str) -> tuple[float, float]:
    """Mean and standard deviation of the air in a volume, in its own units."""
    return CT_AIR if modality == "CT" else background(image)


def background(image: sitk.Image) -> tuple[float, float]:
    """Mean and standard deviation of the air, in the image's own units.

    Of values below the automatic threshold, the lower half speaks: the rest holds tissue and
    ghosts. Exact zeros from outside the reconstructed field do not count where there are others.
    """
    values = sitk.GetArrayViewFromImage(image).ravel()[::7]
    air = values[values <= threshold_otsu(np.minimum(values, np.percentile(values, 99)))]
    if (air != air.min()).any():
        air = air[air > air.min()]
    air = air[air <= np.percentile(air, 60)]
    return round(float(air.mean()), 3), round(float(air.std()), 3)
