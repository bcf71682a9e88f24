"""Put the frames of a study together into volumes, by where they lie in the patient.

Geometry comes from Image Position and Image Orientation (Patient), of the image or of each
frame's functional groups (PS3.3 C.7.6.2 and C.7.6.16), never from file order or numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.intake.instance import Instance

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Floats = npt.NDArray[np.floating[Any]]

MIN_SLICES: Final = 8
"""Fewer slices are no volume: they show a cut through the patient, not a surface."""
SAME_PLACE: Final = 0.05
"""Slices closer than this (mm) lie at one place."""
STRAIGHT: Final = 3.0
"""Slices that lie farther than this (mm) from the line through first and last are no stack."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One frame and where it lies.

    Attributes:
        instance: what holds it.
        frame: from 0.
        position: centre of its first pixel, LPS, mm.
        axes: unit vectors along its rows and columns, (2, 3).
        shape: rows and columns.
        spacing: mm between rows and between columns.
    """

    instance: Instance
    frame: int
    position: Floats
    axes: Floats
    shape: tuple[int, int]
    spacing: tuple[float, float]

    @property
    def normal(self) -> Floats:
        """Unit vector out of the plane."""
        return np.cross(self.axes[0], self.axes[1])

    def stack(self) -> tuple[object, ...]:
        """What slices of one stack have in common."""
        return (
            self.instance.series,
            self.shape,
            tuple(round(s, 3) for s in self.spacing),
            tuple((np.round(self.axes, 2) + 0.0).ravel().tolist()),
        )


@dataclass(frozen=True, slots=True)
class Volume:
    """Slices of one series in order along their normal, at most one at each place."""

    slices: list[Slice] = field(default_factory=list)

    @property
    def first(self) -> Slice:
        """The slice that lies lowest along the normal."""
        return self.slices[0]

    @property
    def heights(self) -> Floats:
        """Places of the slices along the line through them, from 0, mm."""
        offsets = np.array([s.position for s in self.slices]) - self.first.position
        heights: Floats = offsets @ (offsets[-1] / np.linalg.norm(offsets[-1]))
        return heights

    @property
    def direction(self) -> Floats:
        """Unit vector from the first slice to the last; leans off the normal in a tilted CT."""
        way = self.slices[-1].position - self.first.position
        result: Floats = way / np.linalg.norm(way)
        return result

    @property
    def frame_of_reference(self) -> str:
        """Frame of Reference UID, or an empty string."""
        return self.first.instance.frame_of_reference


def slices(instance: Instance, header: Dataset) -> Iterator[Slice]:
    """The frames of an instance that have a place; none where the header does not say it."""
    shape = (int(header.get("Rows") or 0), int(header.get("Columns") or 0))
    per_frame = header.get("PerFrameFunctionalGroupsSequence")
    shared = (header.get("SharedFunctionalGroupsSequence") or [None])[0]
    sources = [[header]] if per_frame is None else [[group, shared] for group in per_frame]
    for frame, groups in enumerate(sources):
        position = _numbers(groups, "PlanePositionSequence", "ImagePositionPatient", 3)
        axes = _numbers(groups, "PlaneOrientationSequence", "ImageOrientationPatient", 6)
        spacing = _numbers(groups, "PixelMeasuresSequence", "PixelSpacing", 2)
        if position is None or axes is None or spacing is None or not _is_usable(axes, spacing):
            continue
        pair = (float(spacing[0]), float(spacing[1]))
        yield Slice(instance, frame, position, axes.reshape(2, 3), shape, pair)


def _numbers(groups: list[Any], sequence: str, keyword: str, count: int) -> Floats | None:
    """Values of an element of the image, or of the first functional group that holds it."""
    for group in groups:
        if group is None:
            continue
        items = group.get(sequence) or []
        value = group.get(keyword) if not items else items[0].get(keyword)
        numbers = _finite(value)
        if len(numbers) == count:
            return np.array(numbers)
    return None


def _finite(value: Any) -> list[float]:
    try:
        numbers = [float(v) for v in value]
    except (TypeError, ValueError):
        return []
    return numbers if all(math.isfinite(n) and abs(n) < 1e5 for n in numbers) else []


def _is_usable(axes: Floats, spacing: Floats) -> bool:
    """Whether the axes are unit vectors at right angles, and pixels have a size."""
    rows, columns = axes.reshape(2, 3)
    lengths = np.array([rows @ rows, columns @ columns])
    return bool((abs(lengths - 1) < 0.02).all() and abs(rows @ columns) < 0.02 and min(spacing) > 0)


def volumes(found: Iterable[Slice]) -> list[Volume]:
    """Put slices into volumes, those of one series side by side.

    Slices at one place (time points, echoes, diffusion weightings) go to different volumes, in
    the order of instance number and frame. Stacks with too few slices are left out.
    """
    stacks: dict[tuple[object, ...], list[Slice]] = {}
    for piece in found:
        stacks.setdefault(piece.stack(), []).append(piece)
    parted = (volume for stack in stacks.values() for volume in _part(stack))
    return [v for v in parted if len(v.slices) >= MIN_SLICES and _is_straight(v)]


def _part(stack: list[Slice]) -> list[Volume]:
    normal = stack[0].normal
    stack.sort(key=lambda s: (s.instance.number, s.frame))
    stack.sort(key=lambda s: float(s.position @ normal))
    parts: list[Volume] = []
    place, turn = -math.inf, 0
    for piece in stack:
        height = float(piece.position @ normal)
        turn = turn + 1 if height - place < SAME_PLACE else 0
        place = height if turn == 0 else place
        if turn == len(parts):
            parts.append(Volume())
        parts[turn].slices.append(piece)
    return parts


def _is_straight(volume: Volume) -> bool:
    offsets = np.array([s.position for s in volume.slices]) - volume.first.position
    aside = offsets - np.outer(offsets @ volume.direction, volume.direction)
    leans = float(volume.direction @ volume.first.normal) > 0.5
    return bool(leans and np.linalg.norm(aside, axis=1).max() < STRAIGHT)
