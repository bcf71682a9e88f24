"""Metal in radiographs, mammograms, dental pictures and scouts: bright, sharp and machine-made.

The image says which way round it is: objects are looked for among what is brighter and among what
is darker than all around, and the side on which a few sharp things end near the greatest value
counts. Lead markers are text, and what the text detector found is left to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box, Finding, ObjectFacts, ObjectNote
from pixelscrub.objects.seen import SeenObject
from pixelscrub.objects.shapes import Shape, facts_of, spacing_of
from pixelscrub.objects.suspects import is_slice

if TYPE_CHECKING:
    from pixelscrub.pixels.image import Image

Picture = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

NOT_PROJECTED: Final = {"MR", "PT", "NM", "US", "IVUS", "SM", "OPT", "SEG", "RTDOSE", "RTSTRUCT"}
"""Modalities whose bright spots are tissue, counts or echoes."""
FRAMES: Final = 3
"""Frames of a series of pictures that are looked at: the first, the middle and the last."""


@dataclass(frozen=True, slots=True)
class RadiographSettings:
    """Thresholds of the finder in radiographs.

    Attributes:
        longest_px: longer side of the picture that is searched; larger ones are made smaller.
        kernel: side of the opening that leaves out objects, as a share of the longer side.
        contrast: grey levels (of 255) above what is around.
        levels: levels (of 255) at which the picture is cut, highest first: a shape is whole where
            what is around it is below.
        near_end: level (of 255) from which a pixel is as bright as the picture gets.
        ended: share of an object that is that bright; tissue has 0.1 and less.
        strong: contrast from which no pixel needs to be.
        middling: contrast from which half as many need to be, or none of a wire.
        wire_edged, wire_px: share of sharp outline and length of a wire, which blur makes darker.
        smallest_px, largest: pixels of an object's longer side; share of the picture's.
        sharp: mean step at an object's edge from one pixel to the next but one, as a share of its
            contrast. Metal has 0.55 and more, bone 0.1 to 0.4.
        edged: share of an object's outline that is that sharp.
        ends_px: pixels that lie at the picture's edge belong to collimators and borders.
        most: objects, from which they are not told apart.
    """

    longest_px: int = 640
    kernel: float = 0.14
    contrast: float = 50.0
    levels: tuple[float, ...] = (225.0, 195.0, 165.0, 135.0)
    near_end: float = 240.0
    ended: float = 0.25
    strong: float = 110.0
    middling: float = 75.0
    wire_edged: float = 0.97
    wire_px: int = 40
    smallest_px: int = 6
    largest: float = 0.4
    sharp: float = 0.5
    edged: float = 0.75
    ends_px: int = 2
    most: int = 40


def is_for(image: Image) -> bool:
    """Whether the pixels are grey and may be a projection."""
    info = image.info
    modality = str(image.header.get("Modality") or "")
    if info is None or info.samples != 1 or info.photometric == "PALETTE COLOR":
        return False
    return modality not in NOT_PROJECTED and info.bits_allocated > 1 and not is_slice(image)


def find(image: Image, texts: Sequence[Finding]) -> list[SeenObject]:
    """The objects in some frames of an instance.

    Args:
        image: the opened instance.
        texts: findings of burned-in text; what they cover is none.
    """
    from pixelscrub.objects.engraving import find_engraving

    settings, info = RadiographSettings(), image.known
    found: list[SeenObject] = []
    for frame in sorted({round(k * (info.frames - 1) / (FRAMES - 1)) for k in range(FRAMES)}):
        values = image.frame(frame)
        run = None if info.frames == 1 else (frame, frame)
        small, scale = shrunk(values, settings)
        boxes = [f.box for f in texts if f.box is not None and f.covers(frame)]
        shapes, notes = find_shapes(small, scale, boxes, info.photometric, settings)
        if len(shapes) > settings.most:
            found.append(_widespread(shapes, scale, notes, run))
            continue
        spacing = spacing_of(image.header)
        for shape in shapes:
            about = facts_of(shape, scale, spacing, notes)
            box = _stored(shape.box, scale).clipped(info.columns, info.rows)
            found.append(SeenObject(about, box, shape.score, run))
            for letters in find_engraving(values, box):
                engraved = ObjectFacts(kind="engraving", notes=notes)
                found.append(SeenObject(engraved, letters.box, letters.score, run))
    return found


def shrunk(values: npt.NDArray[Any], settings: RadiographSettings) -> tuple[Picture, float]:
    """A frame as 8 bits over its whole range, no larger than is searched; and by how much."""
    scale = min(1.0, settings.longest_px / max(values.shape))
    narrow = values if values.dtype.itemsize <= 2 and values.dtype.kind != "f" else None
    source = np.asarray(values, np.float32) if narrow is None or values.dtype == np.int8 else narrow
    if source.dtype.kind == "f":
        source = np.nan_to_num(source, posinf=0.0, neginf=0.0)
    size = tuple(max(1, round(n * scale)) for n in values.shape[::-1])
    small = cv2.resize(source, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    low, high = float(small.min()), float(small.max())
    levels = (small - low) * (255.0 / max(float(high - low), 1e-6))
    return np.asarray(np.clip(levels, 0, 255), np.uint8), scale


def find_shapes(
    small: Picture,
    scale: float,
    texts: Sequence[Box],
    photometric: str,
    settings: RadiographSettings,
) -> tuple[list[Shape], tuple[ObjectNote, ...]]:
    """Sharp shapes near the end of the grey scale, on the side that has any.

    Args:
        small: the picture that is searched, uint8 (rows, columns).
        scale: its size over that of the frame.
        texts: boxes of burned-in text, in stored pixels.
        photometric: Photometric Interpretation; of two sides that both show something, the one
            that is shown bright counts.
        settings: thresholds.

    Returns:
        the shapes, and `inverted` where they are on the side that is shown dark.
    """
    small_texts = [Box(*(round(edge * scale) for edge in box)) for box in texts]
    sides = (small, 255 - small) if photometric != "MONOCHROME1" else (255 - small, small)
    for side, picture in enumerate(sides):
        shapes = _shapes(_stretched(picture), small_texts, settings)
        if side:  # between ribs, and in the gut, air is as sharp as weak metal
            shapes = [
                shape for shape in shapes if shape.contrast >= settings.strong and shape.ended
            ]
        if shapes:
            return shapes, (("inverted",) if side else ())
    return [], ()


def _stretched(picture: Picture) -> Picture:
    """The picture from its dark end to its bright one; of either some pixels do not count."""
    low, high = np.percentile(picture, [1, 99.98])
    levels = (picture.astype(np.float32) - low) * (255.0 / max(float(high - low), 1.0))
    return np.asarray(np.clip(levels, 0, 255), np.uint8)


def _shapes(picture: Picture, texts: Sequence[Box], settings: RadiographSettings) -> list[Shape]:
    side = max(3, round(settings.kernel * max(picture.shape)) | 1)
    ground = cv2.morphologyEx(picture, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    above = cv2.subtract(picture, ground)
    step = cv2.morphologyEx(picture, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    found: list[Shape] = []
    for level in settings.levels:
        mask = ((above >= settings.contrast) & (picture >= level)).astype(np.uint8)
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        for shape in _pieces(picture, step, mask, texts, settings):
            inside = [s for s in found if 2 * s.box.intersection(shape.box).area > s.box.area]
            joins = sum(s.box.area for s in inside) * 2 < shape.box.area
            if joins or len(inside) != 1:  # a lower level tells a piece no better, but joins
                found = [s for s in found if s not in inside] + [shape]
    return found


def _pieces(
    picture: Picture,
    step: Picture,
    mask: npt.NDArray[np.uint8],
    texts: Sequence[Box],
    settings: RadiographSettings,
) -> Iterator[Shape]:
    """The pieces of a mask that are sharp, not text, and neither too large nor at the edge."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    longest = settings.largest * max(picture.shape)
    inner = settings.ends_px
    for label in range(1, count):
        x, y, width, height, _ = (int(n) for n in stats[label])
        box = Box(x, y, x + width, y + height)
        is_inside = box == box.clipped(picture.shape[1] - inner, picture.shape[0] - inner)
        if not (is_inside and min(x, y) >= inner):
            continue
        if not settings.smallest_px <= max(width, height) <= longest or _is_text(box, texts):
            continue
        shape = _shape(picture, step, labels[y : box.y1, x : box.x1] == label, box, settings)
        if shape is not None:
            yield shape


