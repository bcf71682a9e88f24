"""What any viewer can be made to show of a frame: the pictures that are searched for text.

The first is what a viewer shows on opening. The others are made of the stored values themselves,
because a window, a look-up table, a padding value, a palette or one bright pixel may hide what
another window shows: the range without its outermost pixels, the middle of the range, each colour
plane, and every neighbourhood in its own range. No stored value is left out. Each of them is
searched only where it shows strokes that none before it shows, so that they cost little.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.pixels.show import show
from pixelscrub.text.measures import steps as steps_of
from pixelscrub.text.tiles import around, counted

if TYPE_CHECKING:
    from pixelscrub.pixels.image import Image

Picture = npt.NDArray[np.uint8]
Values = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """How pictures are made of stored values, and where they show more than others.

    Chosen on drawn texts (tests/text/test_views.py draws the same kinds) and on slices of heads.

    Attributes:
        outermost: pixels at either end of the range that may be faulty; fewer than a letter has.
        tail: share of the pixels at either end of the middle of the range.
        fences: how far from the quartiles values may lie, in distances between these (Tukey 1977,
            "far out"), where `far` times as far ones hide them: padding of a whole margin.
        far: see there.
        window: pixels of the neighbourhood that is stretched to its own range.
        least_range: stored steps of such a neighbourhood; less is rounding.
        step: grey levels from pixel to pixel that make the edge of a letter.
        local_step: the same where each neighbourhood has its own range.
        local_calm: grey levels there; neighbours on the ground of a letter differ by no more.
        faint: grey levels up to which an edge was shown by no other picture; the network sees more.
        dot_step: grey levels by which a dot of one or two pixels stands out.
        dot_beside: pixels of ink in five by five from which a dot is part of a stroke.
        dot_calm: share of the neighbours around dots that are alike.
        dots: pixels of such dots in a cell, where there may be letters of them.
        dot_joins: pixels that dots are widened to, to touch one another.
        dot_cells: such cells side by side that a word of them takes.
        calm: share of the neighbours in a cell that are alike where something is drawn; of
            Gaussian noise less than half are, by `local_calm` of its own range.
        cell: pixels of the cells in which edges are counted.
        inked: pixels with such edges in a cell; a letter has more.
        room: cells that are searched around them, so that whole lines are seen.
    """

    outermost: int = 16
    tail: float = 0.01
    fences: float = 3.0
    far: float = 30.0
    window: int = 33
    least_range: float = 4.0
    step: int = 16
    local_step: int = 100
    local_calm: int = 24
    faint: int = 5
    dot_step: int = 40
    dot_beside: int = 8
    dot_calm: float = 0.5
    dots: int = 6
    dot_cells: int = 3
    dot_joins: tuple[int, ...] = (3, 5)
    calm: float = 0.6
    cell: int = 16
    inked: int = 8
    room: int = 2


SETTINGS: Final = ViewSettings()
ROUNDING: Final = 2
"""Grey levels by which two renderings of the same values differ."""


class Kind(Enum):
    """What a picture is made of."""

    SHOWN = "what a viewer shows"
    RANGE = "a range of stored values"
    PLANE = "one plane of a colour"
    LOCAL = "every neighbourhood in its own range"
    DOTS = "separate dots joined to strokes"


@dataclass(frozen=True, slots=True)
class View:
    """One picture of a frame.

    Attributes:
        picture: uint8, (rows, columns) or (rows, columns, 3).
        kind: what it is made of.
        values: what is stored, (rows, columns), where finds have to be asked for it.
        parts: where it is searched, where that is known.
    """

    picture: Picture
    kind: Kind = Kind.SHOWN
    values: Values | None = None
    parts: Sequence[Box] | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether it shows much as text that is none: stretched noise, indices of colours."""
        return self.kind in (Kind.PLANE, Kind.LOCAL, Kind.DOTS) or self.values is not None


