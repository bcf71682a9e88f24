"""One run: what all its studies share, how they are driven, and the record that it leaves."""

from __future__ import annotations

import filecmp
import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import ValidationError

from pixelscrub import __version__
from pixelscrub.compat.quiet import hush
from pixelscrub.errors import (
    RETRYABLE,
    SKIPPED,
    HeldError,
    Reason,
    UsageError,
    trace_name,
)
from pixelscrub.identity.pseudonyms import CrosswalkEntry, Pseudonyms
from pixelscrub.intake.instance import Source
from pixelscrub.jobs.limits import Limits
from pixelscrub.jobs.pool import Pool
from pixelscrub.outcome import AuditLine, Outcome, Summary
from pixelscrub.recipe import Recipe
from pixelscrub.store.journal import Journal
from pixelscrub.store.output import Output
from pixelscrub.store.private import Private
from pixelscrub.store.temporary import remove_abandoned
from pixelscrub.untrusted import make_file

T = TypeVar("T")
R = TypeVar("R")
LIBRARIES = ("pydicom", "numpy", "SimpleITK", "opencv-python-headless")


class Progress(Protocol):
    """Told how a run gets on, from several threads."""

    def started(self, total: int, files: int = 0) -> None:
        """Say how many steps there are, and of how many files where that is known."""

    def advanced(self, steps: int, outcome: Outcome | None = None) -> None:
        """Say how many more are done, and what became of one more file."""


class Unwatched:
    """Nobody looks on."""

    def started(self, total: int, files: int = 0) -> None:
        """Nothing is shown."""

    def advanced(self, steps: int, outcome: Outcome | None = None) -> None:
        """Nothing is shown."""


@dataclass
class Run:
    """What all studies of one run share; used from several threads."""

    recipe: Recipe
    private: Private
    key: bytes
    pool: Pool
    journal: Journal
    output: Output | None = None
    progress: Progress = field(default_factory=Unwatched)
    started: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _claimed: set[str] = field(default_factory=set)

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        """Pseudonyms of this run's key."""
        return Pseudonyms.of(self.key, self.recipe.tags)

    @cached_property
    def digest(self) -> str:
        """Changes whenever the recipe or the key does: then work is done again."""
        stamp = self.recipe.model_dump_json().encode() + self.key
        return hashlib.sha256(stamp).hexdigest()

    def plan_folder(self, study: str) -> Path:
        """Where the plan of a study (its original UID) lies."""
        return self.private.plan(self.pseudonyms.uid(study))

    def done(self, source: Source) -> AuditLine | None:
        """What became of an unchanged file in an earlier run; None where it is still to do."""
        with self._lock:
            line = self.journal.done(source, self.digest)
        if line is None or line.reason in RETRYABLE:
            return None
        lost = line.output is not None and not self._is_there(line.output)
        return None if lost else line

    def carried_out(self, source: Source, plan: str) -> bool:
        """Whether an unchanged file was released under just this stamp."""
        line = self.done(source)
        with self._lock:
            earlier = self.journal.plan(source)
        return line is not None and line.output is not None and earlier == plan

    def earlier_output(self, source: Source) -> str | None:
        """The name that a file was written to the last time under this key."""
        with self._lock:
            return self.journal.own_output(source)

    def is_proved(self, name: str) -> bool:
        """Whether a file of the output folder is, byte for byte, what was proved under its name."""
        with self._lock:
            content = self.journal.content(name)
        return self.output is not None and self.output.has_content(name, content)

    def claim(self, name: str) -> bool:
        """Take the name of an output that is none of ours; false where it is taken."""
        with self._lock:
            is_free = name not in self._claimed
            self._claimed.add(name)
            return is_free

    def keep_trace(self, result: object) -> None:
        """Where in our code an unforeseen error was, for a bug report; other results have none."""
        if isinstance(result, HeldError) and result.trace:
            self.private.keep_trace(trace_name(result.trace), result.trace)

    def record(
        self,
        source: Source,
        line: AuditLine,
        crosswalk: Sequence[CrosswalkEntry] = (),
        plan: str = "",
        content: str = "",
    ) -> None:
        """Write down what became of a file; an output of an earlier run that it replaces goes.

        `plan` is the stamp of what was carried out (`store.stamp`), `content` the SHA-256 of what
        was proved.
        """
        with self._lock:
            self.journal.remember(crosswalk)
            earlier = self.journal.output(source)
            self.journal.record(source, self.digest, line, plan, content)
            if self.output is not None and earlier is not None and earlier != line.output:
                self.output.remove(earlier)
            is_instance = line.reason not in SKIPPED
            self.progress.advanced(1, line.outcome if is_instance else None)

    def _is_there(self, name: str) -> bool:
        return self.output is not None and self.output.holds(name)


