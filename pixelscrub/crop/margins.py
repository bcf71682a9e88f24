"""Margins that hold nothing but text, and what stays when they are cut off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box, Finding
from pixelscrub.pixels.show import show

if TYPE_CHECKING:
    from pixelscrub.pixels.image import Image

Mask = npt.NDArray[np.bool_]

FRAMES: Final = 8
"""Frames of a cine that are looked at."""
FLAT: Final = 8
"""Grey levels by which an empty margin may vary."""
STAYS: Final = 0.25
"""Where less than this share of the picture would stay, nothing is cropped."""


def crop_box(image: Image, findings: Sequence[Finding]) -> Box | None:
    """The rectangle that stays when bands at the edges that hold only text are cut off.

    Args:
        image: the opened instance, with pixel data.
        findings: what was found in it.

    Returns:
        In stored pixels; None where no edge has such a band.
    """
    info = image.known
    boxes = [f.box for f in findings if f.box is not None and f.action == "mask"]
    if not boxes:
        return None
    content = _content(image, boxes)
    left, right = _cut(np.asarray(content.any(axis=0)), [(box.x0, box.x1) for box in boxes])
    top, bottom = _cut(np.asarray(content.any(axis=1)), [(box.y0, box.y1) for box in boxes])
    stays = Box(left, top, right, bottom)
    whole = info.columns * info.rows
    return stays if STAYS * whole <= stays.area < whole else None


def _content(image: Image, boxes: Sequence[Box]) -> Mask:
    """Which pixels show something that is not text, in any of the frames looked at."""
    frames = image.known.frames
    content: Any = False
    for frame in sorted({round(k) for k in np.linspace(0, frames - 1, min(frames, FRAMES))}):
        picture = show(image, frame)
        grey = picture if picture.ndim == 2 else picture.max(axis=2)
        empty = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
        content = content | (np.abs(grey.astype(np.int16) - empty) > FLAT)
    shown = np.asarray(content, np.bool_)
    for x0, y0, x1, y1 in boxes:
        shown[y0:y1, x0:x1] = False
    return shown


def _cut(content: Mask, spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """First and last line that stay: bands are cut as far as text reaches, never into content."""
    lines = np.flatnonzero(content)
    if lines.size == 0:
        return 0, len(content)
    first, last = int(lines[0]), int(lines[-1]) + 1
    start = max((end for _, end in spans if end <= first), default=0)
    stop = min((begin for begin, _ in spans if begin >= last), default=len(content))
    return start, stop
