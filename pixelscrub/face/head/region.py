"""What goes: this person's face, from the air in front of it to a depth beneath the skin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from pixelscrub.face.head import template as prior
from pixelscrub.face.head.brain import find_brain, spared
from pixelscrub.face.head.eyes import eyes
from pixelscrub.face.head.fit import Pose
from pixelscrub.face.voxels.grid import Grid
from pixelscrub.face.voxels.skin import Mask, distance_to, signed_distance

Floats = npt.NDArray[np.floating]

# Template frame, mm: heights, half width and back of the face, and how deep it is taken out.
TOP: Final = 12.0
EYES_TOP: Final = 0.0
BOTTOM: Final = -152.0
HALF_WIDTH: Final = 66.0
BACK: Final = -38.0
DEEP: Final = 42.0
SHALLOW: Final = 12.0
WHOLE: Final = 0.85
"""Share of the face in view from which mouth and chin tell the pitch."""
THINNEST: Final = 7.0
"""No brain lies closer beneath the skin of brow and temples: scalp and skull together measure
10 mm and more in adults."""
MOVED: Final = 5.0
"""A surface that lies less than this from where it was still shows the face, mm."""
CHIN: Final = -135.0
BROW: Final = 0.0
RIM: Final = 10.0
"""Heights between which the surface must move, and how far from the edge of the zone, mm."""
SURFACE: Final = 6.0
"""Skin is looked at to this depth when what is left is counted, mm."""
ORBIT_X: Final = (10.0, 50.0)
ORBIT_Z: Final = (-48.0, -14.0)
GLOBE_MIDDLE: Final = -72.0
"""Where orbits lie to the sides and in height, and the plane through the middles of the globes;
as `template.LANDMARKS` has the eyes."""
THROAT_X: Final = 14.0
THROAT_Y: Final = (-25.0, 15.0)
THROAT_TOP: Final = -62.0
"""Where pharynx and larynx lie: behind the soft palate, before the spine."""
EARS: Final = ((-82.0, 15.0, -45.0), (82.0, 15.0, -45.0))
EAR_AXES: Final = (18.0, 30.0, 42.0)


@dataclass(frozen=True, slots=True)
class Region:
    """The face on a grid.

    Attributes:
        remove: what goes.
        checks: `surface_removed`: share of the facial skin in view that goes; `surface_moved`:
            share of its surface that then lies `MOVED` mm or more from what is left;
            `left_right`: that of the worse half of the face over that of the better one;
            `face_ml`: tissue that goes; `face_in_view`: share of the average face within the
            field of view.
        tissue: median of the tissue that goes, in the image's units.
    """

    remove: Mask
    checks: dict[str, float]
    tissue: float = 0.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to go beside the face, or to stay in spite of it.

    Attributes:
        ears: they go too.
        keep_orbits: their back halves stay.
        voxel: the original's longest side, mm: what is spared has to be so much larger.
        average_brain: the brain is where the average head has it: values do not tell.
    """

    ears: bool = False
    keep_orbits: bool = False
    voxel: float = 0.0
    average_brain: bool = False


def face_region(
    grid: Grid, body: Mask, pose: Pose, modality: str, wishes: Wishes | None = None
) -> Region:
    """The face of a fitted head on a grid around it."""
    wishes = wishes or Wishes()
    index = np.indices(body.shape).reshape(3, -1).T
    template = pose.to_template(grid.points(index)).reshape((*body.shape, 3))
    skin = signed_distance(body, grid.step)
    zone = _zone(template)
    wanted = zone & (skin > -_depth(template[..., 2]))
    if wishes.ears:
        wanted |= _ears(template)
    if wishes.keep_orbits:
        wanted &= ~_back_of_orbits(template)
    average = prior.at(prior.fields()[1], template).astype(np.float32)
    orbits = eyes(grid, template, average, pose, modality, in_view(grid, pose) < WHOLE)
    if wishes.average_brain:
        brain = (average < 0) & grid.inside
    else:
        brain = find_brain(grid, skin, average, modality)
    if modality == "CT":
        orbits &= ~brain  # bone parts them: what passes for brain is brain
    spare = spared(brain, grid.step, wishes.voxel) & ~orbits
    remove = wanted & ~(spare & (skin < -THINNEST))
    checks = _removed(grid, body, zone & (skin > -SURFACE), remove, pose)
    checks |= _moved(grid, body, _front(template), remove, template[..., 0])
    checks |= _kept(grid, body, brain & ~orbits, remove, template)
    tissue = grid.values[remove & body & grid.inside]
    return Region(remove, checks, round(float(np.median(tissue)), 3) if tissue.size else 0.0)


