"""What our own plan says was to change in the pixels of an output."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, UsageError
from pixelscrub.plan import Plan

if TYPE_CHECKING:
    from pixelscrub.pixels.edit import VoxelEdit
    from pixelscrub.prove.pairs import File

Region = npt.NDArray[np.bool_] | tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Planned:
    """What was to change in one output.

    Attributes:
        line: of the audit.
        face: what the face masks change, frame by frame.
    """

    line: dict[str, Any]
    face: VoxelEdit | None = None

    def regions(self, stored: npt.NDArray[Any]) -> Iterator[tuple[int, Region]]:
        """Frame and place of every region to be masked; `stored` is (frames, rows, columns...)."""
        for first, last, (x0, y0, x1, y1) in self._boxes(len(stored)):
            for frame in range(first, last + 1):
                yield frame, (slice(y0, y1), slice(x0, x1))
        for frame in range(len(stored)) if self.face else ():
            fill = self.face(frame, stored[frame]) if self.face else None
            if fill is not None:
                yield frame, fill.mask

    def mask(self, stored: npt.NDArray[Any], rim: int) -> npt.NDArray[np.bool_]:
        """Pixels that may change, (frames, rows, columns): boxes with `rim` pixels around them."""
        mask = np.zeros(stored.shape[:3], np.bool_)
        for first, last, (x0, y0, x1, y1) in self._boxes(len(stored)):
            rows, columns = slice(max(y0 - rim, 0), y1 + rim), slice(max(x0 - rim, 0), x1 + rim)
            mask[first : last + 1, rows, columns] = True
        for frame, region in self.regions(stored) if self.face else ():
            mask[frame][region] = True
        return mask

    def _boxes(self, frames: int) -> Iterator[tuple[int, int, list[int]]]:
        for finding in self.line["text"]:
            if finding["action"] == "mask" and finding["box"]:
                first, last = finding["frames"] or (0, frames - 1)
                yield first, min(last, frames - 1), finding["box"]


def read_planned(private: Path, originals: dict[str, File]) -> dict[str, Planned]:
    """What was planned, by source.

    Raises:
        UsageError: the private folder holds no audit or no plan that can be read.
    """
    try:
        text = (private / "audit.jsonl").read_text(encoding="utf-8")
        lines = {line["source"]: line for line in map(json.loads, text.splitlines())}
        plans = [(p.parent, Plan.load(p.parent)) for p in private.glob("plans/*/plan.json")]
        places = {i.source: (plan, folder) for folder, plan in plans for i in plan.instances}
        return {s: _planned(line, originals.get(s), places.get(s)) for s, line in lines.items()}
    except (OSError, ValueError, KeyError, TypeError, HeldError):
        raise UsageError("private folder holds no audit that can be read") from None


def _planned(
    line: dict[str, Any], original: File | None, place: tuple[Plan, Path] | None
) -> Planned:
    face = line["face"]
    if original is None or place is None or face is None or face["status"] == "none":
        return Planned(line)
    from pixelscrub.face.fill import voxel_edit

    plan, folder = place
    uid = str(original.header.SOPInstanceUID)
    return Planned(line, voxel_edit(plan.faces, folder, original.header, uid, b""))
