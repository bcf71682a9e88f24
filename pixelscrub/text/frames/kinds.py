"""What the frames of an instance are to each other: moments of one view, or places of their own.

In a cine text stands while tissue moves, so what one frame shows says much of the next. Slices,
tiles, pages and views from all around are pictures of their own: each is searched as a whole, and
what is found in one holds for it alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from pydicom.uid import RTDoseStorage, SegmentationStorage

from pixelscrub.findings import Box
from pixelscrub.pixels.show import show
from pixelscrub.text.measures import ranges_around

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from pixelscrub.pixels.image import Image

Picture = npt.NDArray[np.uint8]
Values = npt.NDArray[Any]

OWN_PLACES: Final = ("PlanePositionSequence", "PlanePositionSlideSequence")
"""Functional groups that place a frame (PS3.3 C.7.6.16.2.3, C.8.12.6.1)."""
SIDE: Final = 256
"""Pixels of the longer side at which frames are compared; smaller, noise counts for nothing."""
PAIRS: Final = 3
"""Pairs of frames that follow one another, which are compared."""
ALIKE: Final = 0.5
"""Correlation of the edges of two frames from which one follows from the other.

Frames of a cine have 0.6 to 1.0, slices, pages and tiles 0.0 to 0.45."""
LABEL_MAP: Final = "1.2.840.10008.5.1.4.1.1.66.7"
"""Label Map Segmentation Storage (PS3.4 B.5), which pydicom 3.0 does not name."""
RING: Final = 4
"""Pixels around a text that are compared."""
STILL: Final = 0.02
"""Share of a text's contrast by which still ground differs from frame to frame."""
INK: Final = 0.5
"""Share of the strongest contrast from which a pixel is ink."""
UNCHANGED: Final = 0.15
"""Share of its contrast by which ink that stands differs."""
STANDS: Final = 0.6
"""Share of the ink that does not change where a text stands."""


def hold_labels(image: Image) -> bool:
    """Whether pixels are no picture: segments, labels, or the dose of a treatment plan.

    The SOP class says so and the pixels agree: one bit, shares of a segment in eight bits, labels
    in one sample; a dose has its scale. What does not agree is searched like any other picture.
    """
    info, header = image.known, image.header
    if info.samples != 1:
        return False
    sop_class = str(header.get("SOPClassUID", ""))
    if sop_class in (SegmentationStorage, LABEL_MAP):
        return bool(header.get("SegmentSequence"))
    return sop_class == RTDoseStorage and header.get("DoseGridScaling") is not None


def are_apart(image: Image) -> bool:
    """Whether each frame is a picture of its own.

    By its place, where the header gives one to each; else by the pixels: frames of a cine have
    the edges of the frame before.

    Raises:
        HeldError: a frame cannot be decoded.
    """
    frames = image.known.frames
    if frames < 2:
        return False
    if _have_places(image.header):
        return True
    starts = sorted({round(k * (frames - 2) / (PAIRS - 1)) for k in range(PAIRS)})
    return float(np.median([_likeness(image, start) for start in starts])) < ALIKE


def _have_places(header: Dataset) -> bool:
    tiled = str(header.get("DimensionOrganizationType", "")).startswith("TILED")
    groups = header.get("PerFrameFunctionalGroupsSequence") or []
    return tiled or any(group.get(name) for group in groups for name in OWN_PLACES)


def _likeness(image: Image, start: int) -> float:
    """Correlation of the edges of a frame and the next one; 1 where neither has any."""
    one, other = (_edges(show(image, frame)) for frame in (start, start + 1))
    one, other = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((one * one).sum() * (other * other).sum()))
    if scale == 0:
        return float(not (one.any() or other.any()))
    return float((one * other).sum()) / scale


def _edges(picture: Picture) -> npt.NDArray[np.float32]:
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    share = min(SIDE / max(grey.shape), 1.0)
    small = cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return np.asarray(ranges_around(small), np.float32)


class Standing:
    """A text as one frame shows it, to be told in others.

    Args:
        frame: stored values, (rows, columns[, samples]).
        box: of the text, in stored pixels.
    """

    def __init__(self, frame: Values, box: Box) -> None:
        rows, columns = frame.shape[:2]
        own = box.clipped(columns, rows)
        self.box = own.padded(RING).clipped(columns, rows)
        inner = own.shifted(-self.box.x0, -self.box.y0)
        self._inside = (slice(inner.y0, inner.y1), slice(inner.x0, inner.x1))
        self._values = _cut(frame, self.box)
        text = self._values[self._inside]
        away = np.abs(text - np.median(text, axis=(0, 1)))
        last = away.size - 1 - away.size // 100  # single pixels do not count
        self._contrast = float(np.partition(away.ravel(), last)[last])
        self._ink = away >= INK * self._contrast
        self._ring = np.ones(self._values.shape[:2], np.bool_)
        self._ring[self._inside] = False

    def is_in(self, frame: Values) -> bool:
        """Whether a frame shows the same ink in the same place."""
        change = self._change(frame)[self._inside][self._ink]
        alike = np.count_nonzero(change <= UNCHANGED * self._contrast)
        return bool(alike >= STANDS * change.size)

    def is_replaced(self, frame: Values) -> bool:
        """Whether the ground around it is still, so that another text may have its place."""
        change = self._change(frame)[self._ring]
        return bool(change.size) and float(change.mean()) <= STILL * self._contrast

    def _change(self, frame: Values) -> Values:
        return np.asarray(np.abs(_cut(frame, self.box) - self._values))


def _cut(frame: Values, box: Box) -> Values:
    part = frame[box.y0 : box.y1, box.x0 : box.x1].astype(np.float32)
    return np.nan_to_num(part, posinf=0.0, neginf=0.0)
