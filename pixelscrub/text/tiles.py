"""Pictures in parts: tiles that overlap, and places where there is something to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class TileSettings:
    """How large pictures are cut.

    Attributes:
        side: pixels of a tile's side, most.
        overlap: pixels that neighbouring tiles share, so that no letter is only seen cut.
        step: sides of tiles are multiples of this; the last one may reach beyond the picture.
    """

    side: int = 1024
    overlap: int = 96
    step: int = 16


SETTINGS: Final = TileSettings()


class Tile(NamedTuple):
    """A part of a picture, and where it begins in it."""

    picture: Picture
    x: int
    y: int


def overlapping(image: Picture, least: int, settings: TileSettings = SETTINGS) -> Iterator[Tile]:
    """Tiles of a picture, without those that are flat.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
        least: grey levels between the darkest and the brightest pixel of a tile that is not.
        settings: how large they are.
    """
    for y in parts(image.shape[0], settings):
        for x in parts(image.shape[1], settings):
            tile = image[y, x]
            if int(tile.max()) - int(tile.min()) >= least:
                yield Tile(tile, x.start, y.start)


def parts(side: int, settings: TileSettings = SETTINGS) -> list[slice]:
    """As few tiles as can be along a side, of one length in whole steps, that overlap."""
    overlap, step = settings.overlap, settings.step
    count = max(-(-(side - overlap) // (settings.side - overlap)), 1)
    length = -(-(side + (count - 1) * overlap) // (count * step)) * step
    starts = (round((side - length) * k / (step * max(count - 1, 1))) * step for k in range(count))
    return [slice(start, start + length) for start in starts]


def around(cells: npt.NDArray[np.bool_], cell: int, room: int) -> list[Box]:
    """Boxes in pixels that hold the cells that are set, one for those that lie near one another.

    Args:
        cells: (rows, columns).
        cell: pixels of a cell's side.
        room: cells that are added on each side.
    """
    near = cv2.dilate(cells.astype(np.uint8), np.ones((1 + 2 * room, 1 + 2 * room), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    boxes = (Box(x, y, x + width, y + height) for x, y, width, height, _ in stats[1:].tolist())
    return [Box(*(cell * edge for edge in box)) for box in boxes]


def search(finder: Callable[[Picture], list[TextBox]], image: Picture, part: Box) -> list[TextBox]:
    """What a detector finds in a part of a picture, in pixels of the whole."""
    x0, y0, x1, y1 = part.clipped(image.shape[1], image.shape[0])
    texts = finder(np.ascontiguousarray(image[y0:y1, x0:x1]))
    return [replace(text, box=text.box.shifted(x0, y0)) for text in texts]


def counted(pixels: npt.NDArray[np.bool_], cell: int) -> npt.NDArray[np.float32]:
    """Pixels that are set in each cell; the last cells may reach over the edge."""
    rows, columns = (-(-side // cell) for side in pixels.shape)
    whole = np.zeros((rows * cell, columns * cell), np.float32)
    whole[: pixels.shape[0], : pixels.shape[1]] = pixels
    share = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(share * cell**2, np.float32).round()
