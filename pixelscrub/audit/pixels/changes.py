"""Checks of an output's pixels against its original's, by pydicom's own decoders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.audit.crops import crop_of
from pixelscrub.audit.issues import Issue
from pixelscrub.audit.pairs import File, pixels
from pixelscrub.audit.pixels.planned import Planned
from pixelscrub.audit.pixels.plausible import has_stray_changes
from pixelscrub.findings import Box
from pixelscrub.prove.geometry import moved

Frames = npt.NDArray[Any]

BLOCK: Final = 32
"""Pixels: no MCU of JPEG is larger; chroma smoothing reaches one pixel further."""
LOSSY_JPEG: Final = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")
LEFT: Final = 0.5
"""Share of a region that has to change where it is masked; a flat ground may equal its fill."""


def check_pixels(
    original: File, output: File, name: str, planned: Planned | None
) -> Iterator[Issue]:
    """Compare pixels outside and inside the masks that our plan names, if there is one."""
    before, after = pixels(original), pixels(output)
    if before is None and after is None:
        return
    if before is None or after is None:
        yield Issue("pixels_not_decodable" if after is None else "pixels_not_comparable", name)
        return
    before, after = _stack(before, original), _stack(after, output)
    shown = _part(before, after)
    is_whole = planned is not None and planned.line["crop"] is None
    if shown is None or (is_whole and before.shape != after.shape):
        yield Issue("frames_differ", name)
        return
    elsewhere = moved(original.header, output.header, shown)
    yield from (Issue("geometry_changed", name, keyword) for keyword in elsewhere)
    rim = BLOCK + 1 if _is_lossy(original) else 2
    if planned is None:
        yield from _check_plausible(_cut(before, shown), after, name, _is_lossy(original), output)
    else:
        yield from _check_planned(before, after, shown, planned, name, rim)


def _part(before: Frames, after: Frames) -> Box | None:
    """The part of the original's frames that the output shows."""
    if before.shape == after.shape:
        return Box(0, 0, before.shape[2], before.shape[1])
    same = before.shape[0] == after.shape[0] and before.shape[3:] == after.shape[3:]
    return crop_of(before[0], after[0]) if same else None


def _cut(frames: Frames, box: Box) -> Frames:
    return frames[:, box.y0 : box.y1, box.x0 : box.x1]


def _check_plausible(
    before: Frames, after: Frames, name: str, is_lossy: bool, output: File
) -> Iterator[Issue]:
    if str(output.header.get("RecognizableVisualFeatures", "")) == "NO":
        changed = (before != after).reshape(len(before), -1).mean(axis=1)
        stray = changed > LEFT
    else:
        rim = BLOCK + 1 if is_lossy else 0
        pairs = zip(before, after, strict=True)
        stray = np.array([has_stray_changes(old, new, rim) for old, new in pairs])
    yield from _changed(stray, name, "unlike a mask")


def _check_planned(
    before: Frames, after: Frames, shown: Box, planned: Planned, name: str, rim: int
) -> Iterator[Issue]:
    part = (slice(shown.y0, shown.y1), slice(shown.x0, shown.x1))
    changed = np.ones(before.shape[:3], np.bool_)  # what was cut off is gone
    differs = (_cut(before, shown) != after).reshape(*after.shape[:3], -1).any(axis=3)
    changed[:, *part] = differs
    outside = differs & ~_cut(planned.mask(before, rim), shown)
    yield from _changed(outside.any(axis=(1, 2)), name, "outside the mask")
    for frame, region in planned.regions(before):
        if _is_left(before[frame][region], changed[frame][region]):
            yield Issue("mask_missing", name, f"frame {frame}", "pixels as they were")
            return


def _changed(frames: npt.NDArray[np.bool_], name: str, how: str) -> Iterator[Issue]:
    """One issue for all frames that changed as they should not."""
    found = np.flatnonzero(frames)
    if len(found):
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield Issue("pixels_changed", name, f"frame {found[0]}{more}", how)


def _is_left(before: Frames, changed: npt.NDArray[np.bool_]) -> bool:
    """Whether most of a region shows what it did; a flat ground may equal its fill."""
    same = before[~changed]
    return float(changed.mean()) < LEFT and bool((same != same[0]).any())


def _is_lossy(file: File) -> bool:
    return str(file.header.file_meta.get("TransferSyntaxUID", "")) in LOSSY_JPEG


def _stack(values: Frames, file: File) -> Frames:
    """Frames first, always; an original's header may not tell how many there are."""
    has_samples = int(file.header.get("SamplesPerPixel") or 1) > 1
    return values if values.ndim > 2 + has_samples else values[None]
