"""Frames for the page: as a viewer shows them, or their values for the page to window."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason
from pixelscrub.intake.instance import Source
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.show import show
from pixelscrub.plan import InstancePlan
from pixelscrub.study.files import check_unchanged

KEPT_BYTES: Final = 256 * 2**20
"""Memory for frames that may be asked for again."""
KEPT_FILES: Final = 8

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ShownFrame:
    """Bytes for the page, and what they are.

    Attributes:
        facts: rows, columns, and what else the page needs to draw them.
        body: C-ordered pixels.
    """

    facts: dict[str, Any]
    body: bytes = field(repr=False)


@dataclass(slots=True)
class _Opened:
    """An open file; it stays open while somebody uses it."""

    file: BinaryIO
    image: Image
    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


class Images:
    """Opened instances and decoded frames, the latest ones kept. Safe to use from threads."""

    def __init__(self) -> None:
        self._opened: OrderedDict[Source, _Opened] = OrderedDict()
        self._frames: OrderedDict[tuple[Source, int, str], ShownFrame] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def picture(self, instance: InstancePlan, index: int) -> ShownFrame:
        """A frame as a viewer shows it: uint8, grey or RGB; facts say if it can be windowed.

        Raises:
            HeldError: the file changed, or the frame cannot be shown.
        """
        return self._kept(instance.source, index, "picture", _picture)

    def values(self, instance: InstancePlan, index: int) -> ShownFrame:
        """Stored values of a grey frame: uint16, little-endian, counted from `low` of the facts.

        Facts also hold the `window` (first and last value between black and white) in which
        `picture` shows the frame, and whether that is `inverted`.

        Raises:
            HeldError: the file changed, the frame cannot be shown, or its values cannot be sent.
        """
        return self._kept(instance.source, index, "values", _values)

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            for opened in self._opened.values():
                opened.file.close()
            self._opened.clear()

    def _kept(
        self,
        source: Source,
        index: int,
        kind: str,
        make: Callable[[Image, int], ShownFrame],
    ) -> ShownFrame:
        key = (source, index, kind)
        with self._lock:
            if key in self._frames:
                self._frames.move_to_end(key)
                return self._frames[key]
        with self._using(source) as opened, opened.lock:
            frame = make(opened.image, index)
        with self._lock:
            self._keep(key, frame)
        return frame

    def _keep(self, key: tuple[Source, int, str], frame: ShownFrame) -> None:
        if key not in self._frames:
            self._bytes += len(frame.body)
        self._frames[key] = frame
        while self._bytes > KEPT_BYTES and len(self._frames) > 1:
            self._bytes -= len(self._frames.popitem(last=False)[1].body)

    @contextmanager
    def _using(self, source: Source) -> Iterator[_Opened]:
        """The opened instance; a slow one does not keep others waiting."""
        with self._lock:
            if source not in self._opened:
                self._opened[source] = _open(source)
            opened = self._opened[source]
            self._opened.move_to_end(source)
            opened.users += 1
        try:
            yield opened
        finally:
            with self._lock:
                opened.users -= 1
                self._close_oldest()

    def _close_oldest(self) -> None:
        idle = [source for source, opened in self._opened.items() if not opened.users]
        for source in idle[: max(0, len(self._opened) - KEPT_FILES)]:
            self._opened.pop(source).file.close()


def _open(source: Source) -> _Opened:
    file = check_unchanged(source).open_instance()
    try:
        return _Opened(file, Image(file))
    except BaseException:
        file.close()
        raise


def _picture(image: Image, index: int) -> ShownFrame:
    info = image.known
    shown = show(image, index)
    can_window = info.samples == 1 and shown.ndim == 2 and info.dtype.kind in "iu"
    facts = {
        "rows": shown.shape[0],
        "columns": shown.shape[1],
        "samples": 1 if shown.ndim == 2 else 3,
        "frames": info.frames,
        "windowed": can_window and info.dtype.itemsize <= 2,
    }
    return ShownFrame(facts, np.ascontiguousarray(shown).tobytes())


def _values(image: Image, index: int) -> ShownFrame:
    stored, shown = image.frame(index), show(image, index)
    if stored.ndim != 2 or shown.ndim != 2 or stored.dtype.itemsize > 2:
        raise HeldError(Reason.BAD_PIXEL_DESCRIPTION, "values cannot be windowed")
    low, high = int(stored.min()), int(stored.max())
    first, last, is_inverted = _window(stored, shown)
    facts = {
        "rows": stored.shape[0],
        "columns": stored.shape[1],
        "low": low,
        "high": high,
        "window": [first, last],
        "inverted": is_inverted,
    }
    return ShownFrame(facts, (stored.astype(np.int32) - low).astype("<u2").tobytes())


def _window(stored: npt.NDArray[Any], shown: Pixels) -> tuple[int, int, bool]:
    """Values between which what is shown rises from black to white, or falls if inverted."""
    between = (shown > 0) & (shown < 255)
    inside = stored[between] if between.any() else stored
    first, last = int(inside.min()), int(inside.max())
    at_first, at_last = (shown[stored == value].mean() for value in (first, last))
    return first, max(last, first + 1), bool(at_first > at_last)
