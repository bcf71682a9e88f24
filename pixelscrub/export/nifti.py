"""Volumes of a series as NIfTI, with the tags that were kept beside them as JSON.

Values are in real units (after slope and intercept), as integers where they are. Only volumes whose
slices are evenly spaced and stand upright on one another are written: others have no place in a
NIfTI header, and nothing is interpolated.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.export.bids import name_of, sidecar
from pixelscrub.face.voxels.volumes import frames, rescale
from pixelscrub.intake.instance import Instance
from pixelscrub.intake.volumes import SAME_PLACE, Slice, Volume, read_slices, volumes
from pixelscrub.pixels.image import Image

UNEVEN: Final = 0.02
"""Steps between slices may differ by this part of a step."""


def write_volumes(instances: list[Instance], folder: Path) -> tuple[int, Counter[str]]:
    """Write each volume of a series as `.nii.gz` and `.json`.

    Returns:
        files written, and volumes or instances that make none, by reason.
    """
    slices, not_exported = _slices(instances)
    whole, rest = volumes(slices)
    not_exported.update([Reason.FACE_GEOMETRY] * len({s.instance.uid for s in rest}))
    files = 0
    for number, volume in enumerate(whole, 1):
        try:
            files += _write(volume, number, folder)
        except HeldError as error:
            not_exported[error.reason] += 1
    return files, not_exported


def _slices(instances: list[Instance]) -> tuple[list[Slice], Counter[str]]:
    slices: list[Slice] = []
    not_exported: Counter[str] = Counter()
    for instance in instances:
        try:
            found = read_slices(instance)
        except HeldError as error:
            not_exported[error.reason] += 1
            continue
        slices += found
        not_exported.update([] if found else [Reason.FACE_GEOMETRY])
    return slices, not_exported


def _write(volume: Volume, number: int, folder: Path) -> int:
    times = _times(volume)
    images = [_placed(_values(slices), slices) for slices in times]
    image = images[0] if len(images) == 1 else sitk.JoinSeries(images)
    tags = sidecar([s.instance for s in volume.slices])
    path = folder / name_of(volume.slices[0].instance, tags, number, len(images))
    with guarded(Reason.WRITE_FAILED):
        path.parent.mkdir(parents=True, exist_ok=True)
        sitk.WriteImage(image, str(path), useCompression=True)
        beside = path.with_name(path.name.replace(".nii.gz", ".json"))
        beside.write_text(json.dumps(tags, indent=1, sort_keys=True), encoding="utf-8")
    return 2


def _times(volume: Volume) -> list[list[Slice]]:
    """The slices of each time point: what lies in the same place follows by Instance Number."""
    places: list[list[Slice]] = []
    ordered = sorted((*volume.slices, *volume.repeats), key=lambda s: s.height)
    for one in ordered:
        if not places or one.height - places[-1][0].height > SAME_PLACE:
            places.append([])
        places[-1].append(one)
    if len({len(place) for place in places}) != 1:
        raise HeldError(Reason.FACE_GEOMETRY, "places are not repeated equally often")
    sorted_places = [sorted(p, key=lambda s: (s.instance.number, s.frame)) for p in places]
    return [list(time) for time in zip(*sorted_places, strict=True)]


def _values(slices: list[Slice]) -> npt.NDArray[Any]:
    """Values in real units, (slices, rows, columns): integers where all of them are."""
    stacked = np.stack(list(frames(slices)))
    if not all(_is_whole(one) for one in slices):
        return stacked
    whole = np.rint(stacked)
    kinds = (np.int16, np.int32)
    fitting = (k for k in kinds if np.iinfo(k).min <= whole.min() <= whole.max() <= np.iinfo(k).max)
    return whole.astype(next(fitting, np.float32))


def _is_whole(one: Slice) -> bool:
    """Whether real values are stored values plus a whole number."""
    with one.instance.source.open_instance() as file:
        slope, intercept = rescale(Image(file).header, one.frame)
    return slope == 1 and float(intercept).is_integer()


def _placed(values: npt.NDArray[Any], slices: list[Slice]) -> sitk.Image:
    positions = np.array([s.position for s in slices])
    steps = np.diff(positions, axis=0)
    step = steps.mean(axis=0)
    length = float(np.linalg.norm(step))
    first = slices[0]
    tolerance = max(UNEVEN * length, SAME_PLACE)
    if np.abs(steps - step).max() > tolerance:
        raise HeldError(Reason.FACE_GEOMETRY, "slices are not evenly spaced")
    if np.linalg.norm(step - first.normal * length) > tolerance:
        raise HeldError(Reason.FACE_GEOMETRY, "slices do not stand upright on one another")
    image = sitk.GetImageFromArray(values)
    image.SetOrigin(first.position.tolist())
    image.SetSpacing([first.spacing[1], first.spacing[0], length])
    axes = np.stack([first.along, np.cross(first.normal, first.along), first.normal], 1)
    image.SetDirection((axes / np.linalg.norm(axes, axis=0)).ravel().tolist())
    return image
