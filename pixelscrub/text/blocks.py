"""Blocks of text as lines, and lines without their wide gaps: what is flat between stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.measures import medians, twice_away

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BlockSettings:
    """Where a box is cut. Only flat ground is left out, so that no cut leaves ink.

    On the 41 images in `../shared/data/text` cuts take the wrong area of those with text from 0.44
    to 0.42 % of the picture, and as many texts are gone.

    Attributes:
        flat: grey levels from the ground; what stands out by less is rounding.
        rim: pixels of flat ground that stay around letters.
        gap: multiple of its height from which a gap in a line is cut out.
        leading: the same between two lines, as a share of their height.
        fewest: pixels between two lines.
        lowest: pixels of a line's height; accents and points stay with their letters.
    """

    flat: int = 2
    rim: int = 3
    gap: float = 1.5
    leading: float = 0.3
    fewest: int = 2
    lowest: int = 5


SETTINGS: Final = BlockSettings()


def trimmed(image: Picture, box: Box, settings: BlockSettings = SETTINGS) -> Box:
    """A box without what is flat along its edges: nothing is there that could be read.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
        box: of a text, in pixels.
        settings: what flat is, and what stays around letters.
    """
    seen = box.clipped(image.shape[1], image.shape[0])
    inner = _inked(_standing(image, seen, settings)) if seen.area else None
    if inner is None:
        return box
    return inner.shifted(seen.x0, seen.y0).padded(settings.rim).intersection(box)


def lines_of(image: Picture, box: Box, settings: BlockSettings = SETTINGS) -> list[Box]:
    """The lines of a box, cut at wide gaps: all of its ink, without flat ground between.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
        box: of a text or of several, in pixels.
        settings: where it is cut.

    Returns:
        Boxes in the picture; one without flat edges where nothing is cut.
    """
    seen = box.clipped(image.shape[1], image.shape[0])
    if not seen.area:
        return [box]
    parts = _cut(_standing(image, seen, settings), settings)
    near = (part.shifted(seen.x0, seen.y0).padded(settings.rim) for part in parts)
    return [part.intersection(seen) for part in near] or [seen]


def _standing(image: Picture, box: Box, settings: BlockSettings) -> Mask:
    """What stands out of the ground, which is the level along the edges of a box."""
    part = image[box.y0 : box.y1, box.x0 : box.x1]
    rim = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])[None]
    return np.asarray(twice_away(part, medians(rim)) > 2 * settings.flat)


def _inked(stands: Mask) -> Box | None:
    """The smallest box that holds all that stands out."""
    down, across = (np.flatnonzero(stands.any(axis=axis)) for axis in (1, 0))
    if not down.size:
        return None
    return Box(int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1)


def _cut(stands: Mask, settings: BlockSettings) -> list[Box]:
    """Boxes of what stands out, cut between lines and at gaps until nothing can be cut."""
    box = _inked(stands)
    if box is None:
        return []
    ink = stands[box.y0 : box.y1, box.x0 : box.x1]
    lines = _between_lines(_runs(ink, 1), settings)
    if len(lines) > 1:
        parts = [Box(0, first, box.width, last) for first, last in lines]
    else:
        columns = _apart(_runs(ink, 0), settings.gap * box.height)
        parts = [Box(first, 0, last, box.height) for first, last in columns]
    if len(parts) == 1:
        return [box]
    return [
        inner.shifted(box.x0 + part.x0, box.y0 + part.y0)
        for part in parts
        for inner in _cut(ink[part.y0 : part.y1, part.x0 : part.x1], settings)
    ]


def _runs(ink: Mask, axis: int) -> list[tuple[int, int]]:
    """First and last, exclusive, of rows (axis 1) or columns (0) with ink that follow another."""
    inked = np.asarray(ink.any(axis=axis), np.bool_)
    edges = np.flatnonzero(np.diff(inked, prepend=False, append=False)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def _between_lines(runs: list[tuple[int, int]], settings: BlockSettings) -> list[tuple[int, int]]:
    """Runs of rows that are lines; those that are too low stay with what they are nearest to."""
    usual = float(np.median([last - first for first, last in runs]))
    lines = _apart(runs, max(settings.leading * usual, settings.fewest - 0.5))
    is_line = all(last - first >= settings.lowest for first, last in lines)
    return lines if is_line else [(runs[0][0], runs[-1][1])]


def _apart(runs: list[tuple[int, int]], gap: float) -> list[tuple[int, int]]:
    """Runs joined over gaps that are no wider."""
    joined = runs[:1]
    for first, last in runs[1:]:
        if first - joined[-1][1] > gap:
            joined.append((first, last))
        else:
            joined[-1] = (joined[-1][0], last)
    return joined
