"""Where a head may lie in a stack whose header does not say so, or says it wrongly.

A stack may be turned in 24 ways, its pixels and steps may have any size. Which turn and which
sizes make a head of it is told by the average head, laid roughly into each; the best few are for
`mask.fit_head` to decide on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations, product
from typing import Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813
from scipy.spatial.transform import Rotation

from pixelscrub.face import skin
from pixelscrub.face.fit import Body, Pose, cost
from pixelscrub.face.grid import Placed
from pixelscrub.face.readings import Reading
from pixelscrub.face.volumes import Planes
from pixelscrub.intake.volumes import Slice, Volume

Floats = npt.NDArray[np.floating]

STEP: Final = 5.0
"""Grid on which trials are compared, mm."""
POINTS: Final = 200
"""Points of the skin by which they are compared."""
APART: Final = 25.0
"""Between starts from the top of a head downwards, mm."""
SAME: Final = 0.12
"""Sizes that differ by a smaller share are one trial: a fit makes that good."""
WIDTH: Final = 155.0
LENGTH: Final = 200.0
"""Across and along an average head with its scalp, mm (as `template` has it)."""
HEIGHTS: Final = (150.0, 195.0, 240.0)
"""What stacks of heads measure across their slices: cranium, to the nose, to the neck, mm."""


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


def turns() -> list[Floats]:
    """The 24 rotations that turn axes into axes."""
    found: list[Floats] = []
    for order, signs in product(permutations(range(3)), product((1.0, -1.0), repeat=3)):
        matrix = np.zeros((3, 3))
        matrix[list(order), range(3)] = signs
        if np.linalg.det(matrix) > 0:
            found.append(matrix)
    return found


def rank_trials(planes: Planes, reading: Reading, volume: Volume, most: int = 3) -> list[Trial]:
    """The trials in which a head fits best, roughly, the best first.

    Args:
        planes: the stack's values.
        reading: how they are read.
        volume: the stack: which of its sizes are stated.
        most: how many are given.
    """
    found: list[Trial] = []
    for pixel, step in _sizes(planes, reading, volume):
        body = _body(planes, reading, pixel, step)
        for turn in turns():
            rough = min((cost(pose, body, POINTS) for pose in _starts(body, turn)), default=np.inf)
            found.append(Trial(turn, pixel, step, float(rough)))
    found.sort(key=lambda trial: trial.cost)
    return _unlike(found)[:most]


def _unlike(ranked: list[Trial]) -> list[Trial]:
    """The best trials whose turns differ; other sizes of the same turn are worse."""
    chosen: list[Trial] = []
    for trial in ranked:
        if not any(np.array_equal(trial.turn, other.turn) for other in chosen):
            chosen.append(trial)
    return chosen


def _local(planes: Planes, pixel: float, step: float) -> Placed:
    """The stack along its own axes."""
    image = sitk.GetImageFromArray(planes.values)
    z, y, x = planes.spacing
    image.SetSpacing([x * pixel, y * pixel, z * step])
    return Placed(image, sitk.Transform())


def _body(planes: Planes, reading: Reading, pixel: float, step: float) -> Body:
    surface = reading.surface(reading.real(_local(planes, pixel, step)))
    corners = surface.corners()
    grid = surface.sample(STEP, corners.min(0), corners.max(0))
    limit = skin.threshold(grid, reading.kind if reading.tissue != "smooth" else "PT")
    return Body.of(grid, skin.body(grid, limit, reading.kind), reading.kind)


def _sizes(planes: Planes, reading: Reading, volume: Volume) -> Iterator[tuple[float, float]]:
    """Factors for pixels and steps: as stated, and such as make the body as large as a head."""
    first = volume.slices[0]
    yield 1.0, 1.0
    tried = [(1.0, 1.0)]
    wide, high = _extents(planes, reading)
    pixels = [1.0] if first.is_scaled and volume.is_sure else []
    pixels += [size / w for w in wide for size in (WIDTH, LENGTH)]
    for pixel in pixels:
        same = [pixel] if not first.is_scaled or pixel != 1.0 else []
        for step in (*same, *(h / high for h in HEIGHTS)):
            new = (pixel, step)
            if all(max(abs(np.log(np.divide(new, old)))) > SAME for old in tried):
                tried.append(new)
                yield new


def _extents(planes: Planes, reading: Reading) -> tuple[list[float], float]:
    """The body's narrower side within slices (widest and median slice), and its height, mm."""
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
    return [max(sides), float(np.median(sides))], float(height)


def _starts(body: Body, turn: Floats) -> Iterator[Pose]:
    """Poses from the top of the body down, where `turn` says which way is up."""
    mask = body.distance < 0
    axis = int(np.abs(turn[2]).argmax())
    sign = float(turn[2, axis])
    levels = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
    if not levels.size:
        return
    angles = Rotation.from_matrix(turn.T).as_euler("xyz")
    along = body.grid.origin[axis] + body.grid.step * levels
    ends = (along[-1], along[0]) if sign > 0 else (along[0], along[-1])
    length = min(abs(ends[0] - ends[1]) + 30, 500)
    for depth in np.arange(40.0, max(length, 70.0), APART):
        place = ends[0] - sign * depth
        level = int(
            np.clip((place - body.grid.origin[axis]) / body.grid.step, levels[0], levels[-1])
        )
        inside = np.argwhere(np.take(mask, level, axis=axis))
        if not len(inside):
            continue
        middle = inside.mean(0)
        shift = np.insert(middle, axis, (place - body.grid.origin[axis]) / body.grid.step)
        yield Pose(angles, body.grid.origin + body.grid.step * shift, np.zeros(3))


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
