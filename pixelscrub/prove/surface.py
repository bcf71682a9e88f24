"""The surface of what a volume shows, seen from its six sides.

It shares nothing with the code that places face masks: no header is believed, no part of the body
is expected, no template is fitted. What is solid is told from the values alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

STEP_MM: Final = 3.0
"""Edge of the cubic voxels that are looked at: a nose is some ten of them high."""
MAX_NODES: Final = 2_000_000
"""Voxels of the grid that is looked at; larger volumes are sampled more coarsely."""
BINS: Final = 128


@dataclass(frozen=True, slots=True)
class Solid:
    """What may be the body.

    Attributes:
        field: float32 on a cubic grid, in the array order of the volume.
        limit: what lies above it is solid.
        mask: bool, the same shape: solid, without specks.
    """

    field: Floats
    limit: float
    mask: Mask


@dataclass(frozen=True, slots=True)
class SurfaceView:
    """What is seen along one axis of the array.

    Attributes:
        axis: of the array, along which is looked.
        is_reversed: whether it is looked from the last index to the first.
        depth: float32, (rows, columns) of the other two axes in their order: how many voxels
            away the surface is met; as many as there are where nothing is.
        hit: bool, the same shape: something is met.
        length: voxels along the axis.
    """

    axis: int
    is_reversed: bool
    depth: Floats
    hit: Mask
    length: int


def cubes(
    volume: npt.NDArray[Any], spacing: tuple[float, float, float], step: float = STEP_MM
) -> tuple[Floats, float]:
    """A volume on cubic voxels, its values averaged where they lie closer.

    Args:
        volume: numbers of any kind, three axes in any order; what is no number counts as lowest.
        spacing: distance between voxels along each axis, mm.
        step: edge of the cubes, mm.

    Returns:
        float32, and the edge that was taken: larger where there would be too many cubes.
    """
    extent = np.array(volume.shape) * np.array(spacing)
    step = max(step, float(np.cbrt(extent.prod() / MAX_NODES)))
    factors = [max(1, min(n, int(step / s))) for n, s in zip(volume.shape, spacing, strict=True)]
    coarse = _means(volume, factors)
    finite = np.isfinite(coarse)
    if not finite.all():
        coarse = np.where(finite, coarse, coarse[finite].min() if finite.any() else 0.0)
    zoom = [
        max(2, round(n * f * s / step)) / n
        for n, f, s in zip(coarse.shape, factors, spacing, strict=True)
    ]
    even = ndimage.zoom(coarse, zoom, order=1, mode="nearest", grid_mode=True)
    return np.asarray(even, np.float32), step


def _means(volume: npt.NDArray[Any], factors: list[int]) -> Floats:
    """Means of blocks; what is over at the far edges is left out."""
    size = [n // f for n, f in zip(volume.shape, factors, strict=True)]
    cut = volume[tuple(slice(0, n * f) for n, f in zip(size, factors, strict=True))]
    shape = [k for pair in zip(size, factors, strict=True) for k in pair]
    return np.asarray(cut.reshape(shape).mean(axis=(1, 3, 5), dtype=np.float32))


def solids(field: Floats) -> Iterator[Solid]:
    """What may be the body: the bright, the dark, and the smooth among noise.

    Air is dark in most images, bright in inverted ones, and noise of full range in maps of phase,
    field and in MP2RAGE.
    """
    smooth = ndimage.gaussian_filter(field, 0.7)
    for values in (smooth, _calm(field)):
        for signed in _polarities(values):
            for limit in _limits(signed):
                solid = Solid(signed, limit, without_specks(signed > limit))
                if 0.02 < float(solid.mask.mean()) < 0.98:
                    yield solid


def _calm(field: Floats) -> Floats:
    """How little values vary from voxel to voxel, below 0."""
    mean = ndimage.uniform_filter(field, 3)
    square = ndimage.uniform_filter(field**2, 3)
    return np.asarray(-np.sqrt(np.maximum(square - mean**2, 0)), np.float32)


def _polarities(values: Floats) -> Iterator[Floats]:
    """With its air dark: as it is, or inverted, by what stands at most of the rim."""
    rim = np.concatenate([values[edge].ravel() for axis in range(3) for edge in _edges(axis)])
    limit = _otsu(values)
    if float((rim > limit).mean()) < 0.75:
        yield values
    else:
        yield -values


def _edges(axis: int) -> list[tuple[slice | int, ...]]:
    whole = slice(None)
    return [tuple(end if k == axis else whole for k in range(3)) for end in (0, -1)]


def _limits(values: Floats) -> list[float]:
    """Between air and tissue: halfway, and close above the air for tissue far from the coil."""
    middle = _otsu(values)
    air, tissue = values[values <= middle], values[values > middle]
    if not air.size or not tissue.size:
        return []
    level, top = float(np.median(air)), float(np.median(tissue))
    low = air[air <= level]
    noise = float(np.sqrt(np.mean((low - level) ** 2)))
    close = level + max(0.15 * (top - level), 4 * noise)
    return [middle] if close > 0.7 * (middle - level) + level else [close, middle]


def _otsu(values: Floats) -> float:
    """Otsu's threshold of values, the brightest and darkest 1 % cut to what is next."""
    some = values.ravel()[:: max(1, values.size // 200_000)]
    low, high = np.percentile(some, (1, 99))
    if not high > low:
        return float(high)
    counts, edges = np.histogram(np.clip(some, low, high), BINS)
    centres = (edges[:-1] + edges[1:]) / 2
    below, above = np.cumsum(counts), np.cumsum(counts[::-1])[::-1]
    sums = np.cumsum(counts * centres)
    mean_below = sums[:-1] / np.maximum(below[:-1], 1)
    mean_above = (sums[-1] - sums[:-1]) / np.maximum(above[1:], 1)
    between = below[:-1].astype(float) * above[1:] * (mean_below - mean_above) ** 2
    return float(edges[1 + int(between.argmax())])


def without_specks(mask: Mask) -> Mask:
    """The large pieces alone: noise, wires and tubes are small."""
    labels, count = ndimage.label(mask)
    if count <= 1:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    large = sizes >= 0.1 * sizes.max()
    return np.asarray(large[labels])


def views(solid: Solid) -> Iterator[SurfaceView]:
    """What is seen of a solid from each of its six sides."""
    for axis in range(3):
        for is_reversed in (False, True):
            yield view(solid, axis, is_reversed)


def view(solid: Solid, axis: int, is_reversed: bool) -> SurfaceView:
    """What is seen of a solid from one side; the surface is found between voxels."""
    mask, field = (np.moveaxis(part, axis, 0) for part in (solid.mask, solid.field))
    if is_reversed:
        mask, field = mask[::-1], field[::-1]
    hit, first = mask.any(axis=0), mask.argmax(axis=0)
    inside, outside = (
        np.take_along_axis(field, place[None], axis=0)[0]
        for place in (first, np.maximum(first - 1, 0))
    )
    rise = np.where((first > 0) & (inside > outside), inside - outside, np.inf)
    within = np.clip((inside - solid.limit) / rise, 0, 1)
    depth = np.where(hit, first - within, len(mask)).astype(np.float32)
    return SurfaceView(axis, is_reversed, depth, np.asarray(hit), len(mask))


def normals(depth: Floats, hit: Mask) -> Floats:
    """Where the surface faces: a picture whose values do not depend on its scale.

    Args:
        depth: as in `View`.
        hit: as in `View`.

    Returns:
        float32, (3, rows, columns): components down, across and towards the eye of the unit
        normal; 0 where nothing is met.
    """
    weight = ndimage.gaussian_filter(hit.astype(np.float32), 0.7)
    smooth = ndimage.gaussian_filter(np.where(hit, depth, 0), 0.7) / np.maximum(weight, 1e-3)
    smooth = np.where(hit, smooth, depth.max() if depth.size else 0)
    down, across = np.gradient(smooth)
    length = np.sqrt(down**2 + across**2 + 1)
    return np.asarray(np.stack([down, across, np.ones_like(down)]) / length * hit, np.float32)
