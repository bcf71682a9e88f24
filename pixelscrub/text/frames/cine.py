"""Text in a cine: the first frame is searched as a whole, all others where something changes.

Text is still while tissue moves. Costly detectors see a few key frames. The cheap ones see the
first, then in the other key frames, and in what stands in all frames (their minimum), all that
changed since; and the quickest of them sees in each frame the places where something with the
edges of letters came up since they were last searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from pixelscrub.findings import Box
from pixelscrub.text.boxes import TextBox
from pixelscrub.text.detectors import cheap, detect, quick
from pixelscrub.text.frames.values import VIEWED, is_drawn, is_plain
from pixelscrub.text.frames.views import Shown, View
from pixelscrub.text.measures import ranges_around
from pixelscrub.text.tiles import around, search

Picture = npt.NDArray[np.uint8]
Cells = npt.NDArray[np.bool_]

KEY_FRAMES: Final = 3
"""Frames of a cine that every detector sees."""
CELL: Final = 16
"""Pixels of the cells in which change is counted."""
ROOM: Final = 2
"""Cells around a change that are searched with it, so that whole lines are seen."""
STEP: Final = 12
"""Grey levels by which a change differs from pixel to pixel where text comes up on still ground."""
BUSY_STEP: Final = 60
"""The same where something moves all the time: there only strong letters are legible."""
BUSY: Final = 0.3
"""Share of recent frames in which a cell changes, from which it is busy."""
MEMORY: Final = 0.8
"""Weight of the past in that share."""
INKED: Final = 8
"""Pixels with such steps in a cell; a letter has more."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, ready to be searched.

    Attributes:
        views: its pictures, what a viewer shows first.
        drawn: where alone others than the quickest detector look, where that is known.
    """

    views: Sequence[View]
    drawn: Sequence[Box] | None = None


HIGHEST: Final = 72
"""Pixels of a line in a picture that no viewer opens with; gratings look like larger ones."""


def key_frames(frames: int) -> set[int]:
    """Which of so many frames every detector sees."""
    return {round(k * (frames - 1) / (KEY_FRAMES - 1)) for k in range(KEY_FRAMES)}


def search_frame(
    shown: Sequence[View], names: Sequence[str], drawn: Sequence[Box] | None = None
) -> list[TextBox]:
    """Find text in all pictures of a frame: the first as a whole, the others where they show more.

    In the others the quickest detector looks, where it is on.

    Args:
        shown: what `views` makes of the frame.
        names: of detectors.
        drawn: where alone there may be more than the quickest finds in the first, where that is
            known.
    """
    quickest = quick(names)
    first, others = shown[0], shown[1:]
    texts = detect(first.picture, names if drawn is None else quickest)
    for part in drawn or ():
        texts += search(partial(detect, detectors=names), first.picture, part)
    seen = Shown(first.picture) if drawn is None else None
    for view in others:
        for part in seen.more(view) if seen else drawn or ():
            found = search(partial(detect, detectors=quickest), view.picture, part)
            texts += [text for text in found if _is_shown(view, text)]
    return texts


def _is_shown(view: View, text: TextBox) -> bool:
    """Whether a find is believed: planes and stretched values show much that is no text."""
    if not view.is_doubtful:
        return True
    is_line = min(text.box.width, text.box.height) <= HIGHEST
    return (
        is_line
        and is_plain(text, VIEWED)
        and (view.values is None or is_drawn(view.values, text.box))
    )


def sightings(
    frames: Iterable[Frame], count: int, names: Sequence[str], apart: bool = False
) -> Iterator[tuple[int, list[TextBox]]]:
    """Text frame by frame; what a key frame shows, or all of them show, is given once.

    Where no cheap detector is named, and where frames are pictures of their own, every frame is a
    key frame.

    Args:
        frames: their pictures are of one shape, and as many of each frame.
        count: of frames.
        names: of detectors.
        apart: whether the frames show different places, as slices of a volume do.

    Yields:
        The frame, from 0, and the texts seen in it.
    """
    cheaper = cheap(names)
    costly = [name for name in names if name not in cheaper]
    if apart or not cheaper:
        for index, frame in enumerate(frames):
            yield index, search_frame(frame.views, names, frame.drawn)
        return
    keys = key_frames(count)
    watches: list[Watch] = []
    for index, frame in enumerate(frames):
        now = costly if watches else names
        if index in keys and now:
            yield index, search_frame(frame.views, now, frame.drawn)
        pictures = [view.picture for view in frame.views if not view.is_doubtful]
        watches = watches or [Watch(picture, cheaper) for picture in pictures]
        for watch, picture in zip(watches, pictures, strict=True):
            if count > 1:
                yield index, watch.see(picture, is_key=index in keys)
    if count > KEY_FRAMES:
        yield 0, [text for watch in watches for text in watch.standing()]


class Watch:
    """What one rendering showed where it was last searched, and what was found since."""

    def __init__(self, picture: Picture, names: list[str]) -> None:
        both = (names, quick(names))
        self.thorough, self.quick = (partial(detect, detectors=some) for some in both)
        self.known, self.low = picture.copy(), picture.copy()
        self.busy = np.zeros(_cells(picture[..., 0] if picture.ndim == 3 else picture).shape)
        self.present: list[TextBox] = []

    def see(self, picture: Picture, is_key: bool) -> list[TextBox]:
        """Texts that came up since the last key frame and are still there.

        Args:
            picture: the next frame.
            is_key: whether all of it is searched that changed, be it ever so restless.
        """
        cv2.min(self.low, picture, dst=self.low)
        if is_key:
            found = self._anew(picture)
            self.known = picture.copy()
            return [*self.present, *found]
        for part in self._came(picture):
            self.present = [t for t in self.present if part.intersection(t.box) != t.box]
            self.present += search(self.quick, picture, part)
            self.known[_slices(part)] = picture[_slices(part)]
        return self.present

    def standing(self) -> list[TextBox]:
        """Light texts that all frames show: what moves behind them is dark in some frame."""
        return self._anew(self.low)

    def _anew(self, picture: Picture) -> list[TextBox]:
        """What stands where a picture differs from what was searched."""
        rows, columns = picture.shape[:2]
        changed = around(_cells(self._steps(picture) > STEP), CELL, ROOM)
        parts = (part.clipped(columns, rows) for part in changed)
        return [text for part in parts for text in search(self.thorough, picture, part)]

    def _came(self, picture: Picture) -> list[Box]:
        """Where something came up that may be text, with room around it."""
        steps = self._steps(picture)
        any_steps = _cells(steps > STEP)
        if not any_steps.any():
            self.busy *= MEMORY
            return []
        came = np.where(self.busy >= BUSY, _cells(steps > BUSY_STEP), any_steps)
        self.busy = MEMORY * self.busy + (1 - MEMORY) * any_steps
        rows, columns = picture.shape[:2]
        return [part.clipped(columns, rows) for part in around(came, CELL, ROOM)]

    def _steps(self, picture: Picture) -> Picture:
        """By how many grey levels the change of each pixel differs from its neighbours'."""
        change = cv2.absdiff(picture, self.known)
        if change.ndim == 3:
            red, green, blue = cv2.split(change)
            change = cv2.max(cv2.max(red, green), blue)
        return np.asarray(ranges_around(change), np.uint8)


def _cells(pixels: npt.NDArray[np.generic]) -> Cells:
    """Cells in which at least INKED pixels are set; the last ones may reach over the edge."""
    rows, columns = (-(-side // CELL) for side in pixels.shape)
    whole = np.zeros((rows * CELL, columns * CELL), np.uint8)
    whole[: pixels.shape[0], : pixels.shape[1]] = pixels.astype(np.bool_)
    counted = cv2.resize(255 * whole, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(counted >= 255 * INKED // CELL**2, np.bool_)


def _slices(box: Box) -> tuple[slice, slice]:
    return slice(box.y0, box.y1), slice(box.x0, box.x1)
