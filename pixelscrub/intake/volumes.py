"""Group the frames of instances into volumes, by where they lie and never by file order.

Geometry is from Image Position and Image Orientation (Patient), PS3.3 section C.7.6.2; of enhanced
multi-frame objects from their functional groups, section C.7.6.16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
PASSES: Final = ("AcquisitionNumber", "TemporalPositionIdentifier", "AcquisitionTime")
"""What differs between passes of one series (PS3.3 C.7.6.1, C.8.3.1, C.7.6.1)."""
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
        is_placed: whether the header says position and direction; else both are made up.
        is_scaled: whether the header says how large pixels are, and how far slices lie apart.
        order: what tells passes apart whose slices have the same numbers.
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
    is_placed: bool = True
    is_scaled: bool = True
    order: tuple[float, ...] = ()

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

    @property
    def is_sure(self) -> bool:
        """Whether the header says position, direction and scale."""
        return self.slices[0].is_placed and self.slices[0].is_scaled

    def passes(self) -> list[list[Slice]]:
        """The repeats, pass by pass: the n-th slices at each place, in order along the normal."""
        found: list[list[Slice]] = []
        for at_one_place in _by_place(self.repeats):
            for count, one in enumerate(at_one_place):
                if count == len(found):
                    found.append([])
                found[count].append(one)
        return found


def _by_place(slices: list[Slice]) -> Iterator[list[Slice]]:
    """Slices that lie in one place; those that follow one another are in order."""
    group: list[Slice] = []
    for one in slices:
        if group and one.height - group[0].height > SAME_PLACE:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


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


def _has_one_frame(header: Dataset) -> bool:
    """Whether it says so; a number that is none says nothing, and the pixel data are asked."""
    try:
        return int(header.get("NumberOfFrames") or 1) == 1
    except (TypeError, ValueError):
        return False


def _single(instance: Instance, header: Dataset) -> Iterator[Slice]:
    if not _has_one_frame(header) or not header.get("Rows"):
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
    order = tuple(_number(header.get(name)) for name in PASSES)
    spacing = (rows, columns)
    return Slice(instance, frame, position, along, down, spacing, shape, thickness, order=order)


def _number(value: Any) -> float:
    """A number or a time of day (HHMMSS.F) as a number; 0 for anything else."""
    try:
        number = float(str(value or 0))
    except ValueError:
        return 0.0
    return number if np.isfinite(number) else 0.0


def volumes(slices: list[Slice]) -> tuple[list[Volume], list[Slice]]:
    """Stacks of parallel slices of each series, and the slices that are in none.

    A new stack starts where direction, shape or spacing differ. Slices at the same place are
    repeats of one volume. What is left over is stacked once more whatever its series: tools that
    de-identify give each slice a Series or Frame of Reference UID of its own.
    """
    whole, rest = _stacked(slices, lambda s: s.instance.series)
    more, rest = _stacked(rest, lambda _: "")
    return [*whole, *more], rest


def _stacked(
    slices: list[Slice], series: Callable[[Slice], str]
) -> tuple[list[Volume], list[Slice]]:
    stacks: dict[tuple[str, tuple[int, int]], list[list[Slice]]] = {}
    for one in slices:
        alike = stacks.setdefault((series(one), one.shape), [])
        stack = next((stack for stack in alike if _is_parallel(one, stack[0])), None)
        if stack is None:
            alike.append([one])
        else:
            stack.append(one)
    made = [_volume(part) for alike in stacks.values() for stack in alike for part in _runs(stack)]
    whole = [v for v in made if len(v.slices) >= FEWEST]
    rest = [s for v in made if len(v.slices) < FEWEST for s in (*v.slices, *v.repeats)]
    return whole, rest


def _is_parallel(one: Slice, first: Slice) -> bool:
    """Whether two slices have one direction, and pixels of one size."""
    numbers = [*one.along, *one.down], [*first.along, *first.down]
    close = max(abs(a - b) for a, b in zip(*numbers, strict=True)) <= SAME_DIRECTION
    sizes = zip(one.spacing, first.spacing, strict=True)
    return close and all(abs(a - b) <= 0.01 * b for a, b in sizes)


def _runs(stack: list[Slice]) -> list[list[Slice]]:
    """A stack cut into the passes that were made one after another, where they interleave.

    Passes that lie in the very same places are none of these: they are told by their places.
    """
    order = sorted(stack, key=_turn)
    heights = [s.height for s in order]
    runs: list[list[Slice]] = [[order[0]]]
    way = 0.0
    for one, before, here in zip(order[1:], heights, heights[1:], strict=False):
        step = here - before
        if way * step < 0 or abs(step) <= SAME_PLACE:
            runs.append([])
            way = 0.0
        else:
            way = step
        runs[-1].append(one)
    return runs if _interleave(runs) else [stack]


def _turn(one: Slice) -> tuple[int, tuple[float, ...], str, int]:
    """When a slice's turn is among those in one place."""
    return one.instance.number, one.order, one.instance.uid, one.frame


def _interleave(runs: list[list[Slice]]) -> bool:
    """Whether several even stacks lie over one another, and do not make one even stack."""
    if len(runs) < 2 or min(len(run) for run in runs) < FEWEST:
        return False
    heights = [sorted(s.height for s in run) for run in runs]
    if not all(_is_even(one) for one in heights) or _is_even(
        sorted(h for one in heights for h in one)
    ):
        return False
    first, others = heights[0], heights[1:]
    overlap = all(h[0] < first[-1] and h[-1] > first[0] for h in others)
    places = {round(h / SAME_PLACE) for h in first}
    return overlap and all(not places & {round(h / SAME_PLACE) for h in hs} for hs in others)


def _is_even(heights: list[float]) -> bool:
    steps = np.diff(heights)
    return bool(steps.max() < 1.2 * steps.min())


def _volume(stack: list[Slice]) -> Volume:
    ordered = sorted(stack, key=lambda s: (s.height, *_turn(s)))
    slices: list[Slice] = []
    repeats: list[Slice] = []
    for one in ordered:
        is_new = not slices or one.height - slices[-1].height > SAME_PLACE
        (slices if is_new else repeats).append(one)
    first = ordered[0].instance
    return Volume(first.series, first.frame_of_reference, first.modality, slices, repeats)
