"""Faces in photographs and in screenshots of heads.

The detector is scikit-image's: a cascade of local binary patterns whose weights come inside that
package (Liao et al. 2007, Learning multi-scale block local binary patterns for face recognition).
It finds faces from the front; profiles and faces that lie on their side it misses.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.errors import Reason, guarded
from pixelscrub.findings import Box, Finding
from pixelscrub.pixels.show import show

if TYPE_CHECKING:
    from pixelscrub.pixels.image import Image

Picture = npt.NDArray[np.uint8]

PHOTOGRAPHS: Final = {
    "1.2.840.10008.5.1.4.1.1.77.1.4",
    "1.2.840.10008.5.1.4.1.1.77.1.4.1",
    "1.2.840.10008.5.1.4.1.1.77.1.7",
}
"""VL Photographic, Video Photographic and Dermoscopic Photography Image Storage (PS3.4 B.5)."""
SCREENSHOTS: Final = {"1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.7.4"}
"""Secondary Capture and Multi-frame True Color Secondary Capture; searched where coloured."""
UNLIKELY: Final = {"US", "IVUS"}
"""Modalities whose screens show no faces, but much that moves."""
LONGEST: Final = 640
"""Pixels of the longer side that is searched; larger pictures are made smaller."""
SMALLEST: Final = 48
"""Pixels of the smallest face in it."""
STEP: Final = 1.15
"""From one size of face to the next."""
AROUND: Final = 0.3
"""What is masked around what the detector frames, as a share of it: hair, chin and ears."""
BETWEEN: Final = 5
"""Frames in which a face may go unseen between two sightings, and before and after them."""


def find_photographed_faces(image: Image) -> list[Finding]:
    """Find faces in a photograph or a coloured screenshot; other images are not searched.

    Args:
        image: the opened instance.

    Returns:
        Findings of kind `photo` in stored pixels, with the frames they hold for.

    Raises:
        HeldError: a frame cannot be shown, or DETECTOR_FAILED.
    """
    if not _is_searched(image):
        return []
    info, tracks = image.known, list[_Track]()
    for frame in range(info.frames):
        with guarded(Reason.DETECTOR_FAILED):
            faces = find_faces(show(image, frame))
        for face in faces:
            if not any(track.take(face, frame) for track in tracks):
                tracks.append(_Track(face, frame))
    return [track.finding(info.frames, info.columns, info.rows) for track in tracks]


def find_faces(picture: Picture) -> list[Box]:
    """Faces seen from the front, with room around them.

    Args:
        picture: uint8, (rows, columns) or (rows, columns, 3) RGB.
    """
    scale = min(1.0, LONGEST / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if min(small.shape[:2]) < SMALLEST:
        return []
    grey = small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    sizes = {"min_size": (SMALLEST, SMALLEST), "max_size": grey.shape}
    found = _cascade().detect_multi_scale(grey, scale_factor=STEP, step_ratio=1, **sizes)
    return [_box(face["c"], face["r"], face["width"], face["height"], scale) for face in found]


def _is_searched(image: Image) -> bool:
    sop_class = str(image.header.get("SOPClassUID", ""))
    if image.info is None or sop_class in PHOTOGRAPHS:
        return image.info is not None
    is_coloured = image.known.samples > 1 or image.known.photometric == "PALETTE COLOR"
    return sop_class in SCREENSHOTS and is_coloured and image.header.get("Modality") not in UNLIKELY


def _box(x: int, y: int, width: int, height: int, scale: float) -> Box:
    more = AROUND * max(width, height)
    low = np.floor(np.array([x - more, y - more]) / scale).astype(int)
    high = np.ceil(np.array([x + width + more, y + height + more]) / scale).astype(int)
    return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


@lru_cache(maxsize=1)
def _cascade() -> Any:
    from skimage import data, feature

    return feature.Cascade(data.lbp_frontal_face_cascade_filename())


class _Track:
    """One face, from frame to frame."""

    def __init__(self, box: Box, frame: int) -> None:
        self.box, self.last, self.first, self.latest = box, box, frame, frame

    def take(self, face: Box, frame: int) -> bool:
        """Add a sighting, where it is of this face."""
        common = self.last.intersection(face).area
        if frame - self.latest > BETWEEN or 2 * common < min(self.last.area, face.area):
            return False
        self.box, self.last, self.latest = self.box.union(face), face, frame
        return True

    def finding(self, frames: int, columns: int, rows: int) -> Finding:
        first, last = max(self.first - BETWEEN, 0), min(self.latest + BETWEEN, frames - 1)
        whole = (first, last) == (0, frames - 1)
        box = self.box.clipped(columns, rows)
        return Finding(
            kind="photo", frames=None if whole else (first, last), box=box, source="faces"
        )
