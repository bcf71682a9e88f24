"""What becomes of one volume: its face goes, it has none, or it is held.

First it is looked at as its header states it. Where no head fits, and a face is seen all the same,
it is turned and scaled as a head would have it. What then shows a face still is held.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeGuard

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.face.head.fit import HOPELESS
from pixelscrub.face.head.trials import rank_trials, reshaped, resized
from pixelscrub.face.mask import HALF, OUT_OF_VIEW, HeadFit, fit_head, on_grid
from pixelscrub.face.plans import Findings
from pixelscrub.face.subject import is_colour, kind_of, says_head
from pixelscrub.face.voxels.grid import Placed
from pixelscrub.face.voxels.readings import VoxelReading, read_values
from pixelscrub.face.voxels.skin import threshold_of
from pixelscrub.face.voxels.volumes import Planes, is_gapped, place, read_planes
from pixelscrub.intake.volumes import FEWEST, Slice, Volume

NEIGHBOURS_ALIKE: Final = 0.5
"""Median correlation of slices that follow one another, from which frames are a volume."""
NEAREST_ALIKE: Final = 0.85
"""The same of each slice with the one that is most like it, from which slices are a volume in some
order. Slices of 19 real heads have 0.87 and more on grids of 3 mm, single slices of several heads
0.81."""
FEWEST_SHUFFLED: Final = 8
"""Frames; fewer make no head whose order could be lost."""
SAME_PICTURE: Final = 1 - 1e-4
"""Correlation from which two frames are one picture, as where a cine stands still or repeats."""
LEAST_SPREAD: Final = 0.2
"""1 less the median correlation of any two slices: those of real heads have 0.35 and more, of drawn
ones 0.26; what is all alike is one scene in time."""
OUT_OF_ORDER: Final = 1.5
"""How many times farther from 1 the correlation of slices that follow one another then is, where
the order is lost: at most 1.3 in 19 real heads and 9 multi-frame files in their order, at least 1.6
in those heads with every other slice first, 1.9 with all shuffled (grids of 1.5, 3 and 6 mm)."""
SAME_HEAD: Final = 0.97
"""Dice's coefficient of the tissue of two passes, from which the head has not moved."""
THINNED: Final = 64
"""Voxels along each axis that are compared for that."""
LIKELY: Final = 0.5
"""Score of the check from which what fits a head may have a face. Heads score 0.93 and more, those
whose face is gone up to 0.6, drawn knees 0.4 (`python -m benchmarks.faces --bodies`)."""
NOT_PLACED: Final = "not_placed"
"""Reason of a volume in which no head fits in any way, and whose header does not place it."""
NO_FACE_SEEN: Final = "no_face_seen"
"""Reason of a volume that is somewhat like a head, and shows no face."""


@dataclass(frozen=True, slots=True)
class StackedPlanes:
    """A volume as its header states it, or as a trial has it."""

    volume: Volume
    planes: Planes
    is_stated: bool = True
    is_scaled: bool = True

    @property
    def placed(self) -> Placed:
        """Its values where they lie."""
        return place(self.planes, self.volume)

    @property
    def everything(self) -> list[Slice]:
        """All slices of all passes."""
        return [*self.volume.slices, *self.volume.repeats]

    def fit(self, found: Findings) -> HeadFit | str:
        """The head in it, or why there is none."""
        known = found.known(self.volume.frame_of_reference) if self.is_stated else None
        hint = kind_of(self.volume.slices[0].instance)
        return fit_head(
            self.placed,
            hint,
            ears=found.settings.ears,
            keep_orbits=found.settings.orbits == "keep_back",
            known=known,
            is_scaled=self.is_stated or self.is_scaled,
        )


def look_at(volume: Volume, found: Findings) -> None:
    """Look for the head in one volume, and in each of its passes."""
    try:
        with guarded(Reason.FACE_FAILED):
            view = StackedPlanes(volume, read_planes(volume))
            if volume.is_sure:
                _look_as_stated(view, found)
            else:
                _look_as_ordered(view, found)
    except HeldError as error:
        found.hold([*volume.slices, *volume.repeats], error.reason)


