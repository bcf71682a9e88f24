"""Find a head in a body's surface: fit the average head to it from many starts.

Both surfaces pull: points of the body's skin on the template's distance field, and points of
the template on the body's. Distances saturate, and what lies outside the field of view costs a
fixed sum, so that a head that is cut off fits as well as it can. A cranium alone looks much the
same however it is pitched; in CT the air of sinuses and mastoids, which must not come to lie in
the average brain, tells it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.optimize import least_squares

from pixelscrub.face.head import template as prior
from pixelscrub.face.voxels.grid import Grid
from pixelscrub.face.voxels.skin import distance_to, signed_distance

Floats = npt.NDArray[np.floating]

CUT_OFF: Final = 20.0
"""Distances (mm) saturate here."""
UNSEEN: Final = 6.0
"""What a template point outside the field of view costs, mm."""
FACE_WEIGHT: Final = 1.5
"""How much more the face counts than the rest of the head: it tells the pitch."""
AIR_WEIGHT: Final = 2.0
"""How much more air in the average brain counts than skin away from its place."""
SIZES: Final = (0.06, 0.03)
"""Spread of head sizes and of their proportions among adults: natural logarithms of the scale."""
ANY_SIZE: Final = (0.15, 0.12)
"""The same where a guess of the pixels' size has to be made good."""
REACH: Final = 190.0
"""Skin farther than this from a start is not looked at, mm."""
LEANS: Final = [np.array([p, 0, y]) for p, y in product((-0.35, 0.0, 0.35), repeat=2)]
"""Pitch, roll and yaw of heads as they lie in scanners, radians."""
_TURNS: Final = [(0, 0, 0), (0, 0, 2), (0, 2, 0), (2, 0, 0), (0, 0, 1), (0, 0, -1)]
TILTED: Final = [
    np.array(turn) * np.pi / 2 + [0, lean, 0] for turn in _TURNS for lean in (-0.35, 0.0, 0.35)
]
"""Heads tilted to a side, as they lie, upside down, back to front, both, and on a side."""
CLOSE_FIT: Final = 95.0
GOOD_FIT: Final = 125.0
"""Mean square distances (mm²) up to which no other lean is tried, and up to which a fit is
trusted."""
NO_MOVE: Final = 4.0
"""How much worse (mm²) a head may fit where another volume has it, and not have moved."""
HOPELESS: Final = 380.0
"""Mean square distance (mm²) at the best start, before anything is refined, beyond which there is
no head: starts in heads cost 120 to 260, in trunks 470."""
AS_WELL: Final = 10.0
BETTER: Final = 20.0
"""How much worse (mm²) a head that is turned about may fit where its eyes tell, and how much better
it must fit where they do not: headers are right nearly always."""
AIR_HU: Final = -250.0
BENEATH: Final = 6.0
"""Below so many Hounsfield units, and so far beneath the skin (mm), lies air inside the head."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the template lies: patient = shift + rotation (scale * template).

    Attributes:
        angles: pitch, roll and yaw about x, y and z, radians.
        shift: mm.
        log_scale: natural logarithms of the scales along the template's axes.
    """

    angles: Floats
    shift: Floats
    log_scale: Floats

    @property
    def rotation(self) -> Floats:
        """3 by 3, template to patient: about x, then y, then z."""
        # Written out: each residual asks for it, and a library takes ten times as long.
        (a, b, c), (d, e, f) = np.sin(self.angles), np.cos(self.angles)
        return np.array(
            [
                [f * e, f * b * a - c * d, f * b * d + c * a],
                [c * e, c * b * a + f * d, c * b * d - f * a],
                [-b, e * a, e * d],
            ]
        )

    @property
    def turn(self) -> Floats:
        """The angles to the nearest quarter turn, radians."""
        result: Floats = np.rint(self.angles * 2 / np.pi) * np.pi / 2
        return result

    def to_patient(self, points: Floats) -> Floats:
        """Template points (..., 3) in patient coordinates."""
        result: Floats = (points * np.exp(self.log_scale)) @ self.rotation.T + self.shift
        return result

    def to_template(self, points: Floats) -> Floats:
        """Patient points (..., 3) in the template frame."""
        result: Floats = ((points - self.shift) @ self.rotation) / np.exp(self.log_scale)
        return result

    def vector(self) -> Floats:
        """All nine numbers, as the solver wants them."""
        return np.concatenate([self.angles, self.shift / 100, self.log_scale])

    @classmethod
    def of(cls, numbers: Floats) -> Pose:
        """From nine numbers, or from seven where all scales are one."""
        scale = numbers[6:] if len(numbers) == 9 else np.repeat(numbers[6], 3)
        return cls(numbers[:3], numbers[3:6] * 100, scale)


