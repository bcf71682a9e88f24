"""Faces in images that make no volume: scouts, single slices, projections, captures of a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.findings import Box, Finding
from pixelscrub.photos.pictures import SETTINGS, PictureSettings, find_pictured_face
from pixelscrub.pixels.show import show

if TYPE_CHECKING:
    from pixelscrub.pixels.image import Image

FACELESS: Final = (
    "1.2.840.10008.5.1.4.1.1.3.1",
    "1.2.840.10008.5.1.4.1.1.6.1",
    "1.2.840.10008.5.1.4.1.1.6.2",
    "1.2.840.10008.5.1.4.1.1.77.1",
    "1.2.840.10008.5.1.4.1.1.81.1",
    "1.2.840.10008.5.1.4.1.1.9.",
)
"""Beginnings of classes (PS3.4 B.5) whose images are no rendering and no scout of a head:
ultrasound, visible light (photographs are searched by `find`), ophthalmic, waveforms."""
MOST_FRAMES: Final = 24
"""So many frames, evenly spread, tell of a sequence: renderings turn slowly."""


def find_loose_faces(image: Image, settings: PictureSettings = SETTINGS) -> list[Finding]:
    """Faces in an image that makes no volume, to be masked.

    Args:
        image: the opened instance.
        settings: thresholds.

    Returns:
        findings of kind `photo`, in stored pixels; a sequence in which any frame shows a face is
        masked in all frames.

    Raises:
        HeldError: a frame cannot be shown; FACE_IN_DERIVED, where a face is still seen beside
            what would be masked; DETECTOR_FAILED.
    """
    if image.info is None or not may_show_face(str(image.header.get("SOPClassUID") or "")):
        return []
    frames = range(image.info.frames)
    box: Box | None = None
    score = 0.0
    some = frames[:: max(1, -(-len(frames) // MOST_FRAMES))]
    for frame in some:
        with guarded(Reason.DETECTOR_FAILED):
            found = find_pictured_face(_values(image, frame), settings)
        if found is not None:
            box = found.box if box is None else box.union(found.box)
            score = max(score, found.score)
    if box is None:
        return []
    if any(_is_left(image, frame, box, settings) for frame in some):
        raise HeldError(Reason.FACE_IN_DERIVED, "a face is seen beside its mask")
    return [Finding(kind="photo", box=box, score=min(1.0, score), source="pictured faces")]


def may_show_face(sop_class: str) -> bool:
    """Whether images of a class may be scouts, slices or renderings of a head."""
    return not sop_class.startswith(FACELESS)


def _values(image: Image, frame: int) -> npt.NDArray[Any]:
    """Grey values as they are stored, whatever window the header asks for; colours as shown."""
    if image.known.samples == 1 and image.known.photometric != "PALETTE COLOR":
        return image.frame(frame)
    return show(image, frame)


def _is_left(image: Image, frame: int, box: Box, settings: PictureSettings) -> bool:
    """Whether a face is seen in a frame when a box is masked."""
    values = np.array(_values(image, frame))
    part = values[box.y0 : box.y1, box.x0 : box.x1]
    part[...] = values.min()
    return find_pictured_face(values, settings) is not None
