"""Scrub studies out of the spool, through the same steps as every other run."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pixelscrub import pipeline
from pixelscrub.api import gather
from pixelscrub.errors import Reason
from pixelscrub.intake.find import Left
from pixelscrub.intake.instance import Source
from pixelscrub.net.receipts import Receipt, Receipts, State
from pixelscrub.net.spool import Spool, source
from pixelscrub.outcome import Outcome, Summary
from pixelscrub.recipe import Recipe
from pixelscrub.run import Run, close, drive, open_run
from pixelscrub.store.output import Output, check_places


@dataclass(frozen=True, slots=True)
class Station:
    """One private folder with a spool, and the run that its studies go through."""

    run: Run
    spool: Spool
    receipts: Receipts

    def scrub_complete(self, quiet: float, busy: Collection[str] = ()) -> bool:
        """Scrub each study to which nobody is sending, and nothing came for `quiet` seconds.

        Returns:
            Whether there was one.
        """
        complete = [s for s in self.receipts.complete(time.time() - quiet) if s not in busy]
        for study in complete:
            if not self.run.pool.is_stopped:
                self.scrub(study)
        return bool(complete)

    def scrub(self, study: str) -> None:
        """Scrub one study, by its name in the spool.

        What was held before is looked at anew: with the instances that have come since, a face
        that was partial may be whole.
        """
        folder = self.spool.folder(study)
        waiting = [r for r in self.receipts.of_study(study) if _is_open(r)]
        held = (r for r in waiting if r.state is State.HELD)
        self.run.journal.forget(Source(folder, _file(r), 0, 0) for r in held)
        with gather([folder], self.run) as intake:
            sources = {left.source.path: left.source for left in intake.left}
            for found in intake.studies:
                sources |= {i.source.path: i.source for i in found.instances}
            pipeline.leave(intake.left, self.run)
            drive(pipeline.scrub, intake.studies, self.run)
        self.receipts.put(*(self._judged(r, sources.get(_file(r))) for r in waiting))

    def close(self) -> Summary:
        """Write audit, summary and report."""
        for conflict in self.spool.conflicts.glob("*.dcm"):
            pipeline.leave([Left(source(conflict), Reason.CONFLICTING_INSTANCES)], self.run)
        return close(self.run, sum(self.receipts.counts().values()))

    def _judged(self, receipt: Receipt, file: Source | None) -> Receipt:
        """What the journal says became of an instance; it stays spooled where it says nothing."""
        if file is None:
            return replace(receipt, state=State.HELD, reason=Reason.UNREADABLE)
        line = self.run.done(file)
        if line is None:
            return receipt
        if line.outcome is Outcome.CLEAN:
            return replace(receipt, state=State.SCRUBBED, reason=None, output=line.output)
        return replace(receipt, state=State.HELD, reason=line.reason)


def _is_open(receipt: Receipt) -> bool:
    """Whether the study's next scrubbing decides over the instance."""
    conflicts = receipt.reason is Reason.CONFLICTING_INSTANCES
    return receipt.state in (State.SPOOLED, State.HELD) and not conflicts


def _file(receipt: Receipt) -> str:
    return f"{receipt.name}.dcm"


@contextmanager
def open_station(
    recipe: Recipe, out: Path, private: Path, key: Path | None, workers: int | None
) -> Iterator[Station]:
    """Open the private folder with its spool and receipts, and start the workers.

    Raises:
        UsageError: a folder or the key cannot be used, or another gateway uses them.
    """
    check_places([], out, private)
    with open_run(recipe, private, key, workers) as run, ExitStack() as stack:
        receipts = stack.enter_context(Receipts(private / "receipts.sqlite"))
        began = bool(receipts.counts())
        run.output = Output.open(out, run.journal.has_output, resume=began)
        spool = Spool(private / "spool", receipts, lambda *uid: _name(run, *uid))
        stack.callback(spool.close)
        yield Station(run, spool, receipts)


def _name(run: Run, purpose: str, uid: str) -> str:
    """Hexadecimal digits in place of a UID: whatever that says, it makes no path."""
    return run.pseudonyms.seed(f"spool {purpose}", uid.strip(" \0")).hex()
