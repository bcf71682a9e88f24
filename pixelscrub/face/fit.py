"""Find a head in a body's surface: fit the average head to it from many starts.

Both surfaces pull: points of the body's skin on the template's distance field, and points of
the template on the body's. Distances saturate, and what lies outside the field of view costs a
fixed sum, so that a head that is cut off fits as well as it can.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from pixelscrub.face import prior
from pixelscrub.face.grid import Grid

Floats = npt.NDArray[np.floating]

CUT_OFF: Final = 20.0
"""Distances (mm) saturate here."""
UNSEEN: Final = 6.0
"""What a template point outside the field of view costs, mm."""
FACE_WEIGHT: Final = 1.5
"""How much more the face counts than the rest of the head: it tells the pitch."""
REACH: Final = 190.0
"""Skin farther than this from a start is not looked at, mm."""


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
        """3 by 3, template to patient."""
        result: Floats = Rotation.from_euler("xyz", self.angles).as_matrix()
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
    """

    grid: Grid
    distance: npt.NDArray[np.float32]
    seen: npt.NDArray[np.float32]
    skin: Floats

    @classmethod
    def of(cls, grid: Grid, mask: npt.NDArray[np.bool_], distance: npt.NDArray[np.float32]) -> Body:
        """From a body mask on a grid."""
        well_inside = ndimage.binary_erosion(grid.inside, iterations=1)
        edge = mask & ~ndimage.binary_erosion(mask) & well_inside
        seen = ndimage.distance_transform_edt(~grid.inside) * grid.step
        return cls(grid, distance, seen.astype(np.float32), grid.points(np.argwhere(edge)))

    def near(self, centre: Floats, count: int) -> Floats:
        """At most `count` skin points around `centre`, the same ones each time."""
        close = self.skin[np.linalg.norm(self.skin - centre, axis=1) < REACH]
        chosen: Floats = close[np.random.default_rng(0).permutation(len(close))[:count]]
        return chosen


def _saturate(distances: Floats) -> Floats:
    result: Floats = distances / np.sqrt(1 + (distances / CUT_OFF) ** 2)
    return result


def residuals(pose: Pose, body: Body, skin: Floats) -> Floats:
    """Distances (mm) of both surfaces under a pose, weighed to be comparable, and weak priors."""
    back = pose.to_template(skin)
    theirs = _saturate(prior.at(prior.fields()[0], back))
    theirs[back[:, 2] < prior.LOWEST] = CUT_OFF / 2
    front = pose.to_patient(prior.surface())
    ours = _saturate(body.grid.at(body.distance, front, 1000.0))
    ours[body.grid.at(body.seen, front, 1000.0) > 0] = UNSEEN
    theirs *= np.where(_in_face(back), FACE_WEIGHT, 1.0)
    ours *= np.where(_in_face(prior.surface()), FACE_WEIGHT, 1.0)
    scale = pose.log_scale
    beliefs = np.array([*(pose.angles / 0.25), *(scale / 0.06), *((scale - scale.mean()) / 0.03)])
    return np.concatenate(
        [theirs / np.sqrt(max(len(theirs), 1)), ours / np.sqrt(len(ours)), 0.6 * beliefs]
    )


def _in_face(template: Floats) -> npt.NDArray[np.bool_]:
    return np.asarray((template[:, 1] < -60) & (template[:, 2] < -10))


def cost(pose: Pose, body: Body, skin: Floats) -> float:
    """Sum of squares of the residuals."""
    return float(np.sum(residuals(pose, body, skin) ** 2))


def cost_of(pose: Pose, body: Body) -> float:
    """The cost of a pose by all of the body's skin near it, about mm²."""
    return cost(pose, body, body.near(pose.shift, 1500))


def _starts(body: Body) -> list[Pose]:
    """Poses from the top of the body down, looking in several directions."""
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
        for pitch, yaw in product((-0.35, 0.0, 0.35), (-0.35, 0.0, 0.35)):
            angles = np.array([pitch, 0.0, yaw])
            poses.append(Pose(angles, np.array([x, y, z]), np.zeros(3)))
    return poses


def _refine(pose: Pose, body: Body, count: int, scales: int) -> Pose:
    skin = body.near(pose.shift, count)
    start = pose.vector()[: 6 + scales]
    solved = least_squares(
        lambda v: residuals(Pose.of(v), body, skin),
        start,
        method="trf",
        max_nfev=15,
        diff_step=1e-3,
    )
    return Pose.of(solved.x)


def fit(body: Body) -> tuple[Pose, float] | None:
    """The best pose and its cost (mean square distance, about mm²), or None without a body."""
    ranked = sorted(_starts(body), key=lambda p: cost(p, body, body.near(p.shift, 250)))
    rough = [_refine(pose, body, 250, 1) for pose in ranked[:6]]
    rough.sort(key=lambda p: cost(p, body, body.near(p.shift, 600)))
    fine = [_refine(pose, body, 700, 3) for pose in rough[:2]]
    costs = [cost_of(pose, body) for pose in fine]
    if not fine:
        return None
    best = int(np.argmin(costs))
    return fine[best], costs[best]
