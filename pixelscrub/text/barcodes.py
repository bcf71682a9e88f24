"""QR codes and bar codes, by OpenCV's detectors: a code is text that a camera reads."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox

Picture = npt.NDArray[np.uint8]

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


def find_codes(image: Picture) -> list[TextBox]:
    """Find QR codes and bar codes, whether or not they can be decoded.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
    """
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, LONGEST / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    engine = cv2.QRCodeDetectorAruco()  # finds more than QRCodeDetector, in a quarter of the time
    shades = (small, 255 - small)  # screens show codes light on dark
    codes = [_box(c / scale) for shade in shades for c in _corners(engine, shade)]
    bars = [_box(c / scale) for c in _corners(cv2.barcode.BarcodeDetector(), small)]
    rows, columns = grey.shape
    codes += [box for box in bars if _is_barred(grey, box.clipped(columns, rows))]
    boxes = [box.clipped(columns, rows) for box in codes]
    return [TextBox(box, 0.9, "barcodes") for box in boxes if box.area]


def _corners(engine: Any, grey: Picture) -> list[npt.NDArray[np.float64]]:
    has_any, points = engine.detectMulti(grey)
    if not has_any or points is None:
        return []
    return list(np.asarray(points, np.float64).reshape(-1, 4, 2))


def _box(corners: npt.NDArray[np.float64]) -> Box:
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