@contextmanager
def open_run(
    recipe: Recipe,
    folder: Path,
    key: Path | None,
    workers: int | None,
    dask: str | None = None,
    limits: Limits | None = None,
) -> Iterator[Run]:
    """Open the private folder, its key and journal, and start the workers.

    Raises:
        UsageError: the private folder or the key cannot be used, or another run uses them.
    """
    hush()
    remove_abandoned()
    private = Private.open(folder)
    with private.locked():
        private.empty_scratch()
        secret = private.key(key)
        try:
            with Journal(private.journal, secret) as journal, Pool(workers, dask, limits) as pool:
                yield Run(recipe, private, secret, pool, journal)
        except (OSError, sqlite3.Error) as error:
            detail = f"private folder cannot be written to ({type(error).__name__})"
            raise UsageError(detail) from None
        private.empty_scratch()


def drive(function: Callable[[T, Run], R], items: Iterable[T], run: Run) -> list[R]:
    """Call `function` on each item, from as many threads as keep the workers busy.

    Items are taken one after another as threads become free. Ctrl-C finishes what is in hand and
    leaves the rest undone.

    Returns:
        results in the order of `items`, without those that were left undone.
    """
    count = run.pool.workers + 2
    results: dict[int, R] = {}
    pending: dict[Future[R], int] = {}
    remaining = enumerate(items)
    with ThreadPoolExecutor(count) as threads:
        try:
            while not run.pool.is_stopped:
                for number, item in islice(remaining, count - len(pending)):
                    pending[threads.submit(function, item, run)] = number
                if not pending:
                    break
                done, _ = wait_for(pending, return_when=FIRST_COMPLETED)
                results |= {pending.pop(future): future.result() for future in done}
        except KeyboardInterrupt:
            run.pool.stop()
        except BaseException:
            run.pool.stop()
            raise
        for future, number in pending.items():
            with suppress(CancelledError):
                results[number] = future.result()
    return [results[number] for number in sorted(results)]


def write_record(run: Run, instances: int, found: int = 0) -> Summary:
    """Write audit, summary and report of what the journal holds, each in one step.

    Where nothing has changed since they were written, the report stays as it is.

    Args:
        run: the run.
        instances: DICOM instances that intake found.
        found: all files that intake found; an interrupted run did not come to all of them.
    """
    from pixelscrub.report.build import build

    if run.recipe.release.on_rare == "hold":
        _hold_rare(run)
    summary = Summary(
        instances=instances,
        recipe=run.recipe.name,
        versions={"pixelscrub": __version__} | {n: metadata.version(n) for n in LIBRARIES},
        interrupted=run.pool.is_stopped,
    )
    private = run.private
    is_new = _write(private.audit, _counted(run.journal.lines(), summary))
    for name in run.journal.damaged:
        if run.output is not None and isinstance(name, str):
            run.output.remove(name)
    if summary.interrupted:
        summary.undone = max(0, found - summary.inputs)
    is_new = is_new or summary != _earlier(private)
    summary.seconds = round(time.monotonic() - run.started, 3)
    _write(private.summary, [summary.model_dump_json(indent=1)])
    _write(private.recipe, [run.recipe.model_dump_json(indent=1)])
    if is_new or not (private.report / "index.html").exists():
        build(private.path)
    return summary


def _hold_rare(run: Run) -> None:
    """Take back the outputs of patients who are rare in this release.

    Who is rare shows when all are there; a resumed run looks at them anew.
    """
    from pixelscrub.identity.rarity import attributes_kept, rare_patients, read_release

    if run.output is None:
        return
    names = [line.output for line in run.journal.lines() if line.output is not None]
    kept = attributes_kept(run.recipe.tags.options)
    rare = rare_patients(read_release(run.output.path, names, kept), run.recipe.release.k)
    for name in names:
        if name.split("/", 1)[0] in rare:
            run.output.remove(name)
            run.journal.hold_output(name, Reason.RARE_PATIENT)


def _counted(lines: Iterable[AuditLine], summary: Summary) -> Iterator[str]:
    for line in lines:
        summary.add(line)
        yield line.to_json() + "\n"


def _write(path: Path, lines: Iterable[str]) -> bool:
    """Write a file in one step; says whether it differs from what was there."""
    new = path.with_name(f"{path.name}.new")
    with make_file(new) as file:
        file.writelines(line.encode() for line in lines)
        file.flush()
        os.fsync(file.fileno())
    differs = not (path.exists() and filecmp.cmp(path, new, shallow=False))
    new.replace(path)
    return differs


def _earlier(private: Private) -> Summary | None:
    """The summary as it was written before, whatever time that run took."""
    with suppress(OSError, ValidationError):
        written = Summary.model_validate_json(private.summary.read_bytes())
        return written.model_copy(update={"seconds": 0.0})
    return None