@dataclass(frozen=True, slots=True)
class Body:
    """What a pose is compared with.

    Attributes:
        grid: the image on a coarse grid.
        distance: signed distance to the skin on it, mm.
        seen: distance to the field of view on it, mm; 0 within.
        skin: points of the skin that are no edge of the field of view, (n, 3), mm.
        air: points of air inside the head, (n, 3), mm; none where it cannot be told from bone.
        sizes: how far a head's size and its proportions may lie from the average, as natural
            logarithms of the scale; more where the header does not say how large pixels are.
    """

    grid: Grid
    distance: npt.NDArray[np.float32]
    seen: npt.NDArray[np.float32]
    skin: Floats
    air: Floats
    sizes: tuple[float, float] = SIZES

    @classmethod
    def of(
        cls,
        grid: Grid,
        mask: npt.NDArray[np.bool_],
        modality: str,
        sizes: tuple[float, float] = SIZES,
    ) -> Body:
        """From a body mask on a grid."""
        distance = signed_distance(mask, grid.step)
        well_inside = ndimage.binary_erosion(grid.inside, iterations=1)
        edge = mask & ~ndimage.binary_erosion(mask) & well_inside
        seen = distance_to(grid.inside, grid.step)
        air = (distance < -BENEATH) & (grid.values < AIR_HU) & (modality == "CT")
        skin, inner = (grid.points(np.argwhere(one)) for one in (edge, air))
        return cls(grid, distance, seen, skin, inner, sizes)

    def near(self, centre: Floats, count: int) -> Sample:
        """At most `count` points of each kind around `centre`, the same ones each time."""
        return Sample(*(_some(points, centre, count) for points in (self.skin, self.air)))


@dataclass(frozen=True, slots=True)
class Sample:
    """Some of a body's points of skin and of air inside, (n, 3) each, mm."""

    skin: Floats
    air: Floats


def _some(points: Floats, centre: Floats, count: int) -> Floats:
    close = points[np.linalg.norm(points - centre, axis=1) < REACH]
    chosen: Floats = close[np.random.default_rng(0).permutation(len(close))[:count]]
    return chosen


def _saturate(distances: Floats) -> Floats:
    result: Floats = distances / np.sqrt(1 + (distances / CUT_OFF) ** 2)
    return result


def residuals(pose: Pose, body: Body, sample: Sample) -> Floats:
    """Distances (mm) of both surfaces and of air, weighed to be comparable, and weak priors."""
    air = AIR_WEIGHT * _saturate(_astray(pose, sample.air))
    return np.concatenate([_surfaces(pose, body, sample), air / np.sqrt(max(len(air), 1))])


def _surfaces(pose: Pose, body: Body, sample: Sample) -> Floats:
    back = pose.to_template(sample.skin)
    theirs = _saturate(prior.at(prior.fields()[0], back))
    theirs[back[:, 2] < prior.LOWEST] = CUT_OFF / 2
    front = pose.to_patient(prior.surface())
    ours = _saturate(body.grid.at(body.distance, front, 1000.0))
    ours[body.grid.at(body.seen, front, 1000.0) > 0] = UNSEEN
    theirs *= np.where(_in_face(back), FACE_WEIGHT, 1.0)
    ours *= np.where(_in_face(prior.surface()), FACE_WEIGHT, 1.0)
    scale, lean = pose.log_scale, pose.angles - pose.turn
    beliefs = np.array(
        [*(lean / 0.25), *(scale / body.sizes[0]), *((scale - scale.mean()) / body.sizes[1])]
    )
    return np.concatenate(
        [theirs / np.sqrt(max(len(theirs), 1)), ours / np.sqrt(len(ours)), 0.6 * beliefs]
    )


def _astray(pose: Pose, air: Floats) -> Floats:
    """How deep in the average brain air lies, mm."""
    depth: Floats = np.maximum(-prior.at(prior.fields()[1], pose.to_template(air)), 0.0)
    return depth


def _in_face(template: Floats) -> npt.NDArray[np.bool_]:
    return np.asarray((template[:, 1] < -60) & (template[:, 2] < -10))


def cost(pose: Pose, body: Body, count: int) -> float:
    """How badly a pose fits, by at most `count` points of the body's skin, about mm²."""
    return _cost(pose, body, body.near(pose.shift, count))


def settle(pose: Pose, body: Body, count: int) -> Pose:
    """The pose that fits best near another one, with one scale for all axes."""
    return _refine(pose, body, count, 1)