def _look_as_ordered(view: StackedPlanes, found: Findings) -> None:
    """Frames in the order of their numbers: a volume, one whose order is lost, or no volume."""
    patterns = _patterns(view.planes.values)
    alike = patterns @ patterns.T
    neighbours = float(np.median(np.diagonal(alike, 1)))
    if _is_out_of_order(alike, neighbours):
        found.hold(view.everything, Reason.FACE_GEOMETRY)
    elif neighbours >= NEIGHBOURS_ALIKE:
        _look_by_trials(view, NOT_PLACED, found)
    else:
        found.leave(view.everything)


def _is_out_of_order(alike: npt.NDArray[np.float32], neighbours: float) -> bool:
    """Whether frames are slices of one thing, of which those that belong together are apart.

    Args:
        alike: correlation of each frame with each.
        neighbours: its median over frames that follow one another.
    """
    spread = 1 - float(np.median(alike[np.triu_indices(len(alike), 1)]))
    if len(alike) < FEWEST_SHUFFLED or spread < LEAST_SPREAD:
        return False
    others = np.where(alike >= SAME_PICTURE, -1.0, alike)
    nearest = float(np.median(others.max(axis=1)))
    return nearest >= NEAREST_ALIKE and 1 - neighbours > OUT_OF_ORDER * (1 - nearest)