def _shape(
    picture: Picture, step: Picture, whole: Mask, box: Box, settings: RadiographSettings
) -> Shape | None:
    """One piece, where its edge is sharp all around."""
    wide = box.padded(2).clipped(picture.shape[1], picture.shape[0])
    window = np.s_[wide.y0 : wide.y1, wide.x0 : wide.x1]
    mask = np.zeros((wide.height, wide.width), np.uint8)
    inside = np.s_[box.y0 - wide.y0 : box.y1 - wide.y0, box.x0 - wide.x0 : box.x1 - wide.x0]
    mask[inside] = whole
    around = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    beyond = cv2.dilate(around, np.ones((3, 3), np.uint8)) - around
    if not beyond.any():
        return None
    contrast = float(picture[window][mask > 0].mean()) - float(picture[window][beyond > 0].mean())
    ended = float((picture[window][mask > 0] >= settings.near_end).mean())
    if contrast < settings.contrast:
        return None
    rim = (around - cv2.erode(mask, np.ones((3, 3), np.uint8), borderValue=0)) > 0
    sharpness = step[window][rim] / contrast
    edged = float((sharpness >= settings.sharp).mean())
    if edged < settings.edged or not _is_bright(contrast, ended, edged, box, settings):
        return None
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=cv2.contourArea)
    area = float(mask.sum())
    _, sides, _ = cv2.minAreaRect(outline)
    length, thickness = max(sides) + 1, min(sides) + 1
    hull = cv2.contourArea(cv2.convexHull(outline)) + length + thickness - 1
    filled = np.zeros_like(mask)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    return Shape(
        box=box,
        mask=whole,
        score=min(1.0, 0.4 + 0.3 * edged + 0.3 * contrast / 128),
        contrast=contrast,
        ended=ended >= settings.ended,
        solid=area / max(hull, area),
        filled=area / max(float(filled.sum()), 1.0),
        slim=float(thickness / length),
    )


