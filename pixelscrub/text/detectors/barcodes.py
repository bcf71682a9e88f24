"""QR codes and bar codes, by OpenCV's detectors: a code is text that a camera reads."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors.registry import Cost, Detector
from pixelscrub.text.tiles import around, counted

Picture = npt.NDArray[np.uint8]
Corners = npt.NDArray[np.float64]

LONGEST: Final = 2000
"""Pixels of the longer side that is searched; larger pictures are made smaller."""
QUIET: Final = 0.06
"""Share of its size by which a code's box is widened: corners are found a little inside."""
EDGES: Final = 24
"""Changes from dark to light and back on a line through a bar code; a colour bar has fewer."""
UNLIKE: Final = 0.25
"""Share of the wider one by which two bars side by side differ in width."""
UNEVEN: Final = 0.35
"""Share of a code's bars that are unlike the next one; those of gratings come in even groups."""

WINDOW: Final = 17
"""Pixels of the window in which levels are looked at."""
CONTRAST: Final = 8
"""Grey levels from their mean, in the mean, of a code's pixels."""
TWO: Final = 0.7
"""See `_two_toned`; blurred codes have 0.75 and more."""
CHANGES: Final = 0.06
"""Share of a window's pixels at which light turns to dark; an outline has fewer."""
CELL: Final = 32
"""Pixels of the cells in which such pixels are counted."""
FILLED: Final = 0.3
"""Share of a cell that they fill."""
ROOM: Final = 1
"""Cells around them that are searched with them."""


def find_codes(image: Picture) -> list[TextBox]:
    """Find QR codes and bar codes, whether or not they can be decoded.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
    """
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, LONGEST / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rows, columns = grey.shape
    boxes: list[Box] = []
    for part in _two_toned(small):
        here = np.ascontiguousarray(small[part.y0 : part.y1, part.x0 : part.x1])
        codes, bars = (
            [_box((corners + part[:2]) / scale).clipped(columns, rows) for corners in found]
            for found in _codes_and_bars(here)
        )
        boxes += [*codes, *(box for box in bars if _is_barred(grey, box))]
    return [TextBox(box, 0.9, "barcodes") for box in boxes if box.area]


def _codes_and_bars(grey: Picture) -> tuple[list[Corners], list[Corners]]:
    engine = cv2.QRCodeDetectorAruco()  # finds more than QRCodeDetector, in a quarter of the time
    shades = (grey, np.asarray(255 - grey, np.uint8))  # screens show codes light on dark
    codes = [corners for shade in shades for corners in _corners(engine, shade)]
    return codes, _corners(cv2.barcode.BarcodeDetector(), grey)


def _two_toned(grey: Picture) -> list[Box]:
    """Where a picture goes to and fro between two levels: OpenCV takes long to find none in noise.

    Of a window's levels the square of the mean deviation, as a share of the variance (Geary 1935),
    is 1 for two levels alike in number, 0.64 for Gaussian noise, 0.75 for one level as frequent as
    the next. Looked at in full size and, for large modules, in a fourth of it.
    """
    rows, columns = grey.shape
    cells = np.zeros((-(-rows // CELL), -(-columns // CELL)), np.bool_)
    for share in (1, 4):
        size = (max(columns // share, 1), max(rows // share, 1))
        sized = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        coded = _is_two_toned(np.asarray(sized, np.uint8))
        places = np.argwhere(counted(coded, CELL // share) >= FILLED * (CELL // share) ** 2)
        cells[tuple(places[(places < cells.shape).all(axis=1)].T)] = True
    return [part.clipped(columns, rows) for part in around(cells, CELL, ROOM)]


def _is_two_toned(grey: Picture) -> npt.NDArray[np.bool_]:
    levels, window = grey.astype(np.float32), (WINDOW, WINDOW)
    mean = cv2.boxFilter(levels, -1, window)
    away = cv2.absdiff(levels, mean)
    spread = cv2.boxFilter(away, -1, window)
    stands = spread >= CONTRAST
    if not stands.any():
        return np.zeros(grey.shape, np.bool_)
    variance = cv2.boxFilter(cv2.multiply(away, away), -1, window)
    stands &= cv2.multiply(spread, spread) >= TWO * variance
    light = cv2.compare(levels, mean, cv2.CMP_GT) & 1
    across, down = (
        cv2.boxFilter(light ^ np.roll(light, 1, axis), cv2.CV_16U, window, normalize=False)
        for axis in (1, 0)
    )
    return np.asarray(stands & (cv2.max(across, down) >= CHANGES * WINDOW**2), np.bool_)


def _corners(engine: Any, grey: Picture) -> list[Corners]:
    has_any, points = engine.detectMulti(grey)
    if not has_any or points is None:
        return []
    return list(np.asarray(points, np.float64).reshape(-1, 4, 2))


def _box(corners: Corners) -> Box:
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    more = QUIET * max(x1 - x0, y1 - y0)
    low = np.floor([x0 - more, y0 - more]).astype(int)
    high = np.ceil([x1 + more, y1 + more]).astype(int)
    return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def _is_barred(grey: Picture, box: Box) -> bool:
    """Whether a line through the middle, along or across, crosses many bars of unequal width."""
    if not box.area:
        return False
    part = grey[box.y0 : box.y1, box.x0 : box.x1]
    dark = part < (int(part.min()) + int(part.max())) / 2
    return any(_is_coded(line) for line in (dark[box.height // 2], dark[:, box.width // 2]))


def _is_coded(line: npt.NDArray[np.bool_]) -> bool:
    edges = np.flatnonzero(line[1:] != line[:-1])
    if len(edges) < EDGES:
        return False
    widths = np.diff(edges)
    wider = np.maximum(widths[1:], widths[:-1])
    return float((np.abs(np.diff(widths)) > UNLIKE * wider).mean()) >= UNEVEN


DETECTOR: Final = Detector("barcodes", Cost.COSTLY, find_codes)
