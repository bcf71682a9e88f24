"""What goes: this person's face, from the air in front of it to a depth beneath the skin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from pixelscrub.face import prior
from pixelscrub.face.brain import protected
from pixelscrub.face.fit import Pose
from pixelscrub.face.grid import Grid
from pixelscrub.face.skin import Mask, signed_distance

Floats = npt.NDArray[np.floating]

# Template frame, mm: heights, half width and back of the face, and how deep it is taken out.
TOP: Final = 12.0
EYES_TOP: Final = 0.0
BOTTOM: Final = -152.0
HALF_WIDTH: Final = 66.0
BACK: Final = -38.0
DEEP: Final = 42.0
SHALLOW: Final = 12.0
EYE: Final = 16.0
EYE_MIDDLE: Final = np.array([31.0, -72.0, -30.0])
EYE_PLAY: Final = 11.0
WHOLE: Final = 0.85
"""Share of the face in view from which mouth and chin tell the pitch."""
BEHIND: Final = np.array([-4.0, 12.0, -1.0])
"""From the middle of the left globe to the middle of the muscle cone behind it, mm."""
SURFACE: Final = 6.0
"""Skin is looked at to this depth when what is left is counted, mm."""
EARS: Final = ((-82.0, 15.0, -45.0), (82.0, 15.0, -45.0))
EAR_AXES: Final = (18.0, 30.0, 42.0)


@dataclass(frozen=True, slots=True)
class Region:
    """The face on a grid.

    Attributes:
        remove: what goes.
        checks: `surface_removed`: share of the facial skin in view that goes; `face_ml`: tissue
            that goes; `face_in_view`: share of the average face within the field of view.
    """

    remove: Mask
    checks: dict[str, float]


def face_region(grid: Grid, body: Mask, pose: Pose, modality: str, ears: bool) -> Region:
    """The face of a fitted head on a grid around it."""
    index = np.indices(body.shape).reshape(3, -1).T
    template = pose.to_template(grid.points(index)).reshape((*body.shape, 3))
    skin = signed_distance(body, grid.step)
    zone = _zone(template)
    wanted = zone & (skin > -_depth(template[..., 2]))
    if ears:
        wanted |= _ears(template)
    average = prior.at(prior.fields()[1], template).astype(np.float32)
    eyes = _eyes(template, average, _in_view(grid, pose))
    spare = protected(grid, skin, average, modality) & ~eyes
    remove = wanted & ~(spare & body)
    return Region(remove, _checks(grid, body, zone & (skin > -SURFACE), remove, pose))


def _zone(template: Floats) -> Mask:
    """In front of the ears, between brow and throat."""
    x, y, z = np.moveaxis(template, -1, 0)
    narrowing = np.interp(z, [BOTTOM, -90.0, TOP], [HALF_WIDTH - 8, HALF_WIDTH, HALF_WIDTH])
    front = np.interp(z, [-30.0, TOP], [BACK, -62.0])
    return np.asarray((z > BOTTOM) & (z < TOP) & (np.abs(x) < narrowing) & (y < front))


def _depth(height: Floats) -> npt.NDArray[np.floating]:
    result: Floats = np.interp(height, [EYES_TOP - 4, EYES_TOP + 4], [DEEP, SHALLOW])
    return result


def _eyes(template: Floats, average: Floats, in_view: float) -> Mask:
    """Globes and the cones behind them, which must not pass for brain.

    Without mouth and chin the pitch is loose: there the eyes are looked for higher as well.
    """
    loose = in_view < WHOLE
    offset = template * np.where(template[..., :1] < 0, [-1, 1, 1], 1) - EYE_MIDDLE
    if loose:
        offset[..., 2] -= np.clip(offset[..., 2], 0.0, EYE_PLAY)
    globe = np.linalg.norm(offset, axis=-1) < EYE
    cone = np.linalg.norm(offset - BEHIND, axis=-1) < EYE - 4
    return np.asarray((globe | cone) & (average > (4.0 if loose else 0.0)))


def _ears(template: Floats) -> Mask:
    inside = [np.sum(((template - e) / EAR_AXES) ** 2, axis=-1) < 1 for e in np.array(EARS)]
    return np.asarray(np.any(inside, axis=0))


def _checks(grid: Grid, body: Mask, surface: Mask, remove: Mask, pose: Pose) -> dict[str, float]:
    skin = surface & body & grid.inside
    return {
        "surface_removed": round(float(remove[skin].mean()), 4) if skin.any() else 0.0,
        "face_ml": round(float((remove & body & grid.inside).sum() * grid.step**3 / 1000), 1),
        "face_in_view": round(_in_view(grid, pose), 4),
    }


def _in_view(grid: Grid, pose: Pose) -> float:
    """Share of the average face within the field of view."""
    front = prior.surface()
    points = pose.to_patient(front[_zone(front)])
    seen = grid.at(grid.inside.astype(np.float32), points, 0.0) > 0.5
    return float(seen.mean())
