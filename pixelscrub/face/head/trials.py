"""Where a head may lie in a stack whose header does not say so, or says it wrongly.

A stack may be turned in 24 ways, its pixels and steps may have any size. Which turn and which
sizes make a head of it is told by the average head, laid roughly into each; the best few are for
`mask.fit_head` to decide on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813
from scipy.spatial.transform import Rotation

from pixelscrub.face.head.fit import Body, Pose, cost, settle
from pixelscrub.face.voxels import skin
from pixelscrub.face.voxels.grid import Placed
from pixelscrub.face.voxels.readings import VoxelReading
from pixelscrub.face.voxels.volumes import Planes
from pixelscrub.intake.volumes import Slice, Volume

Floats = npt.NDArray[np.floating]

STEP: Final = 5.0
"""Grid on which trials are compared, mm."""
POINTS: Final = 150
"""Points of the skin by which they are compared."""
APART: Final = 25.0
"""Between starts from the top of a head downwards, mm."""
WIDTH: Final = 155.0
"""Across an average head with its scalp, mm (as `template` has it)."""
SETTLED: Final = 6
"""So many trials are made better before the best are chosen."""
SCALES: Final = (-0.5, -0.33, -0.16, 0.0, 0.16, 0.33)
"""Natural logarithms of what a head may measure in units of a guess."""
RATIOS: Final = (1.0, 1.6, 2.6, 4.2, 6.8, 11.0)
"""How much farther apart slices may lie than pixels, where nothing says how far."""
HEIGHTS: Final = (90.0, 420.0)
"""What a stack of a head measures across its slices, least and most, mm."""
SAME: Final = 0.4
"""Guesses of the pixels' size whose logarithms differ by less are one: the scales bridge that."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One way to see a stack.

    Attributes:
        turn: rotation (3 by 3) from rows, columns and slices of the stack to the patient.
        pixel: mm for each mm that the header (or 1 mm a pixel) says within slices.
        step: the same across slices.
        cost: mean square distance to the average head laid into it, mm²; the less the better.
    """

    turn: Floats
    pixel: float
    step: float
    cost: float = 0.0


def turns() -> list[tuple[Floats, Floats]]:
    """The 24 rotations that turn axes into axes (3 by 3), each with angles that undo it."""
    found: dict[bytes, tuple[Floats, Floats]] = {}
    for quarters in product(range(-1, 3), repeat=3):
        angles = np.array(quarters) * np.pi / 2
        back = np.rint(Rotation.from_euler("xyz", angles).as_matrix()) + 0.0
        found.setdefault(back.tobytes(), (back.T, angles))
    return list(found.values())


def rank_trials(
    planes: Planes, reading: VoxelReading, volume: Volume, most: int = 3
) -> list[Trial]:
    """The trials in which a head fits best, roughly, the best first.

    Args:
        planes: the stack's values.
        reading: how they are read.
        volume: the stack: which of its sizes are stated.
        most: how many are given.
    """
    bodies: list[Body] = []
    found: list[_Rough] = []
    for pixel, step, scales in _sizes(planes, reading, volume):
        bodies.append(_body(planes, reading, pixel, step))
        for (turn, angles), scale in product(turns(), scales):
            starts = list(_starts(bodies[-1], turn, angles, scale))
            costs = [cost(pose, bodies[-1], POINTS) for pose in starts]
            if costs:
                best = int(np.argmin(costs))
                trial = Trial(turn, pixel, step, costs[best])
                found.append((trial, starts[best], len(bodies) - 1))
    found.sort(key=lambda rough: rough[0].cost)
    settled = [_settled(trial, pose, bodies[k]) for trial, pose, k in _unlike(found)[:SETTLED]]
    return sorted(settled, key=lambda trial: trial.cost)[:most]


_Rough = tuple[Trial, Pose, int]
"""A trial, the pose that fits best in it, and which body it is of."""


def _settled(trial: Trial, pose: Pose, body: Body) -> Trial:
    """A trial after its head has been moved to where it fits best, and its size made good."""
    better = settle(pose, body, POINTS)
    size = float(np.exp(-better.log_scale.mean())) if pose.log_scale.any() else 1.0
    return replace(
        trial,
        pixel=trial.pixel * size,
        step=trial.step * size,
        cost=cost(better, body, POINTS),
    )


def _unlike(ranked: list[_Rough]) -> list[_Rough]:
    """The best of each turn."""
    chosen: dict[bytes, _Rough] = {}
    for rough in ranked:
        chosen.setdefault(rough[0].turn.tobytes(), rough)
    return list(chosen.values())


def _local(planes: Planes, pixel: float, step: float) -> Placed:
    """The stack along its own axes."""
    image = sitk.GetImageFromArray(planes.values)
    z, y, x = planes.spacing
    image.SetSpacing([x * pixel, y * pixel, z * step])
    return Placed(image, sitk.Transform())


def _body(planes: Planes, reading: VoxelReading, pixel: float, step: float) -> Body:
    surface = reading.surface(reading.real(_local(planes, pixel, step)))
    corners = surface.corners()
    grid = surface.sample(STEP, corners.min(0), corners.max(0))
    limit = skin.threshold(grid, reading.kind if reading.tissue != "smooth" else "PT")
    return Body.of(grid, skin.body(grid, limit, reading.kind), reading.kind)


def _sizes(
    planes: Planes, reading: VoxelReading, volume: Volume
) -> Iterator[tuple[float, float, tuple[float, ...]]]:
    """Factors for pixels and steps, and scales to be tried with each.

    As stated; with the stated ratio and another size; and with other ratios.
    """
    first = volume.slices[0]
    if first.is_scaled:
        yield 1.0, 1.0, (0.0,)
        if not volume.is_sure:
            return
    wide, high = _extents(planes, reading)
    tried: list[float] = []
    for width in wide:
        pixel = WIDTH / width
        if any(abs(np.log(pixel / other)) < SAME for other in tried):
            continue
        tried.append(pixel)
        for ratio in RATIOS:
            if ratio == 1.0 or HEIGHTS[0] < high * pixel * ratio < HEIGHTS[1]:
                yield pixel, pixel * ratio, SCALES


def _extents(planes: Planes, reading: VoxelReading) -> tuple[list[float], float]:
    """The body's narrower side (of the median slice, and of narrower ones) and its height, mm."""
    image = reading.surface(reading.real(_local(planes, 1.0, 1.0))).image
    values = sitk.GetArrayViewFromImage(image)
    stride = [max(1, n // 64) for n in values.shape]
    thin = values[:: stride[0], :: stride[1], :: stride[2]]
    above = thin > skin.threshold_of(thin, reading.kind if reading.tissue != "smooth" else "PT")
    spacing = [s * n for s, n in zip(planes.spacing, stride, strict=True)]
    sides = []
    for plane in above:
        rows, columns = (np.flatnonzero(plane.mean(axis=axis) > 0.04) for axis in (1, 0))
        if rows.size and columns.size:
            sides.append(
                min(float(np.ptp(rows) + 1) * spacing[1], float(np.ptp(columns) + 1) * spacing[2])
            )
    if not sides:
        return [], 1.0
    height = max(np.ptp(np.flatnonzero(above.any(axis=(1, 2)))) + 1, 1) * spacing[0]
    return [float(np.median(sides)), float(np.percentile(sides, 20))], float(height)


def _starts(body: Body, turn: Floats, angles: Floats, scale: float) -> Iterator[Pose]:
    """Poses of a head of some size from the top of the body down, where `turn` says what is up."""
    mask = body.distance < 0
    axis = int(np.abs(turn[2]).argmax())
    sign = float(turn[2, axis])
    levels = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
    if not levels.size:
        return
    grid, size = body.grid, float(np.exp(scale))
    ends = grid.origin[axis] + grid.step * levels[[-1, 0]]
    top = ends[0] if sign > 0 else ends[1]
    length = min(abs(ends[0] - ends[1]) + 30, 500)
    for depth in np.arange(50.0 * size, max(length, 51.0 * size), APART * size):
        level = (top - sign * depth - grid.origin[axis]) / grid.step
        nearest = int(np.clip(level, levels[0], levels[-1]))
        inside = np.argwhere(np.take(mask, nearest, axis=axis))
        if len(inside):
            middle = np.insert(inside.mean(0), axis, level)
            yield Pose(angles, grid.origin + grid.step * middle, np.full(3, scale))


def reshaped(volume: Volume, trial: Trial) -> Volume:
    """The volume as a trial sees it: its slices in other places."""
    first = volume.slices[0]
    axes = np.stack([first.along, first.down, first.normal])
    sizes = np.array([trial.pixel, trial.pixel, trial.step])

    def moved(one: Slice) -> Slice:
        local = axes @ (one.position - first.position) * sizes
        rows, columns = one.spacing
        return replace(
            one,
            position=trial.turn @ local,
            along=trial.turn[:, 0],
            down=trial.turn[:, 1],
            spacing=(rows * trial.pixel, columns * trial.pixel),
        )

    slices = sorted(map(moved, volume.slices), key=lambda s: s.height)
    return replace(volume, slices=slices, repeats=[moved(one) for one in volume.repeats])


def resized(planes: Planes, trial: Trial) -> Planes:
    """The values of a volume as a trial sees it."""
    z, y, x = planes.spacing
    return replace(planes, spacing=(z * trial.step, y * trial.pixel, x * trial.pixel))
