"""What our own plan says was to change in the pixels of an output."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation

from pixelscrub.crop.regions import complement
from pixelscrub.errors import HeldError, UsageError
from pixelscrub.findings import Box
from pixelscrub.plan import Plan
from pixelscrub.prove.masks import Mask, planes
from pixelscrub.recipe import Recipe

if TYPE_CHECKING:
    from pixelscrub.audit.pairs import File

Region = Mask | tuple[slice, slice]

BOX = np.ones((3, 3), np.bool_)
JPEG = 2
"""Rims wider than this are of whole blocks."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What was to change in one output.

    Attributes:
        line: of the audit.
        faces: what the face masks cover, by frame.
        recipe: of the plan.
    """

    line: dict[str, Any]
    faces: dict[int, Mask] = field(default_factory=dict)
    recipe: Recipe = field(default_factory=Recipe)

    def regions(self, stored: npt.NDArray[Any]) -> Iterator[tuple[int, Region]]:
        """Frame and place of every region to be masked; `stored` is (frames, rows, columns...)."""
        for first, last, (x0, y0, x1, y1) in self._boxes(stored):
            for frame in range(first, last + 1):
                yield frame, (slice(y0, y1), slice(x0, x1))
        yield from ((k, mask) for k, mask in self.faces.items() if mask.shape == stored.shape[1:3])

    def mask(self, stored: npt.NDArray[Any], rim: int) -> Mask:
        """Pixels that may change, (frames, rows, columns): boxes with `rim` pixels around them."""
        mask = np.zeros(stored.shape[:3], np.bool_)
        for first, last, (x0, y0, x1, y1) in self._boxes(stored):
            rows, columns = slice(max(y0 - rim, 0), y1 + rim), slice(max(x0 - rim, 0), x1 + rim)
            mask[first : last + 1, rows, columns] = True
        for frame, face in self.faces.items():
            if face.shape == stored.shape[1:3]:
                mask[frame] |= face if rim <= JPEG else binary_dilation(face, BOX, iterations=rim)
        return mask

    def _boxes(self, stored: npt.NDArray[Any]) -> Iterator[tuple[int, int, Box]]:
        """First and last frame of every rectangle; what a crop takes is one in all frames."""
        final, rows, columns = len(stored) - 1, *stored.shape[1:3]
        for finding in self.line["text"]:
            if finding["action"] == "mask" and finding["box"]:
                first, last = finding["frames"] or (0, final)
                yield first, min(last, final), Box(*finding["box"])
        if self.line["crop"] is not None:
            for box in complement([Box(*self.line["crop"])], columns, rows):
                yield 0, final, box


def read_planned(private: Path, originals: dict[str, File]) -> dict[str, Planned]:
    """What was planned, by source.

    Raises:
        UsageError: the private folder holds no audit or no plan that can be read.
    """
    try:
        text = (private / "audit.jsonl").read_text(encoding="utf-8")
        lines = {line["source"]: line for line in map(json.loads, text.splitlines())}
        plans = [(p.parent, Plan.load(p.parent)) for p in private.glob("plans/*/plan.json")]
        places = {i.source.path: (plan, folder) for folder, plan in plans for i in plan.instances}
        return {s: _planned(line, originals.get(s), places.get(s)) for s, line in lines.items()}
    except HeldError as error:
        said = "a plan or a face mask in the private folder is damaged or of another version"
        raise UsageError(f"{said} ({error.reason})") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        said = "the private folder holds no audit, or one that is damaged or of another version"
        raise UsageError(f"{said} ({type(error).__name__})") from None


def _planned(
    line: dict[str, Any], original: File | None, place: tuple[Plan, Path] | None
) -> Planned:
    face = line["face"]
    if place is None:
        return Planned(line)
    plan, folder = place
    if original is None or face is None or face["status"] == "none":
        return Planned(line, recipe=plan.recipe)
    found = planes(plan.faces, folder, original.uid)
    return Planned(line, {frame: plane.mask for frame, plane in found.items()}, plan.recipe)
