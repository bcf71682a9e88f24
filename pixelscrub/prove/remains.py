"""What the plan meant to take out of a picture, and can still be seen in what was written.

The plan is asked, not the edit that was made of it: a finding that was lost on the way shows here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_erosion, laplace

from pixelscrub.errors import HeldError, Reason
from pixelscrub.findings import Box
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.show import show
from pixelscrub.prove.expected import ExpectedRemovals
from pixelscrub.prove.masks import planes
from pixelscrub.prove.showing import pictures
from pixelscrub.text.detectors import cheap, detect

Values = npt.NDArray[Any]

RIM: Final = 1
"""Pixels at the edge of a box that decoders smooth into what is beside it."""
MARGIN: Final = 12
"""Pixels around the box that are searched with it: letters at an edge are none without a ground."""
ALIKE: Final = 0.5
"""Correlation from which a place shows what it did before."""
NEAR: Final = 0.1
"""Of the way from air to tissue: a voxel that has moved less than this is still tissue."""
CLEAR: Final = 8.0
"""Standard deviations of the background from which a voxel is tissue."""
LITTLE: Final = 0.1
"""Share of a mask's detail that may be left in one slice, by chance."""
FEW: Final = 0.02
"""Share of a mask's tissue that may be left in one slice; a smoothed edge is no face."""


def check_text(before: Image, after: Image, promise: ExpectedRemovals, crop: Box | None) -> None:
    """Search the written frames for text where some was to be masked.

    Args:
        before: the original.
        after: what was written.
        promise: what was to go.
        crop: the rectangle of `before` that `after` shows, or None.

    Raises:
        HeldError: TEXT_LEFT, where a detector finds text there that looks as it did; errors of
            decoding and of the detector.
    """
    boxes = [f for f in promise.findings if f.action == "mask" and f.box is not None]
    stays = crop or Box(0, 0, before.known.columns, before.known.rows)
    for frame in range(after.known.frames) if boxes else ():
        inside = (f.box.intersection(stays) for f in boxes if f.box and f.covers(frame))
        places = [box for box in inside if box.area]
        if places and _is_text_left(before, after, frame, stays, places):
            raise HeldError(Reason.TEXT_LEFT, f"frame {frame}")


def _is_text_left(
    before: Image, after: Image, frame: int, stays: Box, places: Sequence[Box]
) -> bool:
    written, original = after.frame(frame), before.frame(frame)
    for place in places:
        here = place.shifted(-stays.x0, -stays.y0)
        if _is_flat(written, here.padded(-RIM)):
            continue
        if _alike(_cut(original, place), _cut(written, here)) and _shows_text(after, frame, here):
            return True
    return False


def _cut(values: Values, box: Box) -> Values:
    """The part of a frame in a box; empty where the box has no area."""
    return values[box.y0 : max(box.y1, box.y0), box.x0 : max(box.x1, box.x0)]


def _is_flat(values: Values, box: Box) -> bool:
    part = _cut(values, box)
    pixels = part.reshape(part.shape[0] * part.shape[1], -1)
    return not (pixels != pixels[:1]).any()


def _shows_text(image: Image, frame: int, box: Box) -> bool:
    """Whether the cheap detectors find anything most of which lies in the box, however shown."""
    around = box.padded(MARGIN).clipped(image.known.columns, image.known.rows)
    shown = _cut(show(image, frame), around)
    for picture in (shown, *pictures(_cut(image.frame(frame), around))):
        found = detect(np.ascontiguousarray(picture), cheap())
        texts = (text.box.shifted(around.x0, around.y0) for text in found)
        if any(2 * text.intersection(box).area >= text.area for text in texts):
            return True
    return False


def _alike(one: Values, other: Values) -> bool:
    """Whether two parts of one size show the same, whatever their brightness."""
    a, b = (np.nan_to_num(part.reshape(-1).astype(np.float64)) for part in (one, other))
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return scale > 0 and float(a @ b) / scale >= ALIKE


def check_face(before: Image, after: Image, promise: ExpectedRemovals) -> None:
    """Measure the written frames inside the face masks: nothing may be as it was.

    Raises:
        HeldError: FACE_LEFT; FACE_FAILED, where a mask cannot be read; errors of decoding.
    """
    for frame, plane in planes(promise.faces, promise.folder, promise.uid).items():
        old, new = before.frame(frame), after.frame(frame)
        if old.shape[:2] != plane.mask.shape or old.shape != new.shape:
            raise HeldError(Reason.FACE_LEFT, "mask does not fit the image")
        air, noise = _stored(plane.air, before, frame)
        if plane.is_air:
            left = tissue_left(old[plane.mask], new[plane.mask], air, noise) > FEW
        else:
            left = detail_left(old, new, plane.mask) > LITTLE
        if left:
            raise HeldError(Reason.FACE_LEFT, f"frame {frame}")


def _stored(air: tuple[float, float], image: Image, frame: int) -> tuple[float, float]:
    """Mean and standard deviation of air in stored values."""
    from pixelscrub.face.voxels.volumes import rescale

    slope, intercept = rescale(image.header, frame)
    low, high = image.known.range
    return min(max((air[0] - intercept) / slope, low), high), abs(air[1] / slope)


def tissue_left(old: Values, new: Values, air: float, noise: float) -> float:
    """Share of what was tissue inside a mask that is still what it was.

    Args:
        old: stored values of the original inside the mask.
        new: the same of what was written.
        air: mean of the background.
        noise: its standard deviation.
    """
    was = np.abs(old.astype(np.float64) - air)
    tissue = was > CLEAR * max(noise, 1.0)
    if not tissue.any():
        return 0.0
    moved = np.abs(new.astype(np.float64) - old)[tissue]
    return float((moved < NEAR * was[tissue]).mean())


def detail_left(old: Values, new: Values, mask: npt.NDArray[np.bool_]) -> float:
    """Share of the detail inside a mask that is still what it was, whatever its level.

    Args:
        old: values of the original, (rows, columns).
        new: the same of what was written.
        mask: bool, (rows, columns); detail at its rim belongs to what stays.
    """
    inside = binary_erosion(mask)
    was, now = (laplace(np.asarray(part, np.float64))[inside] for part in (old, new))
    energy = float(was @ was)
    return 1 - float((now - was) @ (now - was)) / energy if energy else 0.0
