"""How likely each place of a picture is text: the mean of two networks.

They are of two widths and saw different pictures, so they err in different places, and their mean
takes half of the wrong masks away (models/text.md). The narrow one (`models/text.onnx`) sees the
whole picture. The wide one (`models/text_wide.onnx`), which takes half as long again, sees what is
near the places that the narrow one takes for text without being certain: on 41 real images 8 % of
the area, and no fewer texts are found than by the mean of all.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.errors import MissingComponentError
from pixelscrub.text.tiles import SETTINGS as TILES
from pixelscrub.text.tiles import around, overlapping

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Picture = npt.NDArray[np.uint8]
Shares = npt.NDArray[np.float32]

NARROW: Final = "text.onnx"
WIDE: Final = "text_wide.onnx"
FLAT: Final = 10
"""Grey levels between darkest and brightest; a tile with less holds nothing to read."""
ASKED: Final = 0.3
"""Probability by the narrow network from which the wide one is asked."""
CERTAIN_PEAK: Final = 0.993
"""Peak of a place by the narrow network from which the wide one is not asked about it."""
CELL: Final = 32
"""Pixels of the cells in which such places are gathered; whole steps of the networks."""
ROOM: Final = 2
"""Cells around them that the wide network sees as well, so that it sees whole lines."""


def probability(image: Picture) -> Shares:
    """How likely each 2 × 2 pixels belong to the core of a text.

    Args:
        image: uint8, (rows, columns) grey or (rows, columns, 3) RGB.

    Returns:
        float32, 0 to 1, half as many rows and columns, rounded up to whole steps.

    Raises:
        MissingComponentError: a network is not installed.
    """
    missing = [(0, -side % TILES.step) for side in image.shape[:2]]
    room = [*missing, *[(0, 0)] * (image.ndim - 2)]
    whole = np.pad(image, room, mode="symmetric")  # repeated rows of noise look like writing
    shares = _searched(whole, NARROW)
    mean = shares.copy()
    asked = _cells(_doubted(shares))
    for x0, y0, x1, y1 in around(asked, CELL, ROOM) if asked.any() else ():
        rows, columns = whole.shape[:2]
        y, x = slice(max(y0, 0), min(y1, rows)), slice(max(x0, 0), min(x1, columns))
        place = slice(y.start // 2, y.stop // 2), slice(x.start // 2, x.stop // 2)
        mean[place] = (shares[place] + _searched(whole[y, x], WIDE)) / 2
    return mean


def _doubted(shares: Shares) -> npt.NDArray[np.bool_]:
    """Places that may be text, without those that the narrow network is certain of."""
    may = (shares >= ASKED).astype(np.uint8)
    count, labels = cv2.connectedComponents(may, connectivity=8)
    peaks = np.zeros(count, np.float32)
    np.maximum.at(peaks, labels[may > 0], shares[may > 0])
    is_doubted = peaks < CERTAIN_PEAK
    is_doubted[0] = False  # what is no place at all
    return np.asarray(is_doubted[labels])


def _cells(may: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Cells in which any of the 2 × 2 pixels is set."""
    side = CELL // 2
    rows, columns = (-(-n // side) * side for n in may.shape)
    filled = np.zeros((rows, columns), np.bool_)
    filled[: may.shape[0], : may.shape[1]] = may
    blocks = filled.reshape(rows // side, side, columns // side, side)
    return np.asarray(blocks.any(axis=(1, 3)))


def _searched(whole: Picture, name: str) -> Shares:
    """What one network says of a picture whose sides are whole steps, tile by tile."""
    shares = np.zeros((whole.shape[0] // 2, whole.shape[1] // 2), np.float32)
    for tile, x, y in overlapping(whole, FLAT):
        rows, columns = (side // 2 for side in tile.shape[:2])
        place = shares[y // 2 : y // 2 + rows, x // 2 : x // 2 + columns]
        np.maximum(place, _run(tile, name), out=place)
    return shares


def require() -> None:
    """Make sure that the networks are there.

    Raises:
        MissingComponentError: one is not installed.
    """
    if not all(model_file(name).is_file() for name in (NARROW, WIDE)):
        raise MissingComponentError("the text network", "install pixelscrub again, with its models")


def model_file(name: str = NARROW) -> Path:
    """Where a network lies: in the package, or beside it in a checkout."""
    package = Path(__file__).parents[2]
    beside = package.parent / "models" / name
    return beside if beside.is_file() else package / "models" / name


def _run(tile: Picture, name: str) -> Shares:
    colour = tile if tile.ndim == 3 else np.repeat(tile[:, :, None], 3, axis=2)
    picture = cv2.dnn.blobFromImage(np.ascontiguousarray(colour), 1 / 255)
    seen = np.asarray(_network(name).run(None, {"picture": picture})[0], np.float32)[0, 0]
    return np.where(np.isfinite(seen), seen, np.float32(1))


@lru_cache(maxsize=2)
def _network(name: str) -> InferenceSession:
    """One thread: work is spread over instances, not inside of one."""
    import onnxruntime

    require()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        str(model_file(name)), options, providers=["CPUExecutionProvider"]
    )
