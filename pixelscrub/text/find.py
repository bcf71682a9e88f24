"""Look for burned-in text in every frame of an instance.

Each frame is looked at in all pictures that a viewer can be made to show of it (`views`). What is
found in a reconstructed cross-section has to have ink of one stored value (`values`): a device
wrote such text, and anatomy is unlike it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from pixelscrub.crop.layouts import in_layouts
from pixelscrub.crop.regions import outside_regions
from pixelscrub.findings import Box, Finding
from pixelscrub.pixels.show import show
from pixelscrub.text.boxes import TextBox, are_same
from pixelscrub.text.frames.cine import Frame, key_frames, sightings
from pixelscrub.text.frames.kinds import Standing, are_apart, hold_labels
from pixelscrub.text.frames.values import asked_of, drawn_parts, is_text
from pixelscrub.text.frames.views import Range, ranges, views, watched_views
from pixelscrub.text.frames.volume import Profile, findings_across
from pixelscrub.text.reading.judge import stays
from pixelscrub.text.reading.lines import read_lines

if TYPE_CHECKING:
    from pixelscrub.identity.terms import Terms
    from pixelscrub.pixels.image import Image
    from pixelscrub.recipe import TextSettings

Values = npt.NDArray[Any]


def find_text(image: Image, settings: TextSettings, terms: Terms | None = None) -> list[Finding]:
    """Find burned-in text.

    Args:
        image: the opened instance, with pixel data.
        settings: detectors, padding and least score.
        terms: what identifies in the study; not needed while everything is masked.

    Returns:
        Findings in stored pixels, padded, with the frames they hold for. None in segmentations,
        label maps and dose, which are no pictures.

    Raises:
        HeldError: a frame cannot be shown, or a detector failed.
        MissingComponentError: a detector's program is not installed.
    """
    findings = [] if hold_labels(image) else _Search(image, settings).findings()
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
    readings = read_lines(show(image, 0), [f.box for f in findings if f.box is not None])
    return [
        finding.model_copy(update={"action": "keep"})
        if stays(said.text, said.confidence, settings.spares, terms)
        else finding
        for finding, said in zip(findings, readings, strict=True)
    ]


class _Place:
    """Where text was seen, and in which frames."""

    def __init__(self, text: TextBox, frame: int, values: Values | None) -> None:
        self.text = text
        self.box = text.box
        self.first = frame
        self.frames = {frame}
        self.shown = None if values is None else Standing(values, text.box)

    def take(self, text: TextBox, frame: int) -> bool:
        """Add another sighting, where it is of the same place."""
        if not are_same(self.box, text.box):
            return False
        self.box = self.box.union(text.box)
        self.frames.add(frame)
        if text.score > self.text.score:
            self.text = text
        return True

    def findings(self, image: Image, padding: int, room: int) -> list[Finding]:
        """One for all frames, or one for each run of frames; `room` frames are added to each."""
        info = image.known
        box = self.box.padded(padding).clipped(info.columns, info.rows)
        found = Finding(
            kind="barcode" if self.text.source == "barcodes" else "text",
            box=Box(*box),
            score=round(self.text.score, 3),
            source=self.text.source,
        )
        if len(self.frames) == info.frames:
            return [found]
        return [found.model_copy(update={"frames": run}) for run in self._runs(room, info.frames)]

    def _runs(self, room: int, count: int) -> list[tuple[int, int]]:
        """First and last of frames that follow one another."""
        runs: list[tuple[int, int]] = []
        for frame in sorted(self.frames):
            first, last = max(frame - room, 0), min(frame + room, count - 1)
            if runs and first <= runs[-1][1] + 1 + room:
                runs[-1] = (runs[-1][0], last)
            else:
                runs.append((first, last))
        return runs


class _Search:
    """The search through one instance, frame after frame."""

    def __init__(self, image: Image, settings: TextSettings) -> None:
        self.image, self.settings = image, settings
        self.count = image.known.frames
        self.apart = are_apart(image)
        self.keys = key_frames(self.count)
        self.asked = asked_of(image)
        self.places: list[_Place] = []
        self.profile = Profile()

    def findings(self) -> list[Finding]:
        """All finds, with the frames they hold for."""
        names = self.settings.detectors
        for frame, texts in sightings(self._frames(), self.count, names, self.apart):
            for text in texts:
                if text.score >= self.settings.min_score and self._is_believed(text, frame):
                    self._add(text, frame)
        if not self.apart:
            self._look_back()
        room = 0 if self.apart else 1
        padding = self.settings.padding
        found = [f for place in self.places for f in place.findings(self.image, padding, room)]
        return found + findings_across(self.image, self.profile, self.settings)

    def _frames(self) -> Iterator[Frame]:
        """The pictures of each frame; before they are searched, what stands is told in it."""
        given = None if self.apart or self.count == 1 else self._ranges()
        for frame in range(self.count):
            self._follow(frame)
            if self.apart and self.image.known.samples == 1:
                self.profile.add(self.image.frame(frame))
            drawn = drawn_parts(self.image.frame(frame)) if self.asked else None
            every = views if self.apart or frame in self.keys else watched_views
            pictures = islice(every(self.image, frame, given), 1 if drawn == [] else None)
            yield Frame(list(pictures), drawn)

    def _ranges(self) -> list[Range]:
        """Ranges of values that hold for all frames of a cine."""
        if self.image.known.samples > 1:
            return []
        return ranges([self.image.frame(frame) for frame in sorted(self.keys)])

    def _is_believed(self, text: TextBox, frame: int) -> bool:
        return self.asked is None or is_text(self.image.frame(frame), text, self.asked)

    def _add(self, text: TextBox, frame: int) -> None:
        if not any(place.take(text, frame) for place in self.places):
            values = self.image.frame(frame) if self.count > 1 else None
            self.places.append(_Place(text, frame, values))

    def _follow(self, frame: int) -> None:
        """Mark what was found before and stands in a frame."""
        if not self.places:
            return
        values = self.image.frame(frame)
        for place in self.places:
            if self._stands(place, frame, values):
                place.frames.add(frame)

    def _stands(self, place: _Place, frame: int, values: Values) -> bool:
        """Whether a text is in a frame: its ink is; in a cine another may have its place."""
        if place.shown is None:
            return False
        if self.apart:
            return frame - 1 in place.frames and place.shown.is_in(values)
        is_key = place.first in self.keys
        return is_key and (place.shown.is_replaced(values) or place.shown.is_in(values))

    def _look_back(self) -> None:
        """Tell what a later key frame was the first to show in the frames before."""
        for frame in range(max((place.first for place in self.places), default=0)):
            values = self.image.frame(frame)
            for place in self.places:
                if frame < place.first and self._stands(place, frame, values):
                    place.frames.add(frame)
