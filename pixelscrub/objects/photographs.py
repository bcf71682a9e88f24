"""Labels in photographs and endoscopy: wristbands, name badges, stickers with handwriting.

A label is a plain, pale area with four straight sides that holds dark strokes. Its printed words
and bar codes are found as text; the label is all of it, with what was written by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box, Finding, ObjectFacts
from pixelscrub.objects.seen import SeenObject
from pixelscrub.pixels.show import show

if TYPE_CHECKING:
    from pixelscrub.pixels.image import Image

Picture = npt.NDArray[np.uint8]

DRAWN: Final = {"US", "IVUS", "CT", "MR", "PT", "NM"}
"""Modalities whose coloured pictures are screens: what is pale in them are menus."""
FRAMES: Final = 3
"""Frames of a video that are looked at: the first, the middle and the last."""


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """Thresholds of the finder of labels.

    Attributes:
        longest_px: longer side of the picture that is searched.
        pale: least value (HSV, of 255) of a label.
        colourless: greatest saturation (HSV, of 255) of it.
        smallest, largest: its share of the picture.
        straight: share of its smallest turned rectangle that it fills, strokes closed.
        ink_low, ink_high: share of it that is dark strokes.
        strokes: least number of strokes, unless text was found on it.
        darker: levels (of 255) by which ink is darker than the label.
        even: greatest standard deviation of a label without its ink: highlights are uneven.
        edge: thresholds of the edges (Canny) that part a label from what is as pale.
    """

    longest_px: int = 640
    pale: int = 150
    colourless: int = 70
    smallest: float = 0.004
    largest: float = 0.5
    straight: float = 0.8
    ink_low: float = 0.006
    ink_high: float = 0.45
    strokes: int = 4
    darker: int = 45
    even: float = 28.0
    edge: tuple[float, float] = (20.0, 60.0)


def is_for(image: Image) -> bool:
    """Whether the pixels are in colour, and of a camera."""
    info = image.info
    if info is None or (info.samples == 1 and info.photometric != "PALETTE COLOR"):
        return False
    return str(image.header.get("Modality") or "") not in DRAWN


def find(image: Image, texts: Sequence[Finding]) -> list[SeenObject]:
    """Labels in some frames of an instance.

    Args:
        image: the opened instance.
        texts: findings of burned-in text: of a pale area with some of it fewer strokes are needed.
    """
    frames = image.known.frames
    found: list[SeenObject] = []
    for frame in sorted({round(k * (frames - 1) / (FRAMES - 1)) for k in range(FRAMES)}):
        boxes = [f.box for f in texts if f.box is not None and f.covers(frame)]
        run = None if frames == 1 else (frame, frame)
        for box, score in find_labels(show(image, frame), boxes, LabelSettings()):
            about = ObjectFacts(kind="label", where="external", notes=("readable",))
            found.append(SeenObject(about, box, score, run))
    return found


def find_labels(
    picture: Picture, texts: Sequence[Box], settings: LabelSettings
) -> list[tuple[Box, float]]:
    """Pale areas with straight sides and strokes in them, and how sure each is.

    Args:
        picture: uint8 (rows, columns, 3), RGB.
        texts: boxes of text in it.
        settings: thresholds.
    """
    scale = min(1.0, settings.longest_px / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    hue = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    pale = ((hue[..., 2] >= settings.pale) & (hue[..., 1] <= settings.colourless)).astype(np.uint8)
    edges = cv2.dilate(cv2.Canny(small, *settings.edge), np.ones((3, 3), np.uint8)) > 0
    parted = cv2.morphologyEx(pale * ~edges, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(parted, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        score = _score(hue[..., 2], contour, [_scaled(t, scale) for t in texts], settings)
        if score:
            x, y, width, height = cv2.boundingRect(contour)
            box = _scaled(Box(x - 3, y - 3, x + width + 3, y + height + 3), 1 / scale)
            found.append((box.clipped(picture.shape[1], picture.shape[0]), score))
    return found


def _score(
    value: Picture, contour: npt.NDArray[np.int32], texts: Sequence[Box], settings: LabelSettings
) -> float:
    """How sure an area is a label; 0 where it is none."""
    area = cv2.contourArea(contour)
    share = area / value.size
    (_, sides, _) = cv2.minAreaRect(contour)
    straight = area / max(float(sides[0] * sides[1]), 1.0)
    if not settings.smallest <= share <= settings.largest or straight < settings.straight:
        return 0.0
    x, y, width, height = cv2.boundingRect(contour)
    inside = np.zeros((height, width), np.uint8)
    cv2.drawContours(inside, [contour - (x, y)], -1, 1, cv2.FILLED)
    inside = cv2.erode(inside, np.ones((5, 5), np.uint8), borderValue=0)
    part = value[y : y + height, x : x + width]
    if not inside.any():
        return 0.0
    paper = float(np.median(part[inside > 0]))
    ink = (inside > 0) & (part < paper - settings.darker)
    plain = part[(inside > 0) & ~cv2.dilate(ink.astype(np.uint8), np.ones((3, 3))).astype(bool)]
    inked = float(ink.sum() / inside.sum())
    strokes = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8)[0] - 1
    box = Box(x, y, x + width, y + height)
    has_text = any(box.intersection(text).area * 2 > text.area for text in texts)
    is_written = settings.ink_low <= inked <= settings.ink_high and (
        strokes >= settings.strokes or has_text
    )
    if not (is_written and plain.size and float(plain.std()) <= settings.even):
        return 0.0
    return 0.9 if has_text else 0.6


def _scaled(box: Box, scale: float) -> Box:
    low = [int(np.floor(edge * scale)) for edge in (box.x0, box.y0)]
    high = [int(np.ceil(edge * scale)) for edge in (box.x1, box.y1)]
    return Box(low[0], low[1], high[0], high[1])
