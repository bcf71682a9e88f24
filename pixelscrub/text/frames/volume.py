"""Text that only a plane across the slices of a volume shows: coronal or sagittal reformats.

Written into such a plane, a text is a row of dots in every slice, which nobody can read there. It
is thin across the plane, as anatomy is nowhere along a whole row of pixels: each slice tells how
many pixels of each row and column stand out of both sides (`Profile`), and planes that have far
more than those beside them are put together and searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box, Finding
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors import cheap, detect, quick
from pixelscrub.text.frames.kinds import hold_labels
from pixelscrub.text.frames.values import DERIVED, is_text
from pixelscrub.text.frames.views import ranges

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from pixelscrub.pixels.image import Image
    from pixelscrub.recipe import TextSettings

Values = npt.NDArray[Any]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PlaneSettings:
    """When a plane across slices is searched for text.

    From letters drawn into reformats of real heads (tests/text/test_volume.py draws some).

    Attributes:
        fewest: slices of a volume; in fewer there is no room for a letter.
        thickness: pixels of a written plane, most.
        step: share of the range of a slice (1st to 99th percentile) by which ink stands out.
        least: pixels that stand out in a plane of a volume; a short word has more.
        outstanding: by how many times the usual difference from plane to plane it has more than
            those around it.
        around: planes on either side that are compared.
        most: planes of a volume that are searched, those that stand out most first.
        stretches: how many times as thick as a pixel slices may be shown.
    """

    fewest: int = 12
    thickness: int = 3
    step: float = 0.2
    least: int = 40
    outstanding: float = 4.0
    around: int = 8
    most: int = 12
    stretches: tuple[int, ...] = (1, 2, 3)


SETTINGS: Final = PlaneSettings()


class Plane(NamedTuple):
    """A plane across slices: a row of all of them (coronal, of axial ones), or a column.

    Attributes:
        axis: 0 for a row, 1 for a column.
        place: of the row or column, in pixels.
    """

    axis: Literal[0, 1]
    place: int


class PlaneText(NamedTuple):
    """A text in a plane, and what it takes of the slices.

    Attributes:
        slices: first and last, in the order of the stack.
        box: in stored pixels of each of them.
        score: how sure the detector is.
    """

    slices: tuple[int, int]
    box: Box
    score: float


class Profile:
    """How many pixels stand out of both sides, in each row and each column of slices."""

    def __init__(self, counts: tuple[Counts, Counts] | None = None, slices: int = 0) -> None:
        self.counts, self.slices = counts, slices

    def add(self, values: Values, settings: PlaneSettings = SETTINGS) -> None:
        """Count in one more slice.

        Args:
            values: stored values, (rows, columns).
            settings: what stands out.
        """
        levels = np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
        shown = ranges([values])
        step = settings.step * (shown[-1].high - shown[-1].low) if shown else np.inf
        turned = np.ascontiguousarray(levels.T)
        rows, columns = (_thin(side, step, settings.thickness) for side in (levels, turned))
        self.join(Profile((rows, columns), 1))

    def join(self, other: Profile) -> None:
        """Take over what another one counted in slices of the same size; others tell nothing."""
        if self.counts is None or other.counts is None:
            self.counts, self.slices = other.counts or self.counts, self.slices + other.slices
            return
        if [c.shape for c in self.counts] == [c.shape for c in other.counts]:
            rows, columns = (a + b for a, b in zip(self.counts, other.counts, strict=True))
            self.counts, self.slices = (rows, columns), self.slices + other.slices

    def planes(self, settings: PlaneSettings = SETTINGS) -> list[Plane]:
        """The planes that may hold a text, those that stand out most first."""
        if self.counts is None or self.slices < settings.fewest:
            return []
        found: list[tuple[int, Plane]] = []
        for axis, counts in ((0, self.counts[0]), (1, self.counts[1])):
            for index in np.flatnonzero(counts >= settings.least):
                near = counts[max(index - settings.around, 0) : index + settings.around + 1]
                usual = float(np.median(near))
                spread = max(float(np.median(np.abs(near - usual))), np.sqrt(usual), 1.0)
                if counts[index] - usual >= max(settings.outstanding * spread, settings.least):
                    plane = Plane(0 if axis == 0 else 1, int(index))
                    found.append((int(counts[index] - usual), plane))
        found.sort(reverse=True)
        return [plane for _, plane in found[: settings.most]]


def profile_of(image: Image) -> Profile | None:
    """What stands out in an instance of one grey frame; None of others, and of labels."""
    info = image.known
    if info.frames > 1 or info.samples > 1 or hold_labels(image):
        return None
    profile = Profile()
    profile.add(image.frame(0))
    return profile


class Stack:
    """Lines of slices, which make planes across them once they are in order.

    Attributes:
        planes: those that are searched.
    """

    def __init__(self, planes: Sequence[Plane]) -> None:
        self.planes = planes
        self._slices: list[tuple[tuple[float, int], str, list[Values]]] = []
        self._size = (0, 0)

    def add(self, owner: str, number: int, values: Values, height: float = 0.0) -> None:
        """Take the lines of one slice.

        Args:
            owner: what the slice is called in what is found.
            number: says the order of slices of one height.
            values: stored values, (rows, columns), of one size in all slices.
            height: along the normal of the slices.
        """
        lines = [values[p.place] if p.axis == 0 else values[:, p.place] for p in self.planes]
        self._slices.append(((height, number), owner, [line.copy() for line in lines]))
        self._size = (values.shape[1], values.shape[0])

    def findings(self, settings: TextSettings) -> dict[str, list[Finding]]:
        """What texts in the planes take of each slice, by its name."""
        ordered = sorted(self._slices, key=lambda one: one[:2])
        found: dict[str, list[Finding]] = {}
        for k, plane in enumerate(self.planes):
            for text in texts_in(plane, [lines[k] for _, _, lines in ordered]):
                box = text.box.padded(settings.padding).clipped(*self._size)
                score = round(text.score, 3)
                one = Finding(kind="text", box=box, score=score, source="planes")
                for _, owner, _ in ordered[text.slices[0] : text.slices[1] + 1]:
                    found.setdefault(owner, []).append(one)
        return found


def height_of(header: Dataset) -> float:
    """The place of a slice along its normal, mm (PS3.3 C.7.6.2.1.1); 0 where it is not said."""
    try:
        position = np.array([float(x) for x in header.ImagePositionPatient])
        directions = np.array([float(x) for x in header.ImageOrientationPatient])
        return float(np.cross(directions[:3], directions[3:]) @ position)
    except (AttributeError, TypeError, ValueError):
        return 0.0


def find_across(
    slices: Iterable[tuple[str, int, AbstractContextManager[BinaryIO]]],
    planes: Sequence[Plane],
    settings: TextSettings,
) -> dict[str, list[Finding]]:
    """Text across instances of one frame each, by their SOP Instance UIDs.

    Args:
        slices: SOP Instance UID, Instance Number and file of each.
        planes: those to be searched.
        settings: padding.
    """
    from pixelscrub.pixels.image import Image

    stack = Stack(planes)
    for uid, number, opened in slices:
        with opened as file:
            image = Image(file)
            stack.add(uid, number, image.frame(0), height_of(image.header))
    return stack.findings(settings)


def findings_across(image: Image, profile: Profile, settings: TextSettings) -> list[Finding]:
    """Text across the frames of a volume in one instance, each with the frames that it takes.

    Args:
        image: the opened instance; its frames are slices.
        profile: of all of its frames.
        settings: padding.
    """
    planes = profile.planes()
    if not planes:
        return []
    stack = Stack(planes)
    for frame in range(image.known.frames):
        stack.add(f"{frame}", frame, image.frame(frame))
    runs: dict[Finding, list[int]] = {}
    for frame, findings in sorted(
        (int(owner), found) for owner, found in stack.findings(settings).items()
    ):
        for one in findings:
            runs.setdefault(one, []).append(frame)
    return [one.model_copy(update={"frames": (of[0], of[-1])}) for one, of in runs.items()]


def _thin(levels: Values, step: float, thickness: int) -> Counts:
    """Of each row the pixels that stand out of both sides, which are alike, by a step."""
    counts = np.zeros(levels.shape[0], np.int64)
    change = levels[1:] - levels[:-1]
    up, down = change >= step, change <= -step
    for thick in range(1, thickness + 1):
        if change.shape[0] <= thick:
            break
        ridge = (up[:-thick] & down[thick:]) | (down[:-thick] & up[thick:])
        before, after = levels[: -1 - thick], levels[1 + thick :]
        ridge &= np.abs(after - before) < step
        thin = np.count_nonzero(ridge, axis=1)
        for k in range(thick):
            counts[1 + k : 1 + k + thin.size] += thin
    return counts


def texts_in(
    plane: Plane, lines: Sequence[Values], settings: PlaneSettings = SETTINGS
) -> list[PlaneText]:
    """Text in one plane across the slices of a stack.

    Args:
        plane: where it is.
        lines: of each slice, in order, the values of that row or column.
        settings: how many pixels of the slices it takes.
    """
    picture = np.stack(list(lines))
    found: list[PlaneText] = []
    for stretch in settings.stretches:
        shown = np.repeat(picture, stretch, axis=0)
        for text in _texts(shown):
            first, last = text.box.y0 // stretch, (text.box.y1 - 1) // stretch
            place = _across(plane, text.box, settings.thickness)
            found.append(PlaneText((first, last), place, text.score))
    return found


def _texts(values: Values) -> Iterator[TextBox]:
    """Text in a plane; it has to be plain, and its ink of one value."""
    for one in ranges([values]):
        for text in detect(one.of(values), quick(cheap())):
            if is_text(values, text, replace(DERIVED, is_both=True)):
                yield text


def _across(plane: Plane, box: Box, thickness: int) -> Box:
    low, high = max(plane.place - thickness, 0), plane.place + thickness + 1
    if plane.axis == 0:
        return Box(box.x0, low, box.x1, high)
    return Box(low, box.x0, high, box.x1)