def _is_bright(
    contrast: float, ended: float, edged: float, box: Box, settings: RadiographSettings
) -> bool:
    """Whether a piece is as bright as metal: nearly all, or beside all that is around."""
    is_wire = edged >= settings.wire_edged and max(box.width, box.height) >= settings.wire_px
    return (
        ended >= settings.ended
        or contrast >= settings.strong
        or (contrast >= settings.middling and (2 * ended >= settings.ended or is_wire))
    )


def _is_text(box: Box, texts: Sequence[Box]) -> bool:
    """Whether text covers most of a piece: a letter, a lead marker."""
    return any(2 * box.intersection(text.padded(2)).area >= box.area for text in texts)


def _stored(box: Box, scale: float) -> Box:
    low = [int(np.floor(edge / scale)) - 1 for edge in (box.x0, box.y0)]
    high = [int(np.ceil(edge / scale)) + 1 for edge in (box.x1, box.y1)]
    return Box(low[0], low[1], high[0], high[1])


def _widespread(
    shapes: Sequence[Shape],
    scale: float,
    notes: tuple[ObjectNote, ...],
    frames: tuple[int, int] | None,
) -> SeenObject:
    whole = shapes[0].box
    for shape in shapes:
        whole = whole.union(shape.box)
    about = ObjectFacts(kind="widespread", notes=notes)
    return SeenObject(about, _stored(whole, scale), 0.5, frames)
