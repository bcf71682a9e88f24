"""A second look at what the text network finds: each find magnified to one height, yes or no.

The first network sees a picture as it is, so small letters are a few of its cells, and rings, rows
of teeth and traces look like them. This one (`models/second.onnx`) sees each find on a strip in
which a line is sixteen pixels high, its levels stretched, and was trained on what the first takes
for text on real ground.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Picture = npt.NDArray[np.uint8]
Strip = npt.NDArray[np.float32]

ROWS: Final = 32
"""Pixels of a strip's height; a find takes the middle half of them."""
COLUMNS: Final = 128
"""Pixels of a strip's length."""
AROUND: Final = 2.0
"""Height of what a strip shows, as a multiple of the find's."""
LONGEST: Final = 7.0
"""Length of a find, as a multiple of its height, that one strip shows; longer ones take three."""
TURNED: Final = 1.5
"""Height of a find, as a multiple of its width, from which it is looked at on its side."""
FAINTEST: Final = 8.0
"""Grey levels of deviation that levels are stretched from, at least."""
STRETCHED: Final = 4.0
"""Deviations from the mean at which stretched levels end."""
CALL: Final = 64
"""Strips of one call."""


def likelihood(image: Picture, boxes: Sequence[Box]) -> list[float]:
    """How likely each find is text, by its most text-like part.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3), as it was searched.
        boxes: finds, in pixels.

    Returns:
        As many values as boxes, 0 to 1.
    """
    shown = [(k, strip(image, part)) for k, box in enumerate(boxes) for part in parts(box)]
    said = np.zeros(len(boxes), np.float32)
    for start in range(0, len(shown), CALL):
        some = shown[start : start + CALL]
        pictures = np.stack([picture for _, picture in some])
        (answers,) = _network().run(None, {"picture": pictures})
        np.maximum.at(said, [k for k, _ in some], np.nan_to_num(answers[:, 0], nan=1.0))
    return [float(value) for value in said]


def parts(box: Box) -> list[Box]:
    """The box, or its start, middle and end where it is too long for one strip."""
    is_turned = box.height >= TURNED * box.width
    long, high = (box.height, box.width) if is_turned else (box.width, box.height)
    reach = round(LONGEST * max(high, 1))
    if long <= reach:
        return [box]
    starts = (0, (long - reach) // 2, long - reach)
    if is_turned:
        return [Box(box.x0, box.y0 + s, box.x1, box.y0 + s + reach) for s in starts]
    return [Box(box.x0 + s, box.y0, box.x0 + s + reach, box.y1) for s in starts]


def strip(image: Picture, box: Box) -> Strip:
    """A find and what is around it, upright or on its side, as the network takes it.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
        box: in pixels; may reach out of the picture, which is mirrored at its edges.

    Returns:
        (4, ROWS, COLUMNS): three colours with their levels stretched, and 1 within the find.
    """
    is_turned = box.height >= TURNED * box.width
    long, high = (box.height, box.width) if is_turned else (box.width, box.height)
    scale = ROWS / (AROUND * max(high, 1))
    half_long, half_high = COLUMNS / scale / 2, ROWS / scale / 2
    across, down = (half_high, half_long) if is_turned else (half_long, half_high)
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    part = _cut(image, Box(round(x - across), round(y - down), round(x + across), round(y + down)))
    upright = np.rot90(part) if is_turned else part
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sized = cv2.resize(np.ascontiguousarray(upright), (COLUMNS, ROWS), interpolation=how)
    colour = sized if sized.ndim == 3 else np.repeat(sized[:, :, None], 3, axis=2)
    levels = colour.astype(np.float32)
    spread = max(float(levels.std()), FAINTEST)
    stretched = np.clip((levels - levels.mean()) / spread, -STRETCHED, STRETCHED)
    within = np.zeros((ROWS, COLUMNS), np.float32)
    wide = min(round(long * scale), COLUMNS)
    first = (COLUMNS - wide) // 2
    within[ROWS // 4 : 3 * ROWS // 4, first : first + wide] = 1
    return np.concatenate([stretched.transpose(2, 0, 1), within[None]])


def _cut(image: Picture, box: Box) -> Picture:
    """A part of the picture, mirrored where it reaches out of it."""
    rows, columns = image.shape[:2]
    inner = box.clipped(columns, rows)
    if not inner.area:
        return np.zeros((max(box.height, 1), max(box.width, 1), *image.shape[2:]), np.uint8)
    part = image[inner.y0 : inner.y1, inner.x0 : inner.x1]
    missing = (inner.y0 - box.y0, box.y1 - inner.y1, inner.x0 - box.x0, box.x1 - inner.x1)
    if not any(missing):
        return part
    (top, bottom), (left, right) = missing[:2], missing[2:]
    room = [(top, bottom), (left, right), *[(0, 0)] * (image.ndim - 2)]
    return np.asarray(np.pad(part, room, mode="symmetric"), np.uint8)


def model_file() -> Path:
    """Where the network lies: beside the package in a checkout, or in it."""
    package = Path(__file__).parents[1]
    beside = package.parent / "models" / "second.onnx"
    return beside if beside.is_file() else package / "models" / "second.onnx"


@lru_cache(maxsize=1)
def _network() -> InferenceSession:
    """One thread: work is spread over instances, not inside of one."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        str(model_file()), options, providers=["CPUExecutionProvider"]
    )
