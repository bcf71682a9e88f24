"""Stacks of slices whose headers do not say where they lie: made up from what is there.

The order is that of instances and frames; direction and scale are left open, and are told by the
head itself (`face/head/trials.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.intake.volumes import FEWEST, Slice, Volume

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from pixelscrub.intake.instance import Instance

SPACINGS: Final = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
"""Where the size of pixels stands (PS3.3 C.7.6.2, C.8.6.2)."""
STEPS: Final = ("SpacingBetweenSlices", "SliceThickness")
MOST_FRAMES: Final = 20_000
"""More frames than these in one object are not believed to be slices."""


def guess_slices(
    instance: Instance, stored: Callable[[BinaryIO], int | None] | None = None
) -> list[Slice]:
    """Every frame of an instance that does not say where it lies, in a made-up place.

    Position is that of its number alone: 1 mm, or what is said of the distance, for each.

    Args:
        instance: the instance.
        stored: tells of a file how many frames its pixel data hold, or None where they do not
            tell; asked where the header says that there are several.

    Raises:
        HeldError: FRAME_COUNT, where there are too many; FACE_GEOMETRY, where the header cannot be
            read.
    """
    from pydicom import dcmread

    with guarded(Reason.FACE_GEOMETRY), instance.source.open_instance() as file:
        header = dcmread(file, stop_before_pixels=True, force=True)
        count = _count(header, file)
        rows, columns = (int(header.get(name) or 0) for name in ("Rows", "Columns"))
        if min(rows, columns) < 1:
            return []
        if count > 1 and stored is not None:
            file.seek(0)
            count = stored(file) or count
        if count > MOST_FRAMES:
            raise HeldError(Reason.FRAME_COUNT, "too many frames")
        spacing, step = _spacing(header), _step(header)
        one = Slice(
            instance=instance,
            frame=0,
            position=np.zeros(3),
            along=np.array([1.0, 0.0, 0.0]),
            down=np.array([0.0, 1.0, 0.0]),
            spacing=spacing or (1.0, 1.0),
            shape=(rows, columns),
            thickness=step,
            is_placed=False,
            is_scaled=spacing is not None and step > 0,
        )
        return [replace(one, frame=frame) for frame in range(count)]


def _count(header: Dataset, file: BinaryIO) -> int:
    """Frames as the header says; where that is no number, as many as the rest of the file holds.

    Args:
        header: without the pixel data.
        file: stands where the pixel data begin.
    """
    try:
        return int(header.get("NumberOfFrames") or 1)
    except (TypeError, ValueError):
        cells = int(header.Rows) * int(header.Columns) * int(header.get("SamplesPerPixel") or 1)
        start, end = file.tell(), file.seek(0, os.SEEK_END)
        return max(1, (end - start) // max(1, cells * int(header.BitsAllocated) // 8))


def _measures(header: Dataset) -> Iterator[Dataset]:
    """Where sizes may stand: in the header, and in functional groups that lack the rest."""
    yield header
    for group in header.get("SharedFunctionalGroupsSequence") or []:
        yield from group.get("PixelMeasuresSequence") or []


def _spacing(header: Dataset) -> tuple[float, float] | None:
    for holder in _measures(header):
        for name in SPACINGS:
            numbers = _numbers(holder.get(name))
            if len(numbers) == 2 and min(numbers) > 0:
                return numbers[0], numbers[1]
    return None


def _step(header: Dataset) -> float:
    for holder in _measures(header):
        for name in STEPS:
            numbers = [abs(n) for n in _numbers(holder.get(name))]
            if len(numbers) == 1 and numbers[0] > 0:
                return numbers[0]
    return 0.0


def _numbers(value: Any) -> list[float]:
    """The finite numbers of a value; none where it holds anything else."""
    if value is None or value == "":
        return []
    try:
        parts = [value] if isinstance(value, str | int | float) else list(value)
        numbers = [float(one) for one in parts]
    except (TypeError, ValueError):
        return []
    return numbers if np.isfinite(numbers).all() else []


def guess_volumes(slices: Iterable[Slice]) -> tuple[list[Volume], list[Slice]]:
    """Stacks of frames of one object; of one series; and of what is left, whatever its series.

    Returns:
        the stacks, in the order of their numbers, and the slices that are in none.
    """
    whole: list[Volume] = []
    rest = list(slices)
    for owner in (_object, _series, _anything):
        groups: dict[tuple[str, tuple[int, int]], list[Slice]] = {}
        for one in rest:
            groups.setdefault((owner(one), one.shape), []).append(one)
        whole += [_stack(group) for group in groups.values() if len(group) >= FEWEST]
        rest = [one for group in groups.values() if len(group) < FEWEST for one in group]
    return whole, rest


def _object(one: Slice) -> str:
    return one.instance.uid


def _series(one: Slice) -> str:
    return one.instance.series


def _anything(one: Slice) -> str:
    return one.instance.sop_class


def _stack(group: list[Slice]) -> Volume:
    ordered = sorted(group, key=lambda s: (s.instance.number, s.instance.uid, s.frame))
    step = ordered[0].thickness if ordered[0].is_scaled else 1.0  # both sizes, or neither
    across = np.array([0.0, 0.0, 1.0])
    placed = [replace(one, position=k * step * across) for k, one in enumerate(ordered)]
    first = placed[0].instance
    return Volume(first.series, "", first.modality, placed, [])
