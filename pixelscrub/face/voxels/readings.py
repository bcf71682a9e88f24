"""How a volume's values are to be read: which of them are air, whatever the header says of units.

A header says Hounsfield units, and another tool has left their offset out; a converter has turned
dark into bright; a quotient of two images fills the air with noise of the full range. What is air
is told by the rim of the field of view, and by how values are spread; where that leaves a choice,
several readings are given, the likeliest first, and the one in which a head fits is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813
from skimage.filters import threshold_otsu

from pixelscrub.face.voxels.grid import Placed
from pixelscrub.face.voxels.skin import CT_AIR, background

Floats = npt.NDArray[np.floating]
Kind = Literal["CT", "MR", "PT"]
Tissue = Literal["bright", "dark", "smooth"]

AROUND: Final = 6.0
"""Neighbours that are compared lie within a square of about this side, mm."""


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """What tells air from tissue in values of unknown unit.

    Shares of the range are of that between the 1st and the 99th hundredth of all values. Chosen
    on heads of `benchmarks/heads`, whose values were changed one way after another.

    Attributes:
        rim: share of rows and columns at each edge that mostly show air.
        planes: slices that are looked at.
        bright_rim: share of the range by which a rim of bright air is brighter than the middle.
        steady_rim: share of the range that the bright part of such a rim may take.
        rough_rim: share of the range that neighbours in a rim of noise differ by.
        rougher: how many times rougher such a rim is than the middle.
        maybe_rough: as `rough_rim`, from which noise is the last thing to think of.
        offset: Hounsfield units that a level may lie away from where it belongs.
        units: distance from air to soft tissue by which values are Hounsfield units with another
            offset, least and most.
        narrow: share of that distance that half of the soft tissue takes in CT.
        apart: how many ranges of the rest a filling value lies away from it.
    """

    rim: float = 0.04
    planes: int = 24
    bright_rim: float = 0.12
    steady_rim: float = 0.2
    rough_rim: float = 0.07
    rougher: float = 1.6
    maybe_rough: float = 0.02
    offset: float = 160.0
    units: tuple[float, float] = (880.0, 1250.0)
    narrow: float = 0.16
    apart: float = 0.3


@dataclass(frozen=True, slots=True)
class VoxelReading:
    """One way to read a volume's values.

    Attributes:
        kind: `CT` where values times `gain` plus `offset` are Hounsfield units, or close to them;
            `PT` where counts blur the skin; `MR` anything else.
        tissue: what it is beside air: brighter, darker, or smooth where air is all noise.
        air: mean and standard deviation of air in the volume's own units.
        gain, offset: see `kind`; 1 and 0 where that is not `CT`.
    """

    kind: Kind
    tissue: Tissue
    air: tuple[float, float]
    gain: float = 1.0
    offset: float = 0.0

    def real(self, placed: Placed) -> Placed:
        """The volume in the units that its kind has."""
        if (self.gain, self.offset) == (1.0, 0.0):
            return placed
        return Placed(placed.image * self.gain + self.offset, placed.to_image)

    def surface(self, placed: Placed) -> Placed:
        """The volume (in units of its kind) with tissue brighter than air."""
        if self.tissue == "bright":
            return placed
        image = -placed.image if self.tissue == "dark" else smoothness(placed.image)
        return Placed(image, placed.to_image)


PLAIN_READING: Final = VoxelReading("MR", "bright", (0.0, 0.0))
"""Tissue brighter than air at zero."""


@dataclass(frozen=True, slots=True)
class Levels:
    """How a volume's values are spread.

    Attributes:
        span: from the 1st to the 99th hundredth.
        rim, middle: upper quartiles at the edges of the slices and in their middle.
        rim_spread: range from there that the next brighter fifth of the rim takes.
        rim_mean, rim_noise: mean and standard deviation of the rim.
        rim_step, middle_step: medians of the difference between neighbours.
        air, soft: medians of the darker and of the brighter class.
        soft_spread: range that the middle half of the brighter class takes.
    """

    span: float
    rim: float
    middle: float
    rim_spread: float
    rim_mean: float
    rim_noise: float
    rim_step: float
    middle_step: float
    air: float
    soft: float
    soft_spread: float


def read_values(
    image: sitk.Image, modality: str, settings: ReadingSettings | None = None
) -> list[VoxelReading]:
    """Ways to read a volume's values, the likeliest first; none where all values are one.

    Args:
        image: scalar volume, as the header's rescale gives it, no value that is no number.
        modality: `CT`, `MR` or `PT`; anything else says nothing.
        settings: thresholds.
    """
    settings = settings or ReadingSettings()
    levels = _levels(sitk.GetArrayViewFromImage(image), settings)
    if levels is None:
        return []
    plain = _plain(image, levels, modality, settings)
    rim = (round(levels.rim_mean, 3), round(levels.rim_noise, 3))
    rough, dark = VoxelReading("MR", "smooth", rim), VoxelReading("MR", "dark", rim)
    if _is_rough(levels, settings):
        return [rough, *plain]
    if _is_dark(levels, settings):
        return [dark, *plain]
    maybe = plain[0].kind == "MR" and levels.rim_step > settings.maybe_rough * levels.span
    return [*plain, rough] if maybe else plain


def _plain(
    image: sitk.Image, levels: Levels, modality: str, settings: ReadingSettings
) -> list[VoxelReading]:
    """Readings with tissue brighter than air."""
    mr = VoxelReading("PT" if modality == "PT" else "MR", "bright", background(image))
    if modality in {"MR", "PT"}:
        return [mr]
    distance = levels.soft - levels.air
    is_ct = distance > 0 and levels.soft_spread < settings.narrow * distance
    if abs(levels.soft) < settings.offset and levels.air < -700 - settings.offset / 2:
        hounsfield = VoxelReading("CT", "bright", CT_AIR)
        return [hounsfield] if modality == "CT" or is_ct else [hounsfield, mr]
    if not (modality == "CT" or is_ct) or distance <= 0:
        return [mr]
    within = settings.units[0] < distance < settings.units[1]
    gain = 1.0 if within else (40 - CT_AIR[0]) / distance
    offset = 40 - gain * levels.soft
    air = ((CT_AIR[0] - offset) / gain, CT_AIR[1] / gain)
    guess = VoxelReading("CT", "bright", (round(air[0], 3), round(air[1], 3)), gain, offset)
    return [guess, mr] if modality == "CT" or within else [mr, guess]


def _is_rough(levels: Levels, settings: ReadingSettings) -> bool:
    return (
        levels.rim_step > settings.rough_rim * levels.span
        and levels.rim_step > settings.rougher * levels.middle_step
    )


def _is_dark(levels: Levels, settings: ReadingSettings) -> bool:
    return (
        levels.rim - levels.middle > settings.bright_rim * levels.span
        and levels.rim_spread < settings.steady_rim * levels.span
    )


def _levels(values: npt.NDArray[np.float32], settings: ReadingSettings) -> Levels | None:
    """Spread of some of the slices; None where all values are one."""
    count = len(values)
    chosen = np.unique(np.linspace(0.1 * count, 0.9 * (count - 1), settings.planes).astype(int))
    planes = values[chosen]
    low, high = np.percentile(planes[:, ::2, ::2], (1, 99))
    if not high > low:
        return None
    rim, middle = _rim(planes, settings.rim), _middle(planes)
    classes = _two_classes(planes[:, ::2, ::2], float(high), settings.apart)
    bright = [float(np.percentile(part[0], 75)) for part in (rim, middle)]
    numbers = (
        high - low,
        *bright,
        np.percentile(rim[0], 95) - bright[0],
        rim[0].mean(),
        rim[0].std(),
        np.median(rim[1]),
        np.median(middle[1]),
        *classes,
    )
    return Levels(*map(float, numbers))


def _rim(planes: Floats, share: float) -> tuple[Floats, Floats]:
    """Values at the four edges of each slice, and their steps along rows.

    Where a rim holds one value alone (padding), what lies within it is taken.
    """
    rows, columns = planes.shape[1:]
    for skip in (0.0, 0.06, 0.14):
        top, side = (max(2, round(n * share)) for n in (rows, columns))
        first, left = (round(n * skip) for n in (rows, columns))
        inner = planes[:, first : rows - first, left : columns - left]
        parts = [inner[:, :top], inner[:, -top:], inner[:, :, :side], inner[:, :, -side:]]
        values = np.concatenate([part.ravel() for part in parts])
        steps = np.concatenate([np.abs(np.diff(part, axis=2)).ravel() for part in parts])
        if np.mean(steps == 0) < 0.5:
            break
    return values, steps


def _middle(planes: Floats) -> tuple[Floats, Floats]:
    """Values in the middle third of each slice, and their steps along rows."""
    rows, columns = planes.shape[1:]
    part = planes[:, rows // 3 : -(rows // 3) or None, columns // 3 : -(columns // 3) or None]
    return part.ravel(), np.abs(np.diff(part, axis=2)).ravel()


def _two_classes(values: Floats, cap: float, apart: float) -> tuple[float, float, float]:
    """Medians of both classes by Otsu's threshold, and the middle half's range of the brighter.

    The least value, where it stands alone far below the rest, is what fills the corners.
    """
    flat = np.minimum(values.ravel(), cap)
    least = flat.min()
    rest = flat[flat > least]
    if rest.size > 0.02 * flat.size and rest.size < 0.99 * flat.size:
        low, high = np.percentile(rest, (1, 99))
        if low - least > apart * (high - low):
            flat = rest
    if flat.max() <= flat.min():
        return float(flat[0]), float(flat[0]), 0.0
    limit = threshold_otsu(flat)
    dark, bright = flat[flat <= limit], flat[flat > limit]
    if not dark.size or not bright.size:
        return float(np.median(flat)), float(np.median(flat)), 0.0
    quarter, half, three = np.percentile(bright, (25, 50, 75))
    return float(np.median(dark)), float(half), float(three - quarter)


def smoothness(image: sitk.Image) -> sitk.Image:
    """How well neighbours in a slice agree: 1 where they do, 0 where they are anything at all.

    Values are taken for angles, so that a phase that starts anew is no edge: the mean resultant
    length of Mardia and Jupp (2000, Directional Statistics, section 2.3.1).
    """
    values = sitk.GetArrayFromImage(image).astype(np.float32)
    low, high = np.percentile(values[::3, ::2, ::2], (0.5, 99.5))
    values *= np.float32(2 * np.pi / max(high - low, 1e-6))
    sides = (max(3, 2 * round(AROUND / 2 / s) + 1) for s in image.GetSpacing()[:2])
    window = (next(sides), next(sides))
    for plane in values:
        parts = (cv2.blur(part, window) for part in (np.cos(plane), np.sin(plane)))
        plane[...] = np.hypot(*parts)
    result = sitk.GetImageFromArray(values)
    result.CopyInformation(image)
    return result