@dataclass(frozen=True, slots=True)
class Range:
    """Stored values that become 0 and 255."""

    low: float
    high: float

    def of(self, values: Values) -> Picture:
        """Values as grey levels, uint8; those outside at the ends; what is no number is 0."""
        scale = 255 / max(self.high - self.low, 1e-30)
        with np.errstate(over="ignore", invalid="ignore"):
            levels = np.clip((values.astype(np.float32) - np.float32(self.low)) * scale, 0, 255)
        if values.dtype.kind == "f":
            levels = np.where(np.isnan(levels), 0, levels)
        return np.asarray(np.rint(levels), np.uint8)


def ranges(frames: Sequence[Values], settings: ViewSettings = SETTINGS) -> list[Range]:
    """The ranges that are shown: without the outermost pixels, the middle, and without padding.

    Args:
        frames: stored values of one sample, some or all frames.
        settings: how many pixels are left out.
    """
    values = np.concatenate([frame.ravel() for frame in frames])
    if values.dtype.kind == "f":
        finite = values[np.isfinite(values)]
        values = finite if finite.size else np.zeros(1, values.dtype)
    tail = round(settings.tail * values.size)
    trims = [min(trim, values.size // 4) for trim in (settings.outermost, tail)]
    *found, middle = _ends(values, [*trims, values.size // 4])
    reach = settings.fences * (middle.high - middle.low)
    if 0 < settings.far * reach < found[-1].high - found[-1].low:
        found.append(Range(middle.low - reach, middle.high + reach))
    return [one for k, one in enumerate(found) if one.high > one.low and one not in found[:k]]


def _ends(values: Values, trims: Sequence[int]) -> list[Range]:
    """The ranges without so many pixels at either end."""
    if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
        low = int(values.min())
        counts = np.cumsum(np.bincount(values.astype(np.int32) - low))
        first = counts.searchsorted(trims, side="right") + low
        last = counts.searchsorted(values.size - np.asarray(trims), side="left") + low
        return [Range(int(one), int(other)) for one, other in zip(first, last, strict=True)]
    ends = sorted({*trims, *(values.size - 1 - trim for trim in trims)})
    placed = np.partition(values, ends)
    return [Range(float(placed[trim]), float(placed[-1 - trim])) for trim in trims]


def views(
    image: Image,
    index: int,
    given: Sequence[Range] | None = None,
    settings: ViewSettings = SETTINGS,
) -> Iterator[View]:
    """All pictures of a frame, what a viewer shows first.

    Args:
        image: the opened instance.
        index: the frame, from 0.
        given: ranges for all frames of a cine, so that what stands still looks alike in all of
            them; of this frame where None.
        settings: how they are made.

    Raises:
        HeldError: the frame cannot be decoded, or its look-up tables cannot be used.
    """
    shown = None
    for view in watched_views(image, index, given, settings):
        shown = view.picture if shown is None else shown
        yield view
    if shown is None:
        return
    if image.known.samples == 3:
        yield from (View(np.ascontiguousarray(shown[..., k]), Kind.PLANE) for k in range(3))
        values = _grey(shown)
    else:
        values = image.frame(index)
        if shown.ndim == 3:  # indices of a palette
            for one in ranges([values], settings):
                yield View(one.of(values), Kind.RANGE, values)
    yield from _joined(_grey(shown), settings)
    yield View(stretched(values, settings), Kind.LOCAL, values=values)


def watched_views(
    image: Image,
    index: int,
    given: Sequence[Range] | None = None,
    settings: ViewSettings = SETTINGS,
) -> Iterator[View]:
    """Those pictures of a frame that are followed through a cine; arguments as of `views`."""
    shown = show(image, index)
    yield View(shown)
    if shown.ndim == 3:
        return
    values = image.frame(index)
    if values.dtype == np.uint8 and np.array_equal(values, shown):
        return
    for one in ranges([values], settings) if given is None else given:
        picture = one.of(values)
        if given is not None or not are_alike(shown, picture):
            yield View(picture, Kind.RANGE)


def _joined(grey: Picture, settings: ViewSettings) -> Iterator[View]:
    """Pictures in which separate dots are strokes, light ones and dark ones, if there are any."""
    kernel = np.ones((3, 3), np.uint8)
    for light in (grey, np.asarray(255 - grey, np.uint8)):
        thin = cv2.subtract(light, cv2.morphologyEx(light, cv2.MORPH_OPEN, kernel))
        ink = (thin >= settings.dot_step).astype(np.float32)
        if not ink.any():
            continue
        alone = (ink > 0) & (cv2.boxFilter(ink, -1, (5, 5), normalize=False) < settings.dot_beside)
        quiet = (steps_of(light) < settings.faint).astype(np.float32)
        alone &= cv2.boxFilter(quiet, -1, (settings.window, settings.window)) >= settings.dot_calm
        cells = _large(counted(alone, settings.cell) >= settings.dots, settings.dot_cells)
        parts = around(cells, settings.cell, settings.room)
        if parts:
            rows, columns = grey.shape
            inside = [part.clipped(columns, rows) for part in parts]
            for size in settings.dot_joins:
                joined = cv2.dilate(light, np.ones((size, size), np.uint8))
                yield View(np.asarray(joined, np.uint8), Kind.DOTS, parts=inside)


def _large(cells: Mask, least: int) -> Mask:
    """Those cells that lie together, so many at least."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(cells.astype(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= least
    keep[0] = False
    return np.asarray(keep[labels], np.bool_)


def are_alike(one: Picture, other: Picture) -> bool:
    """Whether two renderings are the same, but for rounding."""
    return int(cv2.absdiff(one, other).max()) <= ROUNDING


def stretched(values: Values, settings: ViewSettings = SETTINGS) -> Picture:
    """Every neighbourhood in its own range: the least value around is black, the greatest white.

    Args:
        values: (rows, columns), any real type.
        settings: size of the neighbourhood, and the least range.
    """
    levels = _small(values)
    kernel = np.ones((settings.window, settings.window), np.uint8)
    low = np.asarray(cv2.erode(levels, kernel))
    reach = (cv2.dilate(levels, kernel) - low).astype(np.float32)
    least = settings.least_range if values.dtype.kind in "iu" else 1.0
    away = (levels - low).astype(np.float32)
    shown = np.where(reach >= least, 255 * away / np.maximum(reach, least), 0)
    return shown.astype(np.uint8)


def _small(values: Values) -> Values:
    """Values in a type whose least and greatest OpenCV finds: differences stay as they are."""
    if values.dtype in (np.uint8, np.uint16):
        return values
    if values.dtype.kind in "iu":
        return np.asarray(values - values.min(), np.float32)
    shown = ranges([values])
    if not shown:
        return np.zeros(values.shape, np.float32)
    low, span = shown[-1].low, max(shown[-1].high - shown[-1].low, 1e-30)
    with np.errstate(over="ignore", invalid="ignore"):
        levels = np.clip((values.astype(np.float64) - low) / span * 2**12, -(2**14), 2**14)
    return np.where(np.isfinite(values), levels, -(2**14)).astype(np.float32)


class Shown:
    """What the pictures of a frame showed so far: the edges in them."""

    def __init__(self, first: Picture, settings: ViewSettings = SETTINGS) -> None:
        self.settings = settings
        self.steps = steps_of(_grey(first))

    def more(self, view: View) -> list[Box]:
        """Where a picture shows strokes that none before it showed, with room around them.

        Args:
            view: the next picture; its edges count as shown from then on.
        """
        if view.parts is not None:
            return list(view.parts)
        use, is_local = self.settings, view.kind is Kind.LOCAL
        steps = steps_of(view.picture)
        if is_local:
            drawn = (steps >= use.local_step) & (self.steps < use.faint)
            same = (steps <= use.local_calm).astype(np.float32)
            drawn &= cv2.boxFilter(same, -1, (use.window, use.window)) >= use.calm
        else:
            drawn = (steps >= use.step) & (self.steps < use.step // 2)
            self.steps = np.asarray(cv2.max(self.steps, steps), np.uint8)
        cells = counted(drawn, use.cell) >= use.inked
        rows, columns = steps.shape
        return [part.clipped(columns, rows) for part in around(cells, use.cell, use.room)]


def _grey(picture: Picture) -> Picture:
    if picture.ndim == 2:
        return picture
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
