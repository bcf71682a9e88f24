"""Checks of an output's pixels against its original's, by pydicom's own decoders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.prove.issues import Issue
from pixelscrub.prove.pairs import File, pixels
from pixelscrub.prove.planned import Planned

MOST: Final = 0.5
"""Where no mask is known, a change of more than this share of a frame is no mask."""
BLOCK: Final = 32
"""Pixels: no MCU of JPEG is larger; chroma smoothing reaches one pixel further."""
LOSSY_JPEG: Final = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")


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
    if planned and planned.line["crop"] is not None:
        return  # JPEG crops on whole blocks: proved on release
    before, after = _stack(before, original), _stack(after, output)
    if before.shape != after.shape:
        yield Issue("frames_differ", name)
        return
    changed = (before != after).reshape(*before.shape[:3], -1).any(axis=3)
    if planned is None:
        if float(changed.mean(axis=(1, 2)).max()) > MOST:
            yield Issue("pixels_changed", name, detail="more than a mask would")
        return
    syntax = str(original.header.file_meta.get("TransferSyntaxUID", ""))
    mask = planned.mask(before, BLOCK + 1 if syntax in LOSSY_JPEG else 2)
    for frame in np.flatnonzero((changed & ~mask).any(axis=(1, 2)))[:1]:
        yield Issue("pixels_changed", name, f"frame {frame}", "outside the mask")
    for frame, region in planned.regions(before):
        if _is_left(before[frame][region], changed[frame][region]):
            yield Issue("mask_missing", name, f"frame {frame}", "pixels as they were")
            return


def _is_left(before: npt.NDArray[Any], changed: npt.NDArray[np.bool_]) -> bool:
    """Whether most of a region shows what it did; a flat ground may equal its fill."""
    same = before[~changed]
    return float(changed.mean()) < MOST and bool((same != same[0]).any())


def _stack(values: npt.NDArray[Any], file: File) -> npt.NDArray[Any]:
    """Frames first, always."""
    return values if int(file.header.get("NumberOfFrames") or 1) > 1 else values[None]