def _patterns(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Each frame as a vector of mean 0 and length 1: products are correlations."""
    thin = _thinned(values, axes=(1, 2))
    flat = thin.reshape(len(thin), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    size = np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return np.asarray(flat / size, np.float32)


def _thinned(
    values: npt.NDArray[np.float32], axes: tuple[int, ...] = (0, 1, 2)
) -> npt.NDArray[np.float32]:
    """Every so many values along some axes."""
    strides = [max(1, n // THINNED) if k in axes else 1 for k, n in enumerate(values.shape)]
    return values[tuple(slice(None, None, stride) for stride in strides)]


def _look_as_stated(view: StackedPlanes, found: Findings) -> None:
    head = view.fit(found)
    if _is_clear(head, view, found):
        if _is_face_likely(head, view, found):
            _keep(view, head, found)
        else:
            _keep_faceless(view, head, found)
    elif _is_face_seen(head, view, found):
        _look_by_trials(view, head, found)
    else:
        _keep_faceless(view, head, found)


def _look_by_trials(view: StackedPlanes, head: HeadFit | str, found: Findings) -> None:
    """Turn and scale a volume as a head would have it; what is clear in no way is held.

    Args:
        view: as it is stated.
        head: what was found so.
        found: where the answer goes.
    """
    for trial in _trials(view) if found.check or not view.volume.is_sure else ():
        other = trial.fit(found)
        if _is_clear(other, trial, found):
            _keep(trial, other, found)
            return
    if view.volume.is_sure or _is_face_seen(head, view, found):
        _keep_unclear(view, head, found)
    else:
        _keep_faceless(view, head, found)


def _trials(view: StackedPlanes) -> Iterator[StackedPlanes]:
    """The views of a volume in which a head fits best, roughly."""
    for reading in _readings(view):
        for trial in rank_trials(view.planes, reading, view.volume):
            if trial.cost > HOPELESS:
                break
            is_scaled = (trial.pixel, trial.step) == (1.0, 1.0) and view.volume.slices[0].is_scaled
            volume, planes = reshaped(view.volume, trial), resized(view.planes, trial)
            yield StackedPlanes(volume, planes, is_stated=False, is_scaled=is_scaled)


def _is_clear(head: HeadFit | str, view: StackedPlanes, found: Findings) -> TypeGuard[HeadFit]:
    """Whether a head was found whose mask takes the face out, also for who looks once more."""
    if isinstance(head, str) or head.status != "removed":
        return False
    if found.check is None:
        return True
    planes, gone = view.planes, on_grid(view.placed, head.region) >= HALF
    # A trial's sizes are a guess: a face that they squash is one all the same.
    spacings = (planes.spacing,) if view.is_stated else (planes.spacing, None)
    return not any(found.check(planes.values, size, gone).is_face for size in spacings)


def _is_face_seen(head: HeadFit | str, view: StackedPlanes, found: Findings) -> bool:
    """Whether a volume shows a face, as far as can be told without a head that fits."""
    if found.check is None:
        return not isinstance(head, str)
    if found.check(view.planes.values, None).is_face:
        return True
    placed, readings = view.placed, _readings(view)
    if readings and readings[0].tissue != "bright" and not isinstance(head, str):
        return True  # something of a head in air of noise, which the check may be blind to
    others = (r for r in readings if r.tissue != "bright")
    surfaces = (sitk.GetArrayFromImage(reading.surface(placed).image) for reading in others)
    return any(found.check(values, None).is_face for values in surfaces)


def _is_face_likely(head: HeadFit, view: StackedPlanes, found: Findings) -> bool:
    """Whether what fits is not a knee: the header says head, or something of a face is seen."""
    if found.check is None or says_head(view.volume.slices[0].instance):
        return True
    surface = head.reading.surface(head.reading.real(view.placed)).image
    seen = found.check(sitk.GetArrayFromImage(surface), view.planes.spacing)
    return seen.score >= LIKELY


def _readings(view: StackedPlanes) -> list[VoxelReading]:
    return read_values(view.placed.image, kind_of(view.volume.slices[0].instance))


def _keep(view: StackedPlanes, head: HeadFit, found: Findings) -> None:
    """A head and its mask, pass by pass."""
    volume = view.volume
    if is_gapped(volume) or is_colour(volume.slices[0].instance):
        found.hold(view.everything, Reason.FACE_GEOMETRY)
        return
    if view.is_stated and volume.frame_of_reference:
        found.heads.setdefault(volume.frame_of_reference, head)
    found.add_head(volume, head)
    alike: list[Slice] = []
    for slices in volume.passes():
        one = replace(volume, slices=slices, repeats=[])
        if len(slices) < FEWEST or _has_not_moved(one, view):
            alike += slices
        else:
            _keep_moved(one, view, found)
    if alike:
        found.add_head(replace(volume, slices=sorted(alike, key=lambda s: s.height)), head)


def _has_not_moved(volume: Volume, first: StackedPlanes) -> bool:
    """Whether another pass shows the head in the same place."""
    return is_alike(read_planes(volume).values, first.planes.values)


def _keep_moved(volume: Volume, first: StackedPlanes, found: Findings) -> None:
    """A pass in which the head lies elsewhere has a mask of its own."""
    view = replace(first, volume=volume, planes=read_planes(volume))
    head = view.fit(found)
    if _is_clear(head, view, found):
        found.add_head(volume, head)
    else:
        found.hold(volume.slices, Reason.FACE_PARTIAL)


def is_alike(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> bool:
    """Whether two passes show the same tissue in the same places."""
    if one.shape != other.shape:
        return False
    tissues = [values > threshold_of(values, "PT") for values in map(_thinned, (one, other))]
    both, total = np.sum(tissues[0] & tissues[1]), np.sum(tissues[0]) + np.sum(tissues[1])
    return bool(2 * both >= SAME_HEAD * total)


def _keep_faceless(view: StackedPlanes, head: HeadFit | str, found: Findings) -> None:
    """A volume that shows no face: by the head of its frame of reference, or as it is.

    What is too thin for a volume, or is not sure to be one, may still be a picture of a profile.
    """
    volume = view.volume
    known = found.heads.get(volume.frame_of_reference)
    if head != OUT_OF_VIEW and known is not None:
        found.add_carried(view.everything, known)
        return
    if isinstance(head, str):
        found.add_none(volume, [head], {})
    else:
        found.add_none(volume, [NO_FACE_SEEN, *head.reasons], head.checks)
    if head == "too_thin" or not volume.is_sure:
        found.leave(view.everything)
    believed = found.check is not None or head == OUT_OF_VIEW
    if not believed and says_head(volume.slices[0].instance):
        found.hold(view.everything, Reason.FACE_PARTIAL)


def _keep_unclear(view: StackedPlanes, head: HeadFit | str, found: Findings) -> None:
    """A volume that shows a face of which a part may remain."""
    if isinstance(head, str):
        found.add_none(view.volume, [head], {})
        reason = Reason.FACE_PARTIAL if view.volume.is_sure else Reason.FACE_GEOMETRY
        found.hold(view.everything, reason)
        return
    found.add_head(view.volume, head)
    if view.volume.repeats:
        found.add_head(replace(view.volume, slices=view.volume.repeats, repeats=[]), head)
    if head.status == "removed":
        found.hold(view.everything, Reason.FACE_LEFT)
    elif found.settings.partial == "hold":
        found.hold(view.everything, Reason.FACE_PARTIAL)