def _zone(template: Floats) -> Mask:
    """In front of the ears, between brow and throat."""
    x, y, z = np.moveaxis(template, -1, 0)
    narrowing = np.interp(z, [BOTTOM, -90.0, TOP], [HALF_WIDTH - 8, HALF_WIDTH, HALF_WIDTH])
    front = np.interp(z, [-30.0, TOP], [BACK, -62.0])
    return np.asarray((z > BOTTOM) & (z < TOP) & (np.abs(x) < narrowing) & (y < front))


def _depth(height: Floats) -> npt.NDArray[np.floating]:
    result: Floats = np.interp(height, [EYES_TOP - 4, EYES_TOP + 4], [DEEP, SHALLOW])
    return result


def _back_of_orbits(template: Floats) -> Mask:
    """What lies behind the middles of the globes, as far as the orbits reach."""
    x, y, z = np.moveaxis(template, -1, 0)
    across = (np.abs(x) > ORBIT_X[0]) & (np.abs(x) < ORBIT_X[1])
    return np.asarray(across & (z > ORBIT_Z[0]) & (z < ORBIT_Z[1]) & (y > GLOBE_MIDDLE))


def _kept(grid: Grid, body: Mask, brain: Mask, remove: Mask, template: Floats) -> dict[str, float]:
    """What science wants untouched: shares of brain, orbits and airway that go."""
    seen = grid.inside
    x, y, z = np.moveaxis(template, -1, 0)
    throat = (np.abs(x) < THROAT_X) & (y > THROAT_Y[0]) & (y < THROAT_Y[1]) & (z < THROAT_TOP)
    parts = {
        "brain_touched": brain & seen,
        "orbits_taken": _back_of_orbits(template) & body & seen,
        "airway_taken": throat & (z > BOTTOM) & body & seen,
    }
    shares = {name: float(remove[part].mean()) for name, part in parts.items() if part.any()}
    before = grid.values[brain & seen]
    after = grid.values[brain & seen & ~remove]
    if before.size and after.size and abs(float(before.mean())) > 0:
        shares["brain_mean_moved"] = abs(float(after.mean()) / float(before.mean()) - 1)
    return {name: round(share, 5) for name, share in shares.items()}


def _ears(template: Floats) -> Mask:
    inside = [np.sum(((template - e) / EAR_AXES) ** 2, axis=-1) < 1 for e in np.array(EARS)]
    return np.asarray(np.any(inside, axis=0))


def _removed(grid: Grid, body: Mask, surface: Mask, remove: Mask, pose: Pose) -> dict[str, float]:
    skin = surface & body & grid.inside
    return {
        "surface_removed": round(float(remove[skin].mean()), 4) if skin.any() else 0.0,
        "face_ml": round(float((remove & body & grid.inside).sum() * grid.step**3 / 1000), 1),
        "face_in_view": round(in_view(grid, pose), 4),
    }


def _moved(grid: Grid, body: Mask, front: Mask, remove: Mask, across: Floats) -> dict[str, float]:
    """How much of the surface between brow and chin is no longer where it was, by halves too."""
    outermost = body & ~ndimage.binary_erosion(body) & front & grid.inside
    left = body & ~remove
    away = distance_to(left, grid.step) >= MOVED
    halves = [away[outermost & side] for side in (across < 0, across >= 0)]
    if not all(half.size for half in halves):
        return {"surface_moved": 0.0, "left_right": 0.0}
    low, high = sorted(float(half.mean()) for half in halves)
    moved = float(np.concatenate(halves).mean())
    return {"surface_moved": round(moved, 4), "left_right": round(low / high, 4) if high else 0.0}


def _front(template: Floats) -> Mask:
    """The zone without its rim, behind which the skin goes on."""
    x, y, z = np.moveaxis(template, -1, 0)
    return np.asarray(
        (z > CHIN)
        & (z < BROW)
        & (np.abs(x) < HALF_WIDTH - RIM)
        & (y < BACK - RIM)
        & _zone(template)
    )


def in_view(grid: Grid, pose: Pose) -> float:
    """Share of the average face within the field of view."""
    front = prior.surface()
    points = pose.to_patient(front[_zone(front)])
    seen = grid.at(grid.inside.astype(np.float32), points, 0.0) > 0.5
    return float(seen.mean())