def _cost(pose: Pose, body: Body, sample: Sample) -> float:
    return float(np.sum(residuals(pose, body, sample) ** 2))


@dataclass(frozen=True, slots=True)
class Fit:
    """A pose and how well it fits.

    Attributes:
        pose: where the average head lies.
        distance: mean square distance between both surfaces, mm².
        air: how deep in the average brain air lies, root of the mean square, mm.
    """

    pose: Pose
    distance: float
    air: float

    @property
    def cost(self) -> float:
        """What the best pose has the least of, about mm²."""
        return self.distance + (AIR_WEIGHT * self.air) ** 2


def judge(pose: Pose, body: Body) -> Fit:
    """How well a pose fits, by much of the body near it."""
    sample = body.near(pose.shift, 1500)
    distance = float(np.sum(_surfaces(pose, body, sample) ** 2))
    astray = _saturate(_astray(pose, sample.air))
    return Fit(pose, distance, float(np.sqrt(np.mean(astray**2))) if astray.size else 0.0)


def _starts(body: Body, leans: Sequence[Floats]) -> list[Pose]:
    """Poses from the top of the body down, leaning in several directions."""
    mask = body.distance < 0
    heights = np.flatnonzero(mask.any(axis=(0, 1)))
    if not heights.size:
        return []
    top = body.grid.origin[2] + body.grid.step * heights[-1]
    bottom = body.grid.origin[2] + body.grid.step * heights[0]
    poses = []
    for z in np.arange(top + 20, max(bottom, top - 1100) - 30, -25.0):
        level = int(np.clip((z - body.grid.origin[2]) / body.grid.step, heights[0], heights[-1]))
        x, y = body.grid.origin[:2] + body.grid.step * np.argwhere(mask[:, :, level]).mean(0)
        poses += [Pose(lean, np.array([x, y, z]), np.zeros(3)) for lean in leans]
    return poses


def _refine(pose: Pose, body: Body, count: int, scales: int) -> Pose:
    sample = body.near(pose.shift, count)
    start = pose.vector()[: 6 + scales]
    solved = least_squares(
        lambda v: residuals(Pose.of(v), body, sample),
        start,
        method="trf",
        max_nfev=15,
        diff_step=1e-3,
    )
    return Pose.of(solved.x)


def fit(body: Body) -> Fit | None:
    """The best pose, or None without a body, or where nothing is anywhere near a head.

    Heads are looked for as patients lie; where none fits well, with the head tilted to a side,
    and turned about for a header that says so wrongly.
    """
    ranked = _ranked(body, LEANS)
    tilted: list[_Start] = []
    if not ranked or ranked[0][0] > HOPELESS:
        tilted = _ranked(body, TILTED)
        if not tilted or tilted[0][0] > HOPELESS:
            return None
    first = _best(body, ranked)
    if first is None or first.distance <= CLOSE_FIT:
        return first
    second = _best(body, tilted or _ranked(body, TILTED)) or first
    margin = BETTER if (second.pose.turn != first.pose.turn).any() else 0.0
    good = second.distance <= GOOD_FIT and second.cost < first.cost - margin
    return second if good else first


def near(pose: Pose, body: Body) -> Fit:
    """The pose that fits near another one, or that one where it fits as well.

    A head that another volume has told may have moved in between.
    """
    stays, moved = judge(pose, body), judge(_refine(pose, body, 700, 3), body)
    return moved if moved.cost < stays.cost - NO_MOVE else stays


def turned(body: Body, first: Fit) -> Iterator[Fit]:
    """The head turned about, wherever that fits as well: a cranium looks much alike."""
    for turn in np.array(_TURNS) * np.pi / 2:
        if (turn != first.pose.turn).any():
            other = _best(body, _ranked(body, [turn]), tried=2)
            if other is not None and other.distance <= first.distance + AS_WELL:
                yield other


_Start = tuple[float, Pose]


def _ranked(body: Body, leans: Sequence[Floats]) -> list[_Start]:
    """Starts with their costs, the best first."""
    costs = [(_cost(p, body, body.near(p.shift, 250)), p) for p in _starts(body, leans)]
    return sorted(costs, key=lambda start: start[0])


def _best(body: Body, ranked: Sequence[_Start], tried: int = 6) -> Fit | None:
    rough = [_refine(pose, body, 250, 1) for _, pose in ranked[:tried]]
    rough.sort(key=lambda p: _cost(p, body, body.near(p.shift, 600)))
    fine = [judge(_refine(pose, body, 700, 3), body) for pose in rough[: tried // 3 or 1]]
    return min(fine, key=lambda one: one.cost, default=None)
