"""Whether one CT instance shows something brighter than bone: only such series are read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.face.voxels.skin import SKIN_HU
from pixelscrub.face.voxels.volumes import rescale
from pixelscrub.objects.ct import CtSettings, to_hounsfield

if TYPE_CHECKING:
    from pixelscrub.pixels.image import Image

SHRINK = 4
"""Pixels of a cell in which what is outside the skin is told from what is inside."""


def is_slice(image: Image) -> bool:
    """Whether an instance may be a slice of a CT volume: grey, of CT, and no projection."""
    header = image.header
    kinds = {str(kind).upper() for kind in header.get("ImageType") or ()}
    is_ct = header.get("Modality") == "CT" and "LOCALIZER" not in kinds
    return image.info is not None and is_ct and image.info.samples == 1


def shows_metal(image: Image, settings: CtSettings) -> bool:
    """Whether any frame of a CT holds values of metal, or of bone outside the skin.

    Args:
        image: the opened instance.
        settings: thresholds.

    Raises:
        HeldError: a frame cannot be decoded, or its rescale is not sound.
    """
    for frame in range(image.known.frames):
        slope, intercept = rescale(image.header, frame)
        stored = image.frame(frame)
        ends = sorted(float(e) * slope + intercept for e in (stored.min(), stored.max()))
        if ends[1] >= settings.metal_hu or ends[0] < settings.wrapped_hu:
            return True
        if ends[1] < settings.bright_hu:
            continue
        values = stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)
        values, _ = to_hounsfield(values, settings)
        if values.max() >= settings.metal_hu or _is_bright_outside(values, settings):
            return True
    return False


def _is_bright_outside(values: npt.NDArray[np.float32], settings: CtSettings) -> bool:
    """Whether a cell that holds a bright voxel lies in the air around the body."""
    size = tuple(max(1, n // SHRINK) for n in values.shape[::-1])
    mean = cv2.resize(np.minimum(values, 300), size, interpolation=cv2.INTER_AREA)
    bright = (values >= settings.bright_hu).astype(np.float32)
    has_bright = cv2.resize(bright, size, interpolation=cv2.INTER_AREA) > 0
    outside = _outside(mean < SKIN_HU)
    wide = cv2.dilate(outside.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.bool_)
    return bool((has_bright & wide).any())


def _outside(air: npt.NDArray[np.bool_]) -> Any:
    """The air that reaches the edge of the picture."""
    padded = np.pad(air.astype(np.uint8), 1, constant_values=1)
    cv2.floodFill(padded, None, (0, 0), 2)
    return padded[1:-1, 1:-1] == 2
