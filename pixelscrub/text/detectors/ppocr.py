"""Text by PP-OCR's DB detector, as rapidocr-onnxruntime carries it (extra `ppocr`).

It was made for pages and signs: it sees lines that our own detectors were not drawn for, and
misses single letters. It looks at tiles, as they are and at twice the size.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.errors import MissingComponentError
from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors.registry import Cost, Detector
from pixelscrub.text.tiles import overlapping

if TYPE_CHECKING:
    from rapidocr_onnxruntime import RapidOCR

Picture = npt.NDArray[np.uint8]

SCALES: Final = (1, 2)
"""By how much a tile is enlarged: small letters are only seen in the larger one."""
SCORE: Final = 0.7
"""The score of all that it finds: its engine tells none for lines that are not read."""


def find_lines(image: Picture) -> list[TextBox]:
    """Find lines of text.

    Args:
        image: uint8, (rows, columns) grey or (rows, columns, 3) RGB.

    Raises:
        MissingComponentError: the extra is not installed.
    """
    require()
    bgr = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR if image.ndim == 2 else cv2.COLOR_RGB2BGR)
    found = []
    for tile, x, y in overlapping(np.asarray(bgr, np.uint8), least=1):
        for scale in SCALES:
            larger = cv2.resize(tile, None, fx=scale, fy=scale)
            lines, _ = _engine()(larger, use_cls=False, use_rec=False)
            found += [_box(line, scale).shifted(x, y) for line in lines or []]
    return [TextBox(box, SCORE, "ppocr") for box in found]


def require() -> None:
    """Make sure that the engine is there.

    Raises:
        MissingComponentError: it is not installed.
    """
    if find_spec("rapidocr_onnxruntime") is None:
        raise MissingComponentError("the text detector PP-OCR", "pip install 'pixelscrub[ppocr]'")


def _box(corners: Any, scale: int) -> Box:
    places = np.asarray(corners, np.float64).reshape(-1, 2) / scale
    low, high = np.floor(places.min(axis=0)).astype(int), np.ceil(places.max(axis=0)).astype(int)
    return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


@lru_cache(maxsize=1)
def _engine() -> RapidOCR:
    """One thread: work is spread over instances, not inside of one."""
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)


DETECTOR: Final = Detector("ppocr", Cost.COSTLY, find_lines, require)
