"""Look for burned-in text in every frame of an instance.

Each frame is looked at twice: as a viewer shows it, and with its full range of stored values,
because text often sits at the extreme value outside the window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.crop.layouts import in_layouts
from pixelscrub.crop.regions import outside_regions
from pixelscrub.findings import Box, Finding
from pixelscrub.pixels.show import show
from pixelscrub.text.boxes import TextBox, are_same
from pixelscrub.text.cine import key_frames, sightings
from pixelscrub.text.judge import stays
from pixelscrub.text.reading import read

if TYPE_CHECKING:
    from pixelscrub.identity.terms import Terms
    from pixelscrub.pixels.image import Image
    from pixelscrub.recipe import TextSettings

Picture = npt.NDArray[np.uint8]

ROUNDING = 2
"""Grey levels by which two renderings of the same values differ."""
STANDS = 0.3
"""A box found in a key frame, or in this share of all frames, is masked in all of them."""


def find_text(image: Image, settings: TextSettings, terms: Terms | None = None) -> list[Finding]:
    """Find burned-in text.

    Args:
        image: the opened instance, with pixel data.
        settings: detectors, padding and least score.
        terms: what identifies in the study; not needed while everything is masked.

    Returns:
        Findings in stored pixels, padded, with the frames they hold for.

    Raises:
        HeldError: a frame cannot be shown, or a detector failed.
        MissingComponentError: a detector's program is not installed.
    """
    seen: list[_Place] = []
    frames = image.known.frames
    pictures = (_renderings(image, frame) for frame in range(frames))
    is_volume = frames > 1 and _are_slices(image)
    for frame, texts in sightings(pictures, frames, settings.detectors, is_volume):
        for text in texts:
            if text.score >= settings.min_score:
                _add(seen, text, frame)
    findings = [
        finding for place in seen for finding in place.findings(image, settings.padding, is_volume)
    ]
    if settings.spares != "nothing":
        findings = _judged(image, findings, settings, terms)
    findings += in_layouts(image.header, settings.layouts)
    return findings + (outside_regions(image) if settings.outside_regions else [])


def _judged(
    image: Image, findings: list[Finding], settings: TextSettings, terms: Terms | None
) -> list[Finding]:
    """The findings; those that are read with certainty and may stay are marked so.

    In a cine everything goes: what stays in one frame may say something else in the next.
    """
    if image.known.frames > 1:
        return findings
    readings = read(show(image, 0), [f.box for f in findings if f.box is not None])
    return [
        finding.model_copy(update={"action": "keep"})
        if stays(said.text, said.confidence, settings.spares, terms)
        else finding
        for finding, said in zip(findings, readings, strict=True)
    ]


def _renderings(image: Image, frame: int) -> list[Picture]:
    shown = show(image, frame)
    info = image.known
    if info.samples > 1 or info.bits_stored <= 8:
        return [shown]
    full = show(image, frame, full_range=True)
    is_still = info.frames == 1  # the frames of a cine are compared rendering by rendering
    return [shown] if is_still and _alike(shown, full) else [shown, full]


def _alike(one: Picture, other: Picture) -> bool:
    """Whether the window is the full range, but for rounding: one look is enough then."""
    return int(cv2.absdiff(one, other).max()) <= ROUNDING


class _Place:
    """Where text was seen, and in which frames."""

    def __init__(self, text: TextBox, frame: int) -> None:
        self.text = text
        self.box = text.box
        self.frames = {frame}

    def take(self, text: TextBox, frame: int) -> bool:
        """Add another sighting, where it is of the same place."""
        if not are_same(self.box, text.box):
            return False
        self.box = self.box.union(text.box)
        self.frames.add(frame)
        if text.score > self.text.score:
            self.text = text
        return True

    def findings(self, image: Image, padding: int, is_volume: bool) -> list[Finding]:
        """One for all frames or the range of frames; of a volume, one for each run of slices."""
        info = image.known
        box = self.box.padded(padding).clipped(info.columns, info.rows)
        found = Finding(
            kind="barcode" if self.text.source == "barcodes" else "text",
            box=Box(*box),
            score=round(self.text.score, 3),
            source=self.text.source,
        )
        in_key = not self.frames.isdisjoint(key_frames(info.frames))
        if len(self.frames) >= STANDS * info.frames or (in_key and not is_volume):
            return [found]
        last = info.frames - 1
        around = (max(min(self.frames) - 1, 0), min(max(self.frames) + 1, last))
        runs = self._runs() if is_volume else [around]
        return [found.model_copy(update={"frames": run}) for run in runs]

    def _runs(self) -> list[tuple[int, int]]:
        """First and last of frames that follow one another."""
        runs: list[tuple[int, int]] = []
        for frame in sorted(self.frames):
            if runs and frame == runs[-1][1] + 1:
                runs[-1] = (runs[-1][0], frame)
            else:
                runs.append((frame, frame))
        return runs


def _are_slices(image: Image) -> bool:
    """Whether each frame has its own place in the patient (PS3.3 C.7.6.16.2.3)."""
    groups = image.header.get("PerFrameFunctionalGroupsSequence")
    return bool(groups) and all(group.get("PlanePositionSequence") for group in groups)


def _add(seen: list[_Place], text: TextBox, frame: int) -> None:
    if not any(place.take(text, frame) for place in seen):
        seen.append(_Place(text, frame))
