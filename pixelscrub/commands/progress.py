"""What a run shows while it works: a bar on a terminal, a line of JSON every so often elsewhere."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from pixelscrub.outcome import Outcome
    from pixelscrub.study.run import Progress

EVERY: Final = 10.0
"""Seconds between two lines."""


class Lines:
    """Writes a line of JSON on standard error every `EVERY` seconds."""

    def __init__(self) -> None:
        self._total = self._steps = 0
        self._settled: Counter[str] = Counter()
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> Lines:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def started(self, total: int) -> None:
        """Say how many steps there are."""
        with self._lock:
            self._total, self._began = total, time.monotonic()

    def advanced(self, steps: int, outcome: Outcome | None = None) -> None:
        """Count steps, and one more file where its outcome is known."""
        with self._lock:
            self._steps += steps
            self._settled.update([outcome] if outcome else [])

    def state(self) -> dict[str, Any]:
        """Part done (0 to 1), files by outcome, files a second, and seconds left where known."""
        with self._lock:
            seconds = max(time.monotonic() - self._began, 1e-9)
            part = self._steps / self._total if self._total else 0.0
            return {
                "done": round(part, 4),
                "clean": self._settled["clean"],
                "held": self._settled["held"],
                "files_per_second": round(self._settled.total() / seconds, 2),
                "seconds_left": round(seconds * (1 - part) / part) if part else None,
            }

    def _write(self) -> None:
        while not self._ended.wait(EVERY):
            print(json.dumps(self.state()), file=sys.stderr, flush=True)


class ProgressBar:
    """Shows a bar with rate, time left, and clean and held counts."""

    def __init__(self, bar: RichProgress) -> None:
        self._bar = bar
        self._settled: Counter[str] = Counter()
        self._task = bar.add_task("", total=None, clean=0, held=0, rate="")
        self._began = time.monotonic()

    def started(self, total: int) -> None:
        """Say how many steps there are."""
        self._began = time.monotonic()
        self._bar.update(self._task, total=total)

    def advanced(self, steps: int, outcome: Outcome | None = None) -> None:
        """Count steps, and one more file where its outcome is known."""
        self._settled.update([outcome] if outcome else [])
        rate = self._settled.total() / max(time.monotonic() - self._began, 1e-9)
        self._bar.update(
            self._task,
            advance=steps,
            rate=f"{rate:.1f} files/s",
            clean=self._settled["clean"],
            held=self._settled["held"],
        )


@contextmanager
def shown() -> Iterator[Progress]:
    """A bar on a terminal; lines in a pipe."""
    if not sys.stderr.isatty():
        with Lines() as lines:
            yield lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    counts = TextColumn("{task.fields[clean]} clean, {task.fields[held]} held")
    rate = TextColumn("{task.fields[rate]}")
    columns = (BarColumn(), counts, rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield ProgressBar(bar)
