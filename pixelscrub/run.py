"""One run: what all its studies share, how they are driven, and the record that it leaves."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TypeVar

from pixelscrub import __version__
from pixelscrub.intake.instance import Source
from pixelscrub.jobs.pool import Pool
from pixelscrub.outcome import AuditLine, Summary
from pixelscrub.quiet import hush
from pixelscrub.recipe import Recipe
from pixelscrub.store.journal import Journal
from pixelscrub.store.output import Output
from pixelscrub.store.private import Private
from pixelscrub.tags.pseudonyms import Pseudonyms

T = TypeVar("T")
R = TypeVar("R")
LIBRARIES = ("pydicom", "numpy", "SimpleITK", "opencv-python-headless")

Progress = Callable[[int], None]
"""Called with the number of files done since the last call."""


@dataclass
class Run:
    """What all studies of one run share; used from several threads."""

    recipe: Recipe
    private: Private
    key: bytes
    pool: Pool
    journal: Journal
    output: Output | None = None
    progress: Progress = lambda _: None
    started: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

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
        lost = line is not None and line.output is not None and not self._is_there(line.output)
        return None if lost else line

    def carried_out(self, source: Source, plan: str) -> bool:
        """Whether an unchanged file was released under just this stamp."""
        line = self.done(source)
        with self._lock:
            earlier = self.journal.plan(source)
        return line is not None and line.output is not None and earlier == plan

    def earlier_output(self, source: Source) -> str | None:
        """The name that a file was written to the last time."""
        with self._lock:
            return self.journal.output(source)

    def record(
        self,
        source: Source,
        line: AuditLine,
        crosswalk: Sequence[tuple[str, str, str]] = (),
        plan: str = "",
    ) -> None:
        """Write down what became of a file; an output of an earlier run that it replaces goes.

        `plan` is the stamp of what was carried out (`store.stamp`).
        """
        with self._lock:
            self.journal.remember(crosswalk)
            earlier = self.journal.output(source)
            self.journal.record(source, self.digest, line, plan)
            if self.output is not None and earlier is not None and earlier != line.output:
                self.output.remove(earlier)
            self.progress(1)

    def _is_there(self, name: str) -> bool:
        return self.output is not None and (self.output.path / name).is_file()


@contextmanager
def open_run(
    recipe: Recipe, folder: Path, key: Path | None, workers: int | None, dask: str | None
) -> Iterator[Run]:
    """Open the private folder, its key and journal, and start the workers.

    Raises:
        UsageError: the private folder or the key cannot be used.
    """
    hush()
    private = Private.open(folder)
    private.empty_scratch()
    secret = private.key(key)
    with Journal(private.journal) as journal, Pool(workers, dask) as pool:
        yield Run(recipe, private, secret, pool, journal)
    private.empty_scratch()


def drive(function: Callable[[T, Run], R], items: Iterable[T], run: Run) -> list[R]:
    """Call `function` on each item, from as many threads as keep the workers busy.

    Ctrl-C finishes what is in hand and leaves the rest undone.
    """
    with ThreadPoolExecutor(run.pool.workers + 1) as threads:
        waiting = [threads.submit(function, item, run) for item in items]
        try:
            wait_for(waiting, return_when=FIRST_EXCEPTION)
        except KeyboardInterrupt:
            run.pool.stop()
        failed = any(future.done() and future.exception() for future in waiting)
        if failed or run.pool.is_stopped:
            run.pool.stop()
            threads.shutdown(cancel_futures=True)
        results = []
        for future in waiting:
            with suppress(CancelledError):
                results.append(future.result())
        return results


def close(run: Run, instances: int) -> Summary:
    """Write audit, summary and report of what the journal holds.

    Args:
        run: the run.
        instances: DICOM instances that intake found.
    """
    from pixelscrub.report.build import build

    summary = Summary(
        instances=instances,
        recipe=run.recipe.name,
        versions={"pixelscrub": __version__} | {n: metadata.version(n) for n in LIBRARIES},
        interrupted=run.pool.is_stopped,
    )
    with run.private.audit.open("w", encoding="utf-8") as audit:
        for line in run.journal.lines():
            summary.add(line)
            audit.write(line.to_json() + "\n")
    summary.seconds = round(time.monotonic() - run.started, 3)
    run.private.summary.write_text(summary.model_dump_json(indent=1), encoding="utf-8")
    build(run.private.path)
    return summary
