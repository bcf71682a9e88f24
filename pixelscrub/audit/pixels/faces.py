"""Faces that can be seen in an output: in volumes, in single pictures, in shapes of a head.

Nothing of the steps is asked: slices are put together here by what is in their headers and, where
that says nothing, by their order; whether there is a face is told by the surface alone. A face
that was put there in place of another (fill `generic`) is none of the patient's: it counts only
where the output shows what the original showed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.audit.issues import Issue
from pixelscrub.audit.pairs import File, pixels
from pixelscrub.errors import HeldError, MissingComponentError
from pixelscrub.findings import Box
from pixelscrub.photos.loose import may_show_face
from pixelscrub.photos.pictures import find_pictured_face
from pixelscrub.prove.face_check import SeenFace, find_face
from pixelscrub.prove.remains import detail_left
from pixelscrub.prove.shapes import face_in_shapes, may_hold_shape

Values = npt.NDArray[Any]

FEWEST: Final = 8
"""Fewer slices than these are looked at one by one."""
LONGEST_PX: Final = 256
"""Pixels of the longer side of a slice in a volume that is looked at."""
MOST_SLICES: Final = 2000
MOST_FRAMES: Final = 8
"""So many frames of a file, evenly spread, are looked at as pictures."""
AROUND: Final = 0.1
"""How far around the middle of a face an output is compared with its original, as a share of the
longer side: about 25 mm."""
LIT: Final = 0.2
"""Share of the way from the darkest to the brightest from which a pixel shows something."""
SAME: Final = 0.5
"""Share of equal pixels, or of detail that stayed, from which a face is the patient's."""


@dataclass(frozen=True, slots=True)
class _Stack:
    """Slices in order: names of files and frames, and how far apart voxels are where it is told."""

    slices: list[tuple[str, int]]
    spacing: tuple[float, float, float] | None


def check_faces(
    originals: Mapping[str, File], outputs: Mapping[str, File], pairs: Mapping[str, str]
) -> tuple[list[Issue], list[str]]:
    """Look for faces in outputs.

    Args:
        originals: by their names.
        outputs: by their names.
        pairs: source by output.

    Returns:
        an issue for each volume, picture or shape that shows a face which its original shows as
        well; and what could not be searched.
    """
    found: list[Issue] = []
    stacks = list(_stacks(outputs))
    inside = {name for stack in stacks for name, _ in stack.slices}
    unsearched = 0
    try:
        for stack in stacks:
            found += _check_stack(stack, originals, outputs, pairs)
        for name, file in outputs.items():
            if may_hold_shape(_text(file, "SOPClassUID")):
                unsearched += not _check_shape(name, file, found)
            elif name not in inside or _frames(file) > 1:
                found += _check_pictures(name, file, originals.get(pairs.get(name, "")))
    except MissingComponentError as error:
        return found, [f"faces by their surface: {error}"]
    return found, [f"faces: {unsearched} shapes cannot be read"] if unsearched else []


def _text(file: File, keyword: str) -> str:
    return str(file.header.get(keyword) or "")


def _frames(file: File) -> int:
    """Frames as the header says; one where that is no number."""
    try:
        return int(file.header.get("NumberOfFrames") or 1)
    except (TypeError, ValueError):
        return 1


