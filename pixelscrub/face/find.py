"""Look for faces in one study: find the head once a frame of reference, draw it in every series.

The voxels decide. A header says where to look first: how values are to be read, where slices lie,
how large they are. Where no head fits so, and a face is seen all the same, it is not believed.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from pixelscrub.errors import HeldError, Reason
from pixelscrub.face.decide import look_at
from pixelscrub.face.plans import FaceCheck, Findings, FoundFaces
from pixelscrub.face.subject import is_mosaic, is_projection, may_show_head, says_head
from pixelscrub.face.voxels.volumes import is_oversized, is_sparse
from pixelscrub.intake.instance import Instance
from pixelscrub.intake.unplaced import guess_slices, guess_volumes
from pixelscrub.intake.volumes import FEWEST, Slice, Volume, read_slices, volumes
from pixelscrub.recipe import FaceSettings

__all__ = ["FaceCheck", "FoundFaces", "find_faces"]

X: Final = np.array([1.0, 0.0, 0.0])
Y: Final = np.array([0.0, 1.0, 0.0])
"""Along rows and down columns, for slices that do not say where they lie."""


def find_faces(
    instances: list[Instance],
    settings: FaceSettings,
    folder: Path,
    check: FaceCheck | None = None,
) -> FoundFaces:
    """Find the faces in a study's volumes, and write their masks into `folder`.

    Every volume is looked at, whatever part of the body its header names. Slices that make no
    volume are masked by a head that was found in their frame of reference.

    Args:
        instances: of the study.
        settings: of the recipe.
        folder: where masks go.
        check: tells by other means whether a volume shows a face: asked once a mask was found,
            and where no head fits. Without one the fit alone is believed.
    """
    found = Findings(settings, folder, check)
    placed, unplaced = _slices_of(instances, found)
    whole, rest = volumes(placed)
    oversized = [_unscaled(volume) for volume in whole if is_oversized(volume)]
    whole = [volume for volume in whole if not is_oversized(volume)]
    sparse = [volume for volume in whole if is_sparse(volume)]
    whole = [volume for volume in whole if not is_sparse(volume)]
    rest += [s for volume in sparse for s in (*volume.slices, *volume.repeats)]
    rest, stacked = _in_one_place(rest)
    guessed, unstacked = guess_volumes([*unplaced, *stacked])
    for volume in sorted([*whole, *oversized, *guessed], key=_promise, reverse=True):
        look_at(volume, found)
    found.leave(unstacked)
    for one in rest:
        head = found.heads.get(one.instance.frame_of_reference)
        if head is None:
            found.leave([one])
        else:
            found.add_carried([one], head)
    loose = [one for uid, one in found.loose.items() if uid not in found.held]
    return FoundFaces(found.plans, found.held, loose)


def _slices_of(instances: list[Instance], found: Findings) -> tuple[list[Slice], list[Slice]]:
    """Slices that say where they lie, and frames that do not; pictures are left aside."""
    placed: list[Slice] = []
    unplaced: list[Slice] = []
    for instance in instances:
        try:
            if not may_show_head(instance):
                continue
            if is_projection(instance):
                found.loose[instance.uid] = instance
                continue
            slices = read_slices(instance)
            if not slices and is_mosaic(instance):  # without its private header
                found.held[instance.uid] = Reason.FACE_IN_DERIVED
                continue
            placed += slices
            told = {s.frame for s in slices}
            unplaced += [s for s in guess_slices(instance, _stored) if s.frame not in told]
        except HeldError as error:
            found.held[instance.uid] = error.reason
    return placed, unplaced


def _stored(file: BinaryIO) -> int | None:
    """Frames that the pixel data hold, whatever the header says; None where they do not tell."""
    from pixelscrub.pixels.image import Image

    with suppress(HeldError):
        info = Image(file).info
        return None if info is None else info.frames
    return None


def _unscaled(volume: Volume) -> Volume:
    """The same without a say of how large it is."""
    slices, repeats = (
        [replace(one, is_scaled=False) for one in part] for part in (volume.slices, volume.repeats)
    )
    return replace(volume, slices=slices, repeats=repeats)


def _in_one_place(rest: list[Slice]) -> tuple[list[Slice], list[Slice]]:
    """Parts those from `rest` that say they lie in the same place, three and more of them."""
    places: dict[tuple[object, ...], list[Slice]] = {}
    for one in rest:
        numbers = (*one.position, *one.along, *one.down)
        key = (one.shape, *(round(float(x), 2) for x in numbers))
        places.setdefault(key, []).append(one)
    alone = [s for group in places.values() if len(group) < FEWEST for s in group]
    stacked = [
        replace(s, is_placed=False, is_scaled=s.thickness > 0, along=X, down=Y)
        for group in places.values()
        if len(group) >= FEWEST
        for s in group
    ]
    return alone, stacked


def _promise(volume: Volume) -> float:
    """How likely a volume shows all of the head: its extent, as far as a head reaches.

    What the header says of the head comes first, and what does not say where it lies last.
    """
    heights = volume.heights
    first = volume.slices[0]
    sides = [n * s for n, s in zip(first.shape, first.spacing, strict=True)]
    extent = float(np.prod(np.minimum([*sides, heights[-1] - heights[0]], 260.0)))
    said = 1.5 if says_head(first.instance) else 1.0
    return extent * said * (1.0 if volume.is_sure else 1e-9)
