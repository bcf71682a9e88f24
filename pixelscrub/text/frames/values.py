"""What stored values say of a find: letters that a device drew have one value, anatomy has many.

Where pixels are stored without loss in more than eight bits, the ink of a text that was burned in
holds one exact value (or two), while tissue, bone and noise hold many. It says nothing of letters
of lead, of scanned film and of pictures drawn in another size: only cross-sections are asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from pydicom.uid import (
    UID,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    ParametricMapStorage,
    RLELossless,
)

from pixelscrub.findings import Box
from pixelscrub.text.measures import ranges_around
from pixelscrub.text.tiles import around

if TYPE_CHECKING:
    from pixelscrub.pixels.image import Image
    from pixelscrub.text.boxes import TextBox

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class ValueSettings:
    """When ink is taken for drawn.

    From 74 texts burned into images of 12 to 16 bits, whose share is 0.57 to 1.0, and 59 false
    finds on slices of heads, of which 56 are below 0.5.

    Attributes:
        ink: share of the largest deviation from the median, from which a value is ink.
        extremes: share of the pixels that may be faulty; they make no largest deviation.
        share: of the ink, that holds its most frequent value.
        steps: stored steps between ink and ground, from which one value tells drawn from noise.
        fewest: steps that a text stands out by at least.
        valley: how many times as frequent ink is as any value between it and its ground, where
            there are fewer steps than `steps`.
        least: pixels of one value that make a letter.
        excess: how many times as frequent as any of its neighbours a value is, that was drawn.
        beside: values on either side that are its neighbours.
        everywhere: share of a frame that holds a value, from which it is ground.
        bins: equal parts of a find along its longer side.
        spread: share of them that hold such ink.
        most: share of a find's pixels that ink holds, most; more is ground.
        score, length: how sure of a text a detector is, and how many times as long as high the text
            is, from where its values are not asked; of 15 false finds on 640 slices of heads the
            surest has 0.83, the longest 3.0, smoothed texts 0.85 to 0.97.
        is_both: whether a text has to be plain and drawn.
        run: pixels in a row, along or down, that are of one value in a stroke.
        window: pixels of the neighbourhood whose usual steps from pixel to pixel are measured.
        stands_out: how many times these the edge of a stroke has.
        area: share of a frame that one value fills in one piece, where it is ground.
        every: of so many pixels one is looked at to find such values.
        cell, inked, room: cells in which such pixels are counted, how many a letter has at least,
            and cells that are searched around them.
    """

    ink: float = 0.5
    extremes: float = 0.002
    share: float = 0.5
    steps: int = 16
    fewest: int = 3
    valley: float = 1.5
    least: int = 12
    excess: float = 5.0
    beside: int = 8
    everywhere: float = 0.03
    bins: int = 8
    spread: float = 0.5
    most: float = 0.6
    score: float = 0.88
    length: float = 3.5
    is_both: bool = False
    run: int = 4
    window: int = 33
    stands_out: float = 1.5
    area: float = 0.01
    every: int = 16
    cell: int = 16
    inked: int = 12
    room: int = 2


ORIGINALS: Final = ValueSettings()
DERIVED: Final = ValueSettings(score=0.78, length=2.0)
"""Of what was made of other images, and may have been drawn on before it was made smaller."""
VIEWED: Final = ValueSettings(score=0.78, length=3.0)
"""Of what pictures show that no viewer opens with: stretched, joined, one plane of a colour."""
MAPS: Final = ValueSettings(is_both=True)
"""Of maps of measurements, whose values nobody sees: text has to be drawn, and plain as well."""
LOSSLESS: Final = frozenset(
    {JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless, RLELossless}
)
"""Transfer syntaxes that keep every stored value, beside those without compression."""
CROSS_SECTIONS: Final = frozenset({"CT", "MR", "PT", "NM"})
SCREENS: Final = frozenset({"SCREEN SAVE", "REPORT", "DOSE_INFO"})
"""Values of Image Type (PS3.3 C.7.6.1.1.2) of what is written on all over."""


def are_exact(image: Image) -> bool:
    """Whether stored values are those that a device wrote: more than eight bits, never lossy."""
    info, header = image.known, image.header
    if info.samples != 1 or info.photometric == "PALETTE COLOR" or info.bits_stored <= 8:
        return False
    syntax = UID(info.transfer_syntax)
    kept = not syntax.is_compressed or syntax.is_deflated or syntax in LOSSLESS
    return kept and str(header.get("LossyImageCompression") or "00") != "01"


def asked_of(image: Image) -> ValueSettings | None:
    """What the values of a find are asked for in an instance; None where they say nothing.

    They do in a reconstructed slice, or a stack of them, that is stored exactly, and in a map of
    measurements. All has to agree: modality, a place in the patient, values that a device wrote. A
    radiograph, a film or a screenshot that calls itself CT has no place.
    """
    header = image.header
    if str(header.get("SOPClassUID", "")) == ParametricMapStorage:
        return MAPS
    kinds = header.get("ImageType") or []
    kinds = [kinds] if isinstance(kinds, str) else [str(kind).upper() for kind in kinds]
    is_section = header.get("Modality") in CROSS_SECTIONS and not SCREENS.intersection(kinds)
    if not (is_section and are_exact(image) and _has_place(image)):
        return None
    return ORIGINALS if list(kinds[:2]) == ["ORIGINAL", "PRIMARY"] else DERIVED


def _has_place(image: Image) -> bool:
    header = image.header
    groups = [header, *(header.get("PerFrameFunctionalGroupsSequence") or [])[:1]]
    return any(
        group.get("ImagePositionPatient") or group.get("PlanePositionSequence") for group in groups
    )


def is_text(values: Values, text: TextBox, settings: ValueSettings = ORIGINALS) -> bool:
    """Whether a find in a cross-section is text: its ink is drawn, or the network has no doubt.

    Letters that were smoothed or enlarged have no ink of one value; the network is far surer of
    them than of anatomy, and anatomy makes no long lines.

    Args:
        values: of the frame, (rows, columns).
        text: the find, in stored pixels.
        settings: when it is.
    """
    doubts = (is_plain(text, settings), is_drawn(values, text.box, settings))
    return all(doubts) if settings.is_both else any(doubts)


def is_plain(text: TextBox, settings: ValueSettings = ORIGINALS) -> bool:
    """Whether a detector has no doubt of a long text; strokes only count shapes in a row."""
    if text.source == "strokes":
        return False
    shorter, longer = sorted((text.box.width, text.box.height))
    return text.score >= settings.score and longer >= settings.length * shorter


def is_drawn(values: Values, box: Box, settings: ValueSettings = ORIGINALS) -> bool:
    """Whether the ink of a find is of one stored value.

    Args:
        values: of the frame, (rows, columns).
        box: of the find, in stored pixels.
        settings: when it is.
    """
    part = values[box.y0 : box.y1, box.x0 : box.x1]
    rows, columns = values.shape
    margin = (box.y0 <= 0, box.y1 >= rows, box.x0 <= 0, box.x1 >= columns)
    if ink_share(part, margin, settings) >= settings.share and _is_told(part, settings):
        return True
    return _has_excess(values, box, margin, settings)


def _is_told(part: Values, settings: ValueSettings) -> bool:
    """Whether one value says anything: of noise with few steps every value is frequent.

    There the values between ground and ink have to be rarer than ink is; in noise the values
    grow ever rarer away from the ground.
    """
    if part.dtype.kind not in "iu":
        return True
    ground = int(np.median(part))
    away = np.abs(part.astype(np.int64) - ground)
    if int(away.max()) >= settings.steps:
        return True
    counts = np.bincount(away.ravel())
    first = max(len(counts) // 2, settings.fewest)
    if len(counts) <= first:
        return False
    ink = first + int(counts[first:].argmax())
    return bool(counts[ink] >= settings.valley * counts[1:ink].max())


def ink_share(
    part: Values, margin: Sequence[bool] = (), settings: ValueSettings = ORIGINALS
) -> float:
    """Share of the ink that holds its most frequent value; 0 where there is no ink.

    Args:
        part: stored values of a find, (rows, columns).
        margin: whether its upper, lower, left and right side is one of the frame.
        settings: what ink is.
    """
    if not part.size:
        return 0.0
    levels = np.nan_to_num(part.astype(np.float64), posinf=0.0, neginf=0.0)
    away = np.abs(levels - np.median(levels))
    last = away.size - 1 - round(settings.extremes * away.size)
    most = float(np.partition(away.ravel(), last)[last])
    if most == 0:
        return 0.0
    ink = part[_without_margin(away >= settings.ink * most, margin)]
    return float(np.unique(ink, return_counts=True)[1].max() / ink.size) if ink.size else 0.0


def _has_excess(values: Values, box: Box, margin: Sequence[bool], settings: ValueSettings) -> bool:
    """Whether some value is there far more often than those beside it, all along the find.

    It finds letters over bone or metal, whose values deviate more than theirs, and smoothed ones.
    """
    part = values[box.y0 : box.y1, box.x0 : box.x1]
    if part.dtype.kind not in "iu" or part.size < settings.least:
        return False
    found, counts = np.unique(part, return_counts=True)
    wide = found.astype(np.int64)
    for k in np.flatnonzero((counts >= settings.least) & (counts <= settings.most * part.size)):
        first = np.searchsorted(wide, wide[k] - settings.beside)
        last = np.searchsorted(wide, wide[k] + settings.beside, side="right")
        usual = max(counts[first:k].max(initial=1), counts[k + 1 : last].max(initial=1))
        if counts[k] < settings.excess * usual:
            continue
        if _is_ground(values, found[k], settings):
            continue
        if _spreads(_without_margin(part == found[k], margin), settings):
            return True
    return False


def _is_ground(values: Values, value: Any, settings: ValueSettings) -> bool:
    """Whether a value is where noise was cut off, or what is outside the field of view."""
    is_everywhere = np.count_nonzero(values == value) > settings.everywhere * values.size
    return bool(is_everywhere or value == values.min())


def _without_margin(ink: npt.NDArray[np.bool_], margin: Sequence[bool]) -> npt.NDArray[np.bool_]:
    """Ink that does not reach an edge of the frame, where scanners leave lines of zeros."""
    if not any(margin):
        return ink
    _, labels = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8)
    edges = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    reaching = [edge for edge, is_edge in zip(edges, margin, strict=True) if is_edge]
    return ink & ~np.isin(labels, np.concatenate(reaching))


def _spreads(ink: npt.NDArray[np.bool_], settings: ValueSettings) -> bool:
    """Whether ink is all along a find, in strokes with ground between."""
    rows, columns = ink.shape
    longer = np.asarray(ink.any(axis=0) if columns >= rows else ink.any(axis=1))
    bins = np.array_split(longer, min(settings.bins, longer.size))
    inner = ink[1:-1, 1:-1]
    solid = inner & ink[:-2, 1:-1] & ink[2:, 1:-1] & ink[1:-1, :-2] & ink[1:-1, 2:]
    is_thin = float(solid.sum()) <= settings.most * float(ink.sum())
    is_long = float(np.mean([part.any() for part in bins])) >= settings.spread
    return is_thin and is_long and float(ink.mean()) <= settings.most


def drawn_parts(values: Values, settings: ValueSettings = ORIGINALS) -> list[Box]:
    """Where strokes of one stored value are, with room around them.

    Args:
        values: of a frame, (rows, columns).
        settings: what a stroke is.
    """
    along = _runs(_equal(values, 1), 1, settings.run - 1)
    down = _runs(_equal(values, 0), 0, settings.run - 1)
    same = np.zeros(values.shape, np.bool_)
    for k in range(settings.run):
        same[:, k : k + along.shape[1]] |= along
        same[k : k + down.shape[0]] |= down
    levels = values if values.dtype in (np.uint16, np.int16) else values.astype(np.float32)
    steps = ranges_around(levels)
    usual = cv2.boxFilter(steps, cv2.CV_32F, (settings.window, settings.window))
    same &= steps >= np.maximum(settings.stands_out * usual, settings.fewest)
    strokes = same & ~_grounds(values, same, settings)
    rows, columns = values.shape
    cells = _cells_of_one_value(values, strokes, settings)
    return [part.clipped(columns, rows) for part in around(cells, settings.cell, settings.room)]


def _cells_of_one_value(
    values: Values, strokes: npt.NDArray[np.bool_], settings: ValueSettings
) -> npt.NDArray[np.bool_]:
    """Cells in which enough pixels of strokes are of one and the same value."""
    high, wide = (-(-side // settings.cell) for side in values.shape)
    down, across = np.nonzero(strokes)
    place = (down // settings.cell) * wide + across // settings.cell
    order = np.lexsort((values[strokes], place))
    place, level = place[order], values[strokes][order]
    starts = np.flatnonzero((np.diff(place, prepend=-1) != 0) | (np.diff(level, prepend=0) != 0))
    found = np.zeros(high * wide, np.bool_)
    counts = np.diff(starts, append=place.size)
    found[place[starts[counts >= settings.inked]]] = True
    return found.reshape(high, wide)


def _grounds(
    values: Values, same: npt.NDArray[np.bool_], settings: ValueSettings
) -> npt.NDArray[np.bool_]:
    """Large areas of one value: air that was cut off, what is outside the field of view."""
    found = np.zeros(values.shape, np.bool_)
    often, counts = np.unique(values[same][:: settings.every], return_counts=True)
    least = settings.area * values.size
    for k in np.argsort(counts)[::-1][:2]:
        alike = (values == often[k]).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(alike, connectivity=4)
        large = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= least)
        found |= np.isin(labels, large[large > 0])
    return found


def _equal(values: Values, axis: int) -> npt.NDArray[np.bool_]:
    """Whether each value is that of the next one along an axis."""
    if axis == 0:
        return np.asarray(values[1:] == values[:-1])
    return np.asarray(values[:, 1:] == values[:, :-1])


def _runs(equal: npt.NDArray[np.bool_], axis: int, length: int) -> npt.NDArray[np.bool_]:
    """Where so many in a row are set, from there on along an axis."""
    last = max(equal.shape[axis] - length + 1, 0)
    found = equal[:last] if axis == 0 else equal[:, :last]
    for k in range(1, length):
        found = found & (equal[k : k + last] if axis == 0 else equal[:, k : k + last])
    return np.asarray(found)
