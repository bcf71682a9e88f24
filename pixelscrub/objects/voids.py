"""Metal in MR: a signal void inside the body, with signal piled up at its side.

Metal bends the field: signal goes missing where it is and is put beside it (PS3.3 has no word for
it; see Hargreaves et al. 2011, Metal-induced artifacts in MRI, AJR 197). Which piece of metal that
is cannot be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt
from skimage.filters import threshold_otsu

from pixelscrub.findings import Box, Finding, ObjectFacts
from pixelscrub.objects.seen import SeenObject

if TYPE_CHECKING:
    from pixelscrub.pixels.image import Image

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VoidSettings:
    """Thresholds of the finder of signal voids.

    Attributes:
        longest_px: longer side of the picture that is searched; larger ones are made smaller.
        dark: share of the tissue's median below which signal is missing.
        smallest, largest: a void's share of the body in its slice.
        piled: level of the brightest rim over the 99th percentile of the tissue elsewhere. Fluid
            and fat reach 1.3 where there is no metal.
        piled_share: share of the rim that is so bright.
        rim_px: how far from a void signal piles up.
        round: share of its smallest circle that a void fills: sinuses and airways are ragged.
    """

    longest_px: int = 192
    dark: float = 0.12
    smallest: float = 0.004
    largest: float = 0.3
    piled: float = 1.25
    piled_share: float = 0.05
    rim_px: int = 3
    round: float = 0.3


def is_for(image: Image) -> bool:
    """Whether the pixels are grey, and of MR."""
    info = image.info
    return info is not None and info.samples == 1 and image.header.get("Modality") == "MR"


def find(image: Image, texts: Sequence[Finding]) -> list[SeenObject]:
    """Voids with signal piled up beside them, frame by frame; of one place there is one finding.

    Args:
        image: the opened instance.
        texts: findings of burned-in text; voids among them are none.
    """
    settings, info = VoidSettings(), image.known
    about = ObjectFacts(kind="void")
    found: list[tuple[Box, int, int]] = []
    for frame in range(info.frames):
        seen = find_voids(image.frame(frame), settings)
        letters = [text.box for text in texts if text.box is not None]
        for box in (b for b in seen if not any(b.intersection(text).area for text in letters)):
            inside = box.clipped(info.columns, info.rows)
            for k, (known, first, last) in enumerate(found):
                if last >= frame - 1 and known.intersection(inside).area:
                    found[k] = (known.union(inside), first, frame)
                    break
            else:
                found.append((inside, frame, frame))
    is_single = info.frames == 1
    return [
        SeenObject(about, box, 0.5, None if is_single else (first, last))
        for box, first, last in found
    ]


def find_voids(values: npt.NDArray[Any], settings: VoidSettings) -> list[Box]:
    """Boxes of voids in one slice, in its pixels.

    Args:
        values: stored values, (rows, columns).
        settings: thresholds.
    """
    scale = min(1.0, settings.longest_px / max(values.shape))
    source = np.nan_to_num(values.astype(np.float32))
    small = cv2.resize(source, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small -= small.min()
    if min(small.shape) < 32 or small.max() <= 0:
        return []
    top = float(np.percentile(small, 99.5))
    limit = 0.5 * float(threshold_otsu(np.minimum(small, top)))
    body = _filled(small > limit)
    tissue = small[body & (small > limit)]
    if tissue.size < 500:
        return []
    dark = body & (small < settings.dark * float(np.median(tissue)))
    dark = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    bright = settings.piled * float(np.percentile(tissue, 99))
    found = []
    for label in range(1, count):
        x, y, width, height, area = (int(n) for n in stats[label])
        share = area / float(body.sum())
        if not settings.smallest <= share <= settings.largest:
            continue
        void = (labels == label).astype(np.uint8)
        side = 2 * settings.rim_px + 1
        rim = (cv2.dilate(void, np.ones((side, side), np.uint8)) - void) > 0
        is_round = area >= settings.round * np.pi / 4 * max(width, height) ** 2
        if is_round and float((small[rim] >= bright).mean()) >= settings.piled_share:
            more = settings.rim_px
            edges = (x - more, y - more, x + width + more, y + height + more)
            found.append(Box(*(round(edge / scale) for edge in edges)))
    return found


def _filled(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The largest piece with all that it encloses."""
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    if count < 2:
        return mask
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    padded = np.pad((labels == largest).astype(np.uint8), 1)
    cv2.floodFill(padded, None, (0, 0), 2)
    return np.asarray(padded[1:-1, 1:-1] != 2)
