"""What a run shows while it works: a bar on a terminal, a line every so often elsewhere."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pixelscrub.commands.messages.telling import ProgressForm, Telling, telling

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from pixelscrub.outcome import Outcome
    from pixelscrub.study.run import Progress

EVERY: Final = 10.0
"""Seconds between two lines."""


class Counted:
    """Counts steps and files; says nothing but each file's outcome, where that is asked for.

    Args:
        told: who is told what.
    """

    def __init__(self, told: Telling) -> None:
        self._told = told
        self._total = self._steps = self._files = 0
        self._settled: Counter[str] = Counter()
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def started(self, total: int, files: int = 0) -> None:
        """Say how many steps there are, and of how many files."""
        with self._lock:
            self._total, self._files, self._began = total, files, time.monotonic()

    def advanced(self, steps: int, outcome: Outcome | None = None) -> None:
        """Count steps, and one more file where its outcome is known."""
        with self._lock:
            self._steps += steps
            self._settled.update([outcome] if outcome else [])
            number = self._settled.total()
        if outcome and self._told.verbose:
            self._told.say(f"file {number} of {self._files}: {outcome}")

    def state(self) -> dict[str, Any]:
        """Part done (0 to 1), files by outcome, files a second, and seconds left where known."""
        with self._lock:
            seconds = max(time.monotonic() - self._began, 1e-9)
            part = self._steps / self._total if self._total else 0.0
            is_one_step_a_file = self._files == self._total and not self._settled
            done = self._steps if is_one_step_a_file else self._settled.total()
            return {
                "done": round(part, 4),
                "files": self._files,
                "files_done": done,
                "clean": self._settled["clean"],
                "held": self._settled["held"],
                "files_per_second": round(done / seconds, 2),
                "seconds_left": round(seconds * (1 - part) / part) if part else None,
            }

    def line(self) -> str:
        """The state in words: `12 of 99 files, 11 clean, 1 held; 40 % of the work`."""
        state = self.state()
        part = f"{state['done']:.0%} of the work".replace("%", " %")
        if not state["files"]:
            return part
        return (
            f"{state['files_done']} of {state['files']} files, {state['clean']} clean,"
            f" {state['held']} held; {part}"
        )


class Lines(Counted):
    """Writes a line every `EVERY` seconds on standard error and into the log."""

    def __init__(self, told: Telling) -> None:
        super().__init__(told)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> Lines:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._ended.wait(EVERY):
            line = self.line()
            self._told.note(line)
            if not self._told.quiet:
                is_json = self._told.progress is ProgressForm.JSON
                shown = json.dumps(self.state()) if is_json else line
                print(shown, file=sys.stderr, flush=True)


class ProgressBar(Counted):
    """Shows a bar with files done of all, clean and held counts, and time left."""

    def __init__(self, told: Telling, bar: RichProgress) -> None:
        super().__init__(told)
        self._bar = bar
        self._task = bar.add_task("", total=None, line="looking for files")

    def started(self, total: int, files: int = 0) -> None:
        """Say how many steps there are, and of how many files."""
        super().started(total, files)
        self._bar.update(self._task, total=total, line=self.line())

    def advanced(self, steps: int, outcome: Outcome | None = None) -> None:
        """Count steps, and one more file where its outcome is known."""
        super().advanced(steps, outcome)
        self._bar.update(self._task, advance=steps, line=self.line())


@contextmanager
def shown() -> Iterator[Progress]:
    """A bar on a terminal; lines in a pipe, for programs, or where little is to be shown."""
    told = telling()
    if told.quiet or told.progress is ProgressForm.JSON or not sys.stderr.isatty():
        with Lines(told) as lines:
            yield lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), TextColumn("{task.fields[line]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield ProgressBar(told, bar)
