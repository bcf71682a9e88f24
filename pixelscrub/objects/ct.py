"""Metal in one CT volume: what it is, how large, and on which side of the skin.

The skin is that of a body without its metal, on a coarse grid, with its holes filled plane by
plane. A piece is external where the air around it, at full resolution, is open to the outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pixelscrub.face.voxels.skin import SKIN_HU, WIDE
from pixelscrub.findings import ObjectFacts, ObjectKind, ObjectNote, Where

Values = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Points = npt.NDArray[np.floating]
Axis = Literal[0, 1, 2]

AIR_HU: Final = -1000.0
IN_PLANE: Final = ndimage.generate_binary_structure(3, 1) & np.array([0, 1, 0], bool)[:, None, None]


@dataclass(frozen=True, slots=True)
class CtSettings:
    """Thresholds of the finder of metal in CT.

    Attributes:
        metal_hu: HU that neither bone nor enamel reaches over some volume; scanners that store
            12 bits end at 3071. Enamel: 2000 to 3000 HU, cortical bone below 2000.
        bright_hu: HU from which a voxel at the edge of metal, or outside the skin, counts.
        wrapped_hu: HU below which no scanner stores a measured value, unless as padding.
        grid_mm: step of the grid on which the skin is found.
        rim_mm: around metal, what is not taken for the body.
        reach_mm: how far from its core a body may reach: noses, ears, the skin over a pacemaker.
        core_ml: smallest core of a body or a limb.
        near_mm: what lies farther from the skin is the table's or the room's.
        exposed: share of the shell around a piece that is outer air, from which it is external;
            a ring through a lobe has 0.3 and more.
        covered: the same, up to which it is internal.
        external_mm3, internal_mm3: smallest pieces that are reported. Inside, single voxels of
            enamel and of dense bone reach `metal_hu`.
        flat_mm: extents of a side that may carry letters.
        full: share of a side's rectangle that is metal, from which it is flat and no ring.
        chain_mm, chain_mm2: a chain is longer, and its mean cross-section is smaller.
        widespread: share of all voxels that is metal, from which pieces are not told apart.
        pieces: number of pieces, from which they are not told apart.
    """

    metal_hu: float = 3000.0
    bright_hu: float = 1500.0
    wrapped_hu: float = -3100.0
    grid_mm: float = 4.0
    rim_mm: float = 2.0
    reach_mm: float = 24.0
    core_ml: float = 20.0
    near_mm: float = 40.0
    exposed: float = 0.15
    covered: float = 0.04
    external_mm3: float = 8.0
    internal_mm3: float = 25.0
    flat_mm: float = 8.0
    full: float = 0.5
    chain_mm: float = 50.0
    chain_mm2: float = 25.0
    widespread: float = 0.02
    pieces: int = 150


@dataclass(frozen=True, slots=True)
class MetalPiece:
    """One piece of metal in a volume.

    Attributes:
        about: kind, place, size and notes.
        score: how sure that is, 0 to 1.
        low: index (k, y, x) of the first voxel of `mask` in the volume.
        mask: which voxels are metal.
    """

    about: ObjectFacts
    score: float
    low: tuple[int, int, int]
    mask: Mask


def to_hounsfield(values: Values, settings: CtSettings) -> tuple[Values, set[ObjectNote]]:
    """Values in HU, as far as they tell, with what is wrong about them.

    Where nothing is as dark as air, an intercept of -1024 is missing. What is far below air and
    is no padding has wrapped around, and was metal.
    """
    notes: set[ObjectNote] = set()
    sample = values.ravel()[:: max(1, values.size // 500_000)]
    if sample.size and np.percentile(sample, 1) > -300 and np.percentile(sample, 10) < 200:
        values, sample = values - np.float32(1024), sample - np.float32(1024)
        notes.add("no_rescale")
    low = sample[sample < settings.wrapped_hu]
    if values.size and float(values.min()) < settings.wrapped_hu:
        levels, counts = np.unique(low, return_counts=True)
        is_padding = low.size > 0 and counts.max() > 0.002 * sample.size
        padding = levels[counts.argmax()] if is_padding else np.nan
        wrapped = (values < settings.wrapped_hu) & (values != padding)
        if wrapped.any():
            notes.add("values_wrap")
            values = np.where(wrapped, np.float32(settings.metal_hu + 1000), values)
    return values, notes


def find_pieces(
    values: Values, spacing: tuple[float, float, float], settings: CtSettings
) -> tuple[list[MetalPiece], Mask, bool]:
    """The pieces of metal in a volume.

    Args:
        values: float32 (slices, rows, columns), in HU.
        spacing: mm between slices, rows and columns.
        settings: thresholds.

    Returns:
        the pieces; the body on the coarse grid; and whether there is so much metal that pieces
        are not told apart (there are none then).
    """
    factor = tuple(max(1, round(settings.grid_mm / s)) for s in spacing)
    step = tuple(s * f for s, f in zip(spacing, factor, strict=True))
    bright = np.flatnonzero(values.ravel() >= settings.bright_hu)
    level = values.ravel()[bright]
    seeds = bright[level >= settings.metal_hu]
    if len(seeds) > settings.widespread * values.size:
        return [], np.zeros((1, 1, 1), np.bool_), True
    tissue = _tissue(values, seeds, spacing, factor, settings)
    body = _body(tissue, step, settings)
    at = np.stack(np.unravel_index(bright, values.shape), 1)
    cells = tuple(np.minimum(at // factor, np.array(body.shape) - 1).T)
    near = _grown(body, settings.near_mm, step)
    is_seed = (level >= settings.metal_hu) | ~body[cells]
    is_seed |= _is_bare(values, at, factor, body)
    is_seed &= near[cells]
    at, cells = at[is_seed], tuple(axis[is_seed] for axis in cells)
    labels = _labels(cells, body.shape)
    count = int(labels.max(initial=0))
    if count > settings.pieces:
        return [], body, True
    order = np.argsort(labels, kind="stable")
    groups = np.split(at[order], np.searchsorted(labels[order], np.arange(2, count + 1)))
    pieces = [
        _piece(values, group, spacing, factor, body, settings) for group in groups if len(group)
    ]
    return [piece for piece in pieces if piece is not None], body, False


def _is_bare(
    values: Values, at: npt.NDArray[np.integer], factor: tuple[int, ...], body: Mask
) -> npt.NDArray[np.bool_]:
    """Which voxels have outer air right beside them in their slice: over bone there is skin."""
    bare = np.zeros(len(at), np.bool_)
    last = np.array(values.shape) - 1
    for axis in (1, 2):
        for way in (-1, 1):
            beside = at.copy()
            beside[:, axis] += way
            np.clip(beside, 0, last, out=beside)
            is_air = values[tuple(beside.T)] < SKIN_HU
            cells = np.minimum(beside // factor, np.array(body.shape) - 1)
            bare |= is_air & ~body[tuple(cells.T)]
    return bare


def _labels(cells: tuple[npt.NDArray[np.integer], ...], shape: tuple[int, ...]) -> Any:
    """Which piece each voxel belongs to, from 1: those in cells that touch are one."""
    taken = np.zeros(shape, np.bool_)
    taken[cells] = True
    labels, _ = ndimage.label(taken, np.ones((3, 3, 3)))
    return labels[cells]


def _tissue(
    values: Values,
    seeds: npt.NDArray[np.integer],
    spacing: tuple[float, ...],
    factor: tuple[int, ...],
    settings: CtSettings,
) -> Mask:
    """Whether each coarse cell is tissue, metal and its rim taken for air."""
    capped = np.minimum(values, np.float32(300))
    reach = [max(1, round(settings.rim_mm / s)) for s in spacing]
    at = np.stack(np.unravel_index(seeds, values.shape), 1)
    for dz in range(-reach[0], reach[0] + 1):
        for dy in range(-reach[1], reach[1] + 1):
            for dx in range(-reach[2], reach[2] + 1):
                moved = np.clip(at + np.array([dz, dy, dx]), 0, np.array(values.shape) - 1)
                capped[tuple(moved.T)] = AIR_HU
    return np.asarray(_shrunk(capped, factor) > SKIN_HU)


def _shrunk(values: Values, factor: tuple[int, ...]) -> Values:
    """Means of blocks; the last ones of each axis may be of fewer voxels."""
    rows, columns = (-(-n // f) for n, f in zip(values.shape[1:], factor[1:], strict=True))
    full = columns * factor[2], rows * factor[1]
    right, down = full[0] - values.shape[2], full[1] - values.shape[1]
    flat = np.empty((len(values), rows, columns), np.float32)
    for plane, mean in zip(values, flat, strict=True):
        whole = cv2.copyMakeBorder(plane, 0, down, 0, right, cv2.BORDER_REPLICATE)
        cv2.resize(whole, (columns, rows), dst=mean, interpolation=cv2.INTER_AREA)
    starts = np.arange(0, len(flat), factor[0])
    sums = np.add.reduceat(flat, starts, axis=0)
    counts = np.diff([*starts, len(flat)])
    return np.asarray(sums / counts[:, None, None], np.float32)


def _body(tissue: Mask, step: tuple[float, ...], settings: CtSettings) -> Mask:
    """Body and limbs: pieces with a core, what reaches from them, and all that they enclose."""
    core = ~_grown(~tissue, WIDE, step)
    labels, count = ndimage.label(core)
    if not count:
        return _filled(tissue)
    least = settings.core_ml * 1000 / float(np.prod(step))
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    is_body = (sizes >= least) | (sizes == sizes.max())
    is_body[0] = False
    return _filled(_grown(is_body[labels], settings.reach_mm, step) & tissue)


def _grown(mask: Mask, distance: float, step: tuple[float, ...]) -> Mask:
    """Dilated by a box of `distance` mm to each side."""
    reach = [max(1, round(distance / s)) for s in step]
    kernel = np.ones((2 * reach[1] + 1, 2 * reach[2] + 1), np.uint8)
    planes = np.stack([cv2.dilate(plane, kernel) for plane in mask.astype(np.uint8)])
    grown = planes.copy()
    for k in range(1, min(reach[0], len(planes) - 1) + 1):
        np.maximum(grown[k:], planes[:-k], out=grown[k:])
        np.maximum(grown[:-k], planes[k:], out=grown[:-k])
    return grown.astype(np.bool_)


def _filled(mask: Mask) -> Mask:
    """The mask with all that it encloses in any plane of the three axes."""
    result = mask.copy()
    for axis in range(3):
        planes = np.moveaxis(result, axis, 0)
        for k in range(len(planes)):
            padded = np.pad(planes[k].astype(np.uint8), 1)
            cv2.floodFill(padded, None, (0, 0), 2)
            planes[k] |= padded[1:-1, 1:-1] == 0
    return result


def _piece(
    values: Values,
    at: npt.NDArray[np.integer],
    spacing: tuple[float, float, float],
    factor: tuple[int, ...],
    body: Mask,
    settings: CtSettings,
) -> MetalPiece | None:
    """One piece around its seeds; None where it is too small."""
    room = [max(2, round(2 * settings.grid_mm / s)) for s in spacing]
    low = np.maximum(at.min(0) - room, 0)
    high = np.minimum(at.max(0) + room + 1, values.shape)
    part = values[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    mask = np.zeros(part.shape, np.bool_)
    mask[tuple((at - low).T)] = True
    mask = ndimage.binary_dilation(mask, iterations=1) & (part >= settings.bright_hu)
    where, exposed = _place(part, mask, low, spacing, factor, body, settings)
    volume = float(mask.sum() * np.prod(spacing))
    least = settings.internal_mm3 if where == "internal" else settings.external_mm3
    if volume < least:
        return None
    points = np.argwhere(mask) * np.array(spacing)
    extents, fill = _extents(points, spacing)
    kind, notes = _kind(where, extents, fill, volume, settings)
    about = ObjectFacts(
        kind=kind, where=where, size_mm=tuple(round(e, 1) for e in extents), notes=notes
    )
    sure = {"external": 0.5 + exposed, "internal": 0.9, "unknown": 0.5}[where]
    return MetalPiece(about, min(sure, 1.0), (int(low[0]), int(low[1]), int(low[2])), mask)


def _place(
    part: Values,
    mask: Mask,
    low: npt.NDArray[np.integer],
    spacing: tuple[float, float, float],
    factor: tuple[int, ...],
    body: Mask,
    settings: CtSettings,
) -> tuple[Where, float]:
    """On which side of the skin a piece is, and how much of its shell is outer air."""
    fine = spacing[1] <= settings.rim_mm
    inner = ndimage.binary_dilation(mask, IN_PLANE) if fine else mask
    width = max(1, round(settings.rim_mm / spacing[1]))
    shell = ndimage.binary_dilation(inner, IN_PLANE, iterations=width) & ~inner
    axes = [
        np.minimum((np.arange(n) + a) // f, size - 1)
        for n, a, f, size in zip(part.shape, low, factor, body.shape, strict=True)
    ]
    coarse = ~body[np.ix_(*(np.arange(a[0], a[-1] + 1) for a in axes))]
    near = ndimage.binary_dilation(coarse, np.ones((3, 3, 3)))
    inside = np.ix_(*(a - a[0] for a in axes))
    outside, air = coarse[inside], (part < SKIN_HU) & near[inside]
    labels, count = ndimage.label(air)
    outer = np.bincount(labels[outside & air], minlength=count + 1) > 0
    outer[0] = False
    exposed = float((shell & outer[labels]).sum() / max(shell.sum(), 1))
    if exposed >= settings.exposed:
        return "external", exposed
    return ("internal" if exposed <= settings.covered else "unknown"), exposed


def _extents(points: Points, spacing: tuple[float, ...]) -> tuple[list[float], float]:
    """Extents along the principal axes (mm, longest first); how full the broadest side is."""
    cell = max(spacing)
    if len(points) < 4:
        return sorted((np.ptp(points, axis=0) + np.array(spacing)).tolist(), reverse=True), 1.0
    centred = points - points.mean(0)
    _, _, axes = np.linalg.svd(centred[:: max(1, len(points) // 4000)], full_matrices=False)
    turned = centred @ axes.T
    extents = np.ptp(turned, axis=0) + float(np.mean(spacing)) * 0.7
    order = np.argsort(-extents)
    cells = np.unique(np.floor(turned[:, order[:2]] / cell).astype(int), axis=0)
    fill = len(cells) * cell**2 / float(np.prod(extents[order[:2]] + cell))
    return extents[order].tolist(), fill


def _kind(
    where: Where, extents: list[float], fill: float, volume: float, settings: CtSettings
) -> tuple[ObjectKind, tuple[ObjectNote, ...]]:
    if where == "internal":
        return "implant", ()
    if extents[0] >= settings.chain_mm and volume < settings.chain_mm2 * extents[0]:
        return "chain", ()
    if extents[1] >= settings.flat_mm:
        return ("plate", ("readable",)) if fill >= settings.full else ("ring", ())
    return "metal", ()
