"""Look for burned-in text in every frame of an instance.

Each frame is looked at twice: as a viewer shows it, and with its full range of stored values,
because text often sits at the extreme value outside the window. In a cine the costly detectors
see a few frames; the cheap one sees what changes in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box, Finding
from pixelscrub.pixels.show import show
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors import CHEAP, detect
from pixelscrub.text.judge import stays
from pixelscrub.text.reading import read
from pixelscrub.text.regions import outside_regions

if TYPE_CHECKING:
    from pixelscrub.pixels.image import Image
    from pixelscrub.recipe import TextSettings
    from pixelscrub.tags.terms import Terms

Picture = npt.NDArray[np.uint8]

KEY_FRAMES = 3
"""Frames of a cine that every detector sees."""
STANDS = 0.3
"""A box found in a key frame, or in this share of all frames, is masked in all of them."""
CHANGE = 12
"""Grey levels by which a pixel changes where text appears."""
MARGIN = 48
"""Pixels around a change that are searched with it, so that whole lines are seen."""


def look(image: Image, settings: TextSettings, terms: Terms | None = None) -> list[Finding]:
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
    for frame, texts in _sightings(image, settings.detectors):
        for text in texts:
            if text.score >= settings.min_score:
                _add(seen, text, frame)
    findings = [place.finding(image, settings.padding) for place in seen]
    if settings.keep != "nothing":
        findings = _judged(image, findings, settings, terms)
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
        if stays(said.text, said.confidence, settings.keep, terms)
        else finding
        for finding, said in zip(findings, readings, strict=True)
    ]


def _key_frames(frames: int) -> set[int]:
    return {round(k * (frames - 1) / (KEY_FRAMES - 1)) for k in range(KEY_FRAMES)}


def _sightings(image: Image, names: list[str]) -> Iterator[tuple[int, list[TextBox]]]:
    keys = _key_frames(image.known.frames)
    cheap = [name for name in names if name in CHEAP]
    known: list[Picture] = []
    for frame in range(image.known.frames):
        pictures = list(_renderings(image, frame))
        if frame in keys:
            yield frame, [text for picture in pictures for text in detect(picture, names)]
            known = [picture.copy() for picture in pictures]
        elif cheap:
            pairs = zip(known, pictures, strict=True)
            yield frame, [text for old, new in pairs for text in _appeared(old, new, cheap)]


def _renderings(image: Image, frame: int) -> Iterator[Picture]:
    yield show(image, frame)
    info = image.known
    if info.samples == 1 and info.bits_stored > 8:
        yield show(image, frame, full_range=True)


def _appeared(old: Picture, new: Picture, names: list[str]) -> list[TextBox]:
    """Text in the part of a frame that differs from what was searched before.

    That part is then known too: what fades in slowly adds up until it is searched.
    """
    change = cv2.absdiff(old, new) > CHANGE
    changed = change if change.ndim == 2 else change.any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    if not rows.size:
        return []
    part = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    x0, y0, x1, y1 = part.padded(MARGIN).clipped(new.shape[1], new.shape[0])
    found = detect(new[y0:y1, x0:x1], names)
    old[y0:y1, x0:x1] = new[y0:y1, x0:x1]
    return [replace(text, box=text.box.shifted(x0, y0)) for text in found]


class _Place:
    """Where text was seen, and in which frames."""

    def __init__(self, text: TextBox, frame: int) -> None:
        self.text = text
        self.box = text.box
        self.frames = {frame}

    def take(self, text: TextBox, frame: int) -> bool:
        """Add another sighting, where it is of the same place."""
        common = self.box.intersection(text.box).area
        if 2 * common < min(self.box.area, text.box.area):
            return False
        self.box = self.box.union(text.box)
        self.frames.add(frame)
        if text.score > self.text.score:
            self.text = text
        return True

    def finding(self, image: Image, padding: int) -> Finding:
        info = image.known
        box = self.box.padded(padding).clipped(info.columns, info.rows)
        first, last = max(min(self.frames) - 1, 0), min(max(self.frames) + 1, info.frames - 1)
        in_key = not self.frames.isdisjoint(_key_frames(info.frames))
        stands = in_key or len(self.frames) >= STANDS * info.frames
        whole = stands or (first, last) == (0, info.frames - 1)
        return Finding(
            kind="barcode" if self.text.source == "barcodes" else "text",
            frames=None if whole else (first, last),
            box=Box(*box),
            score=round(self.text.score, 3),
            source=self.text.source,
        )


def _add(seen: list[_Place], text: TextBox, frame: int) -> None:
    if not any(place.take(text, frame) for place in seen):
        seen.append(_Place(text, frame))