def _stacks(outputs: Mapping[str, File]) -> Iterator[_Stack]:
    """Volumes: frames of one file, slices of a series, or all that a study has of one size."""
    groups: dict[tuple[str, ...], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, file in outputs.items():
        if not file.header.get("Rows") or may_hold_shape(_text(file, "SOPClassUID")):
            continue
        if not may_show_face(_text(file, "SOPClassUID")):
            continue
        frames = _frames(file)
        if frames >= FEWEST:
            yield _Stack([(name, frame) for frame in range(min(frames, MOST_SLICES))], None)
        elif frames == 1 and int(file.header.get("SamplesPerPixel") or 1) == 1:
            key = tuple(
                _text(file, k) for k in ("StudyInstanceUID", "SOPClassUID", "Rows", "Columns")
            )
            groups[key][_text(file, "SeriesInstanceUID")].append(name)
    for series in groups.values():
        whole = [names for names in series.values() if len(names) >= FEWEST]
        rest = [name for names in series.values() if len(names) < FEWEST for name in names]
        for names in [*whole, *([rest] if len(rest) >= FEWEST else [])]:
            yield from _ordered(names[:MOST_SLICES], outputs)


def _ordered(names: Sequence[str], outputs: Mapping[str, File]) -> Iterator[_Stack]:
    """By their places; several passes of the same places one by one; by number without places."""
    numbered = sorted(names, key=lambda name: (_number(outputs[name]), name))
    placed = [(h, name) for name in numbered if (h := _height(outputs[name])) is not None]
    distinct = len({round(h, 1) for h, _ in placed})
    between = _between(outputs[names[0]])
    if len(placed) < len(names) or distinct < FEWEST:
        yield _Stack([(name, 0) for name in numbered], None)
        return
    for run in _runs(placed) if len(placed) >= 2 * distinct else [placed]:
        heights: dict[float, str] = {}
        for height, name in sorted(run):
            heights.setdefault(round(height, 2), name)
        if len(heights) >= FEWEST:
            step = float(np.median(np.diff(sorted(heights))))
            spacing = None if between is None else (step, *between)
            yield _Stack([(heights[h], 0) for h in sorted(heights)], spacing)


def _runs(placed: Sequence[tuple[float, str]]) -> list[list[tuple[float, str]]]:
    """Passes in order of number: a new one begins where a place comes again. First and last."""
    runs: list[list[tuple[float, str]]] = [[]]
    seen: set[float] = set()
    for height, name in placed:
        if round(height, 1) in seen:
            runs.append([])
            seen = set()
        seen.add(round(height, 1))
        runs[-1].append((height, name))
    whole = [run for run in runs if len(run) >= FEWEST]
    return [list(placed), *whole[:1], *whole[1:][-1:]]


def _number(file: File) -> float:
    try:
        return float(file.header.get("InstanceNumber") or 0)
    except (TypeError, ValueError):
        return 0.0


def _height(file: File) -> float | None:
    """Place along the normal of a slice, mm; None where it is not told."""
    try:
        position = np.array([float(x) for x in file.header.get("ImagePositionPatient") or []])
        sides = np.array([float(x) for x in file.header.get("ImageOrientationPatient") or []])
        height = float(position @ np.cross(sides[:3], sides[3:]))
    except (TypeError, ValueError):
        return None
    return height if np.isfinite(height) else None


def _between(file: File) -> tuple[float, float] | None:
    try:
        rows, columns = (float(x) for x in file.header.get("PixelSpacing") or [])
    except (TypeError, ValueError):
        return None
    return (rows, columns) if 0 < rows < 100 and 0 < columns < 100 else None


def _check_stack(
    stack: _Stack,
    originals: Mapping[str, File],
    outputs: Mapping[str, File],
    pairs: Mapping[str, str],
) -> Iterator[Issue]:
    read = _read(stack, outputs)
    if read is None:
        return
    volume, factor = read
    known = stack.spacing
    if known is not None:
        known = (known[0], known[1] * factor, known[2] * factor)
    for spacing in dict.fromkeys((known, None)):
        seen = find_face(volume, spacing)
        if seen.is_face and _is_own(seen, factor, stack, originals, outputs, pairs):
            place = f"volume of {len(stack.slices)} slices"
            middle = stack.slices[len(stack.slices) // 2][0]
            yield Issue("face_left", middle, place, "a face can be seen")
            return


def _read(stack: _Stack, outputs: Mapping[str, File]) -> tuple[Values, int] | None:
    """Stored values, large slices averaged, and by how much; None where slices do not decode."""
    planes: list[Values] = []
    factor = 0
    for name, frame in stack.slices:
        plane = pixels(outputs[name], frame)
        if plane is None or plane.ndim != 2:
            return None
        factor = factor or max(1, max(plane.shape) // LONGEST_PX)
        size = plane.shape[1] // factor, plane.shape[0] // factor
        small = cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        if planes and small.shape != planes[0].shape:
            return None
        planes.append(small)
    return np.stack(planes), factor


def _is_own(
    seen: SeenFace,
    factor: int,
    stack: _Stack,
    originals: Mapping[str, File],
    outputs: Mapping[str, File],
    pairs: Mapping[str, str],
) -> bool:
    """Whether around the face the output shows what the original does; so where it has none."""
    if seen.place is None:
        return False
    index, row, column = (round(x) for x in seen.place)
    name, frame = stack.slices[min(max(index, 0), len(stack.slices) - 1)]
    original = originals.get(pairs.get(name, ""))
    if original is None:
        return True
    row, column = row * factor, column * factor
    sides = (int(outputs[name].header.get(side) or 0) for side in ("Rows", "Columns"))
    more = max(4, round(AROUND * max(sides)))
    box = Box(column - more, row - more, column + more, row + more)
    return _is_same(pixels(original, frame), pixels(outputs[name], frame), box)


def _is_same(old: Values | None, new: Values | None, box: Box) -> bool:
    """Whether a part of a picture is what it was, by its values or by its detail."""
    if old is None or new is None or old.shape != new.shape:
        return True
    part = box.clipped(old.shape[1], old.shape[0])
    cut = slice(part.y0, part.y1), slice(part.x0, part.x1)
    old, new = (v[cut] if v.ndim == 2 else v[cut].mean(axis=2) for v in (old, new))
    if old.size == 0:
        return True
    darkest, brightest = np.percentile(new, (1, 98))
    lit = new > darkest + LIT * (brightest - darkest)
    if lit.any() and float((old == new)[lit].mean()) > SAME:
        return True
    return detail_left(old, new, np.ones(old.shape, np.bool_)) > SAME


def _check_pictures(name: str, file: File, original: File | None) -> Iterator[Issue]:
    """A scout, a slice or a rendering that shows a face; of many frames some are looked at."""
    if not file.header.get("Rows") or not may_show_face(_text(file, "SOPClassUID")):
        return
    frames = range(_frames(file))
    for frame in frames[:: max(1, -(-len(frames) // MOST_FRAMES))]:
        picture = pixels(file, frame)
        if picture is None or picture.ndim not in {2, 3}:
            return
        seen = find_pictured_face(picture)
        if seen is None:
            continue
        old = None if original is None else pixels(original, frame)
        if _is_same(old, picture, seen.box):
            yield Issue("face_not_taken_out", name, f"frame {frame}", "a face can be seen")
            return


def _check_shape(name: str, file: File, found: list[Issue]) -> bool:
    """Whether a shape could be read; one that shows a face is told."""
    try:
        with file.open() as opened:
            if face_in_shapes(opened).is_face:
                found.append(Issue("face_not_taken_out", name, "shape", "a face can be drawn"))
    except (HeldError, OSError):
        return False
    return True
