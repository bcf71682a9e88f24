"""Group the frames of instances into volumes, by where they lie and never by file order.

Geometry is from Image Position and Image Orientation (Patient), PS3.3 section C.7.6.2; of enhanced
multi-frame objects from their functional groups, section C.7.6.16.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.intake.mosaic import KIND, image_type, tiles

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from pixelscrub.intake.instance import Instance

Floats = npt.NDArray[np.floating]

FEWEST: Final = 3
"""Fewer slices than these make no volume."""
SAME_PLACE: Final = 0.01
"""Positions closer than this along the normal are one and the same slice, mm."""
SAME_DIRECTION: Final = 0.01
"""Direction cosines that differ by less belong to one stack."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One frame and its place.

    Attributes:
        instance: the instance it is in.
        frame: its index from 0.
        position: centre of the first voxel, LPS mm.
        rows, columns: unit vectors along a row and down a column.
        spacing: mm between rows and between columns.
        shape: rows and columns.
        thickness: mm, 0 where it is not said.
        tile: first row and column in the frame, where that shows slices side by side.
        mosaic: rows and columns of that frame.
    """

    instance: Instance
    frame: int
    position: Floats
    along: Floats
    down: Floats
    spacing: tuple[float, float]
    shape: tuple[int, int]
    thickness: float
    tile: tuple[int, int] | None = None
    mosaic: tuple[int, int] | None = None

    @property
    def normal(self) -> Floats:
        """Unit vector across the slice."""
        result: Floats = np.cross(self.along, self.down)
        return result

    @property
    def height(self) -> float:
        """Place along the normal, mm."""
        return float(self.position @ self.normal)


@dataclass(frozen=True, slots=True)
class Volume:
    """Parallel slices of one series and one shape, in order along their normal.

    `repeats` holds what lies in the same places as `slices` (time points, b-values, echoes).
    """

    series: str
    frame_of_reference: str
    modality: str
    slices: list[Slice]
    repeats: list[Slice]

    @property
    def heights(self) -> Floats:
        """Place of each slice along the normal, mm, increasing."""
        return np.array([s.height for s in self.slices])


def read_slices(instance: Instance) -> list[Slice]:
    """Every frame of an instance with its place, or every slice of a mosaic.

    Empty where the header does not say enough.

    Raises:
        HeldError: FACE_GEOMETRY, where what the header says makes no sense.
    """
    from pydicom import dcmread

    with guarded(Reason.FACE_GEOMETRY), instance.source.open_instance() as file:
        header = dcmread(file, stop_before_pixels=True, force=True)
        if "PerFrameFunctionalGroupsSequence" in header:
            return list(_enhanced(instance, header))
        found = list(_single(instance, header))
        return [*tiles(found[0], header)] if found and KIND in image_type(header) else found


def _single(instance: Instance, header: Dataset) -> Iterator[Slice]:
    if int(header.get("NumberOfFrames") or 1) != 1 or not header.get("Rows"):
        return
    values = [header.get(name) for name in ("ImagePositionPatient", "ImageOrientationPatient")]
    if all(values) and header.get("PixelSpacing"):
        yield _slice(instance, 0, header, values, header)


def _enhanced(instance: Instance, header: Dataset) -> Iterator[Slice]:
    shared = (header.get("SharedFunctionalGroupsSequence") or [None])[0]
    for index, own in enumerate(header.PerFrameFunctionalGroupsSequence):
        groups = [g for g in (own, shared) if g is not None]
        position = _group(groups, "PlanePositionSequence", "ImagePositionPatient")
        direction = _group(groups, "PlaneOrientationSequence", "ImageOrientationPatient")
        measures = next(
            (g.PixelMeasuresSequence[0] for g in groups if "PixelMeasuresSequence" in g), None
        )
        if position is not None and direction is not None and measures is not None:
            yield _slice(instance, index, header, [position, direction], measures)


def _group(groups: list[Dataset], sequence: str, name: str) -> Any:
    return next((g[sequence][0].get(name) for g in groups if sequence in g), None)


def _slice(
    instance: Instance, frame: int, header: Dataset, place: list[Any], measures: Dataset
) -> Slice:
    position, direction = (np.array([float(x) for x in value]) for value in place)
    along, down = direction[:3], direction[3:]
    rows, columns = (float(x) for x in measures.PixelSpacing)
    is_sound = abs(along @ down) < 0.01 and all(
        abs(np.linalg.norm(v) - 1) < 0.01 for v in (along, down)
    )
    numbers = np.concatenate([position, direction, [rows, columns]])
    if not (is_sound and np.isfinite(numbers).all() and min(rows, columns) > 0):
        raise HeldError(Reason.FACE_GEOMETRY, "position or orientation is not sound")
    shape = (int(header.Rows), int(header.Columns))
    thickness = float(measures.get("SliceThickness") or 0)
    return Slice(instance, frame, position, along, down, (rows, columns), shape, thickness)


def volumes(slices: list[Slice]) -> tuple[list[Volume], list[Slice]]:
    """Stacks of parallel slices of each series, and the slices that are in none.

    A new stack starts where direction, shape, spacing or modality differ, or where slices do not
    line up across their planes. Slices at the same place are repeats of one volume.
    """
    stacks: list[list[Slice]] = []
    for one in slices:
        for stack in stacks:
            if _belongs(one, stack[0]):
                stack.append(one)
                break
        else:
            stacks.append([one])
    made = [_volume(stack) for stack in stacks]
    whole = [v for v in made if len(v.slices) >= FEWEST]
    rest = [s for v in made if len(v.slices) < FEWEST for s in (*v.slices, *v.repeats)]
    return whole, rest


def _belongs(one: Slice, first: Slice) -> bool:
    same = (one.instance.series, one.instance.frame_of_reference, one.shape) == (
        first.instance.series,
        first.instance.frame_of_reference,
        first.shape,
    )
    close = np.allclose(one.spacing, first.spacing, rtol=0.01) and np.allclose(
        [one.along, one.down], [first.along, first.down], atol=SAME_DIRECTION
    )
    return bool(same and close)


def _volume(stack: list[Slice]) -> Volume:
    ordered = sorted(stack, key=lambda s: (s.height, s.instance.number, s.instance.uid, s.frame))
    slices: list[Slice] = []
    repeats: list[Slice] = []
    for one in ordered:
        is_new = not slices or one.height - slices[-1].height > SAME_PLACE
        (slices if is_new else repeats).append(one)
    first = ordered[0].instance
    return Volume(first.series, first.frame_of_reference, first.modality, slices, repeats)
