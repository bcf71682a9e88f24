"""Checks of an output's pixels against its original's, by pydicom's own decoders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.prove.issues import Issue
from pixelscrub.prove.pairs import File, pixels

MOST: Final = 0.5
"""Where no mask is known, a change of more than this share of a frame is no mask."""
BLOCK: Final = 32
"""Pixels: no MCU of JPEG is larger; chroma smoothing reaches one pixel further."""
LOSSY_JPEG: Final = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")


def check_pixels(
    original: File, output: File, name: str, line: dict[str, Any] | None
) -> Iterator[Issue]:
    """Compare pixels outside the masks that `line` (of our audit) names, if there is one."""
    before, after = pixels(original), pixels(output)
    if before is None and after is None:
        return
    if before is None or after is None:
        yield Issue("pixels_not_decodable" if after is None else "pixels_not_comparable", name)
        return
    crop = line["crop"] if line else None
    before = _stack(before, original)
    after = _stack(after, output)
    if crop is None and before.shape != after.shape:
        yield Issue("frames_differ", name)
        return
    if crop is not None or _has_face(line):
        return  # JPEG crops on whole blocks, and face masks lie beside the plan: proved on release
    changed = before != after
    changed = changed.any(axis=3) if changed.ndim == 4 else changed
    if line is None:
        worst = float(changed.mean(axis=(1, 2)).max())
        if worst > MOST:
            yield Issue("pixels_changed", name, detail="more than a mask would")
        return
    syntax = str(original.header.file_meta.get("TransferSyntaxUID", ""))
    rim = BLOCK + 1 if syntax in LOSSY_JPEG else 2
    changed &= ~_masked(changed.shape, line["text"], rim)
    for frame in np.flatnonzero(changed.any(axis=(1, 2)))[:1]:
        yield Issue("pixels_changed", name, f"frame {frame}", "outside the mask")


def _stack(values: npt.NDArray[Any], file: File) -> npt.NDArray[Any]:
    """Frames first, always."""
    return values if int(file.header.get("NumberOfFrames") or 1) > 1 else values[None]


def _has_face(line: dict[str, Any] | None) -> bool:
    return bool(line and line["face"] and line["face"]["status"] != "none")


def _masked(
    shape: tuple[int, ...], findings: Sequence[dict[str, Any]], rim: int
) -> npt.NDArray[np.bool_]:
    mask = np.zeros(shape[:3], np.bool_)
    for finding in findings:
        if finding["action"] == "mask" and finding["box"]:
            first, last = finding["frames"] or (0, shape[0] - 1)
            x0, y0, x1, y1 = finding["box"]
            rows, columns = slice(max(y0 - rim, 0), y1 + rim), slice(max(x0 - rim, 0), x1 + rim)
            mask[first : last + 1, rows, columns] = True
    return mask
