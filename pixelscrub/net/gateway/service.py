"""Scrub studies out of the spool, through the same steps as every other run."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pixelscrub.errors import Reason, UsageError
from pixelscrub.intake.find import SkippedFile
from pixelscrub.intake.group import Intake
from pixelscrub.intake.instance import Source
from pixelscrub.net.gateway.receipts import Receipt, Receipts, State
from pixelscrub.net.gateway.spool import Spool
from pixelscrub.outcome import Outcome, Summary
from pixelscrub.recipe import Recipe
from pixelscrub.store.output import Output, check_places
from pixelscrub.study import pipeline, records
from pixelscrub.study.placing import place
from pixelscrub.study.run import Run, drive, open_run, write_record

SHARE: Final = 0.05
"""Part of the time that may go into the record while the gateway runs: it takes ever longer."""


@dataclass(slots=True)
class ScrubService:
    """One private folder with a spool, and the run that its studies go through.

    Attributes:
        run: the run.
        spool: where originals lie.
        receipts: how far each has come.
        is_told: whether the record says all that was scrubbed.
        told_again: when it may be written the next time, by the monotonic clock.
    """

    run: Run
    spool: Spool
    receipts: Receipts
    is_told: bool = True
    told_again: float = 0.0

    def scrub_complete(self, quiet: float, busy: Collection[str] = ()) -> bool:
        """Scrub each study to which nobody is sending, and nothing came for `quiet` seconds.

        Returns:
            Whether there was one.
        """
        is_one = False
        for study in self.receipts.waiting():
            may_begin = study not in busy and not self.run.pool.is_stopped
            if may_begin and self.spool.begin(study, quiet):
                self.scrub(study)
                is_one = True
        return is_one

    def scrub(self, study: str) -> None:
        """Scrub one study, by its name in the spool.

        What was held before is looked at anew: with the instances that have come since, a face
        that was partial may be whole.
        """
        receipts = [r for r in self.receipts.of_study(study) if not _is_conflict(r)]
        files = {r.name: file for r in receipts if (file := self.spool.source(r)) is not None}
        waiting = [r for r in receipts if r.state in (State.SPOOLED, State.HELD)]
        held = {r.name for r in waiting if r.state is State.HELD}
        self.run.journal.forget(file for name, file in files.items() if name in held)
        with place(files.values(), self.run) as intake:
            placed = _by_name(intake)
            records.record_skipped(intake.skipped, self.run)
            drive(pipeline.scrub, intake.studies, self.run)
        self.receipts.put(*(self._judged(r, placed.get(r.name)) for r in waiting))
        self.is_told = False

    def tell(self) -> None:
        """Write the record of what was scrubbed since it was written, where it is time for that."""
        began = time.monotonic()
        if self.is_told or began < self.told_again:
            return
        with suppress(UsageError, OSError):  # the disk is full: it is written later
            self.record()
        ended = time.monotonic()
        self.told_again = ended + (ended - began) / SHARE

    def record(self) -> Summary:
        """Write audit, summary and report."""
        for receipt in self.receipts.held_for(Reason.CONFLICTING_INSTANCES):
            if (file := self.spool.source(receipt)) is not None:
                records.record_skipped([SkippedFile(file, Reason.CONFLICTING_INSTANCES)], self.run)
        summary = write_record(self.run, sum(self.receipts.counts().values()))
        self.is_told = True
        return summary

    def _judged(self, receipt: Receipt, file: Source | None) -> Receipt:
        """What the journal says became of an instance; it stays spooled where it says nothing."""
        if file is None:
            return replace(receipt, state=State.HELD, reason=Reason.UNREADABLE)
        line = self.run.done(file)
        if line is None:
            return receipt
        if line.outcome is Outcome.CLEAN:
            return replace(receipt, state=State.SCRUBBED, reason=None, output=line.output, due=0.0)
        return replace(receipt, state=State.HELD, reason=line.reason)


def _is_conflict(receipt: Receipt) -> bool:
    return receipt.reason is Reason.CONFLICTING_INSTANCES


def _by_name(intake: Intake) -> dict[str, Source]:
    """Files, as intake knows them, by the names of their receipts."""
    sources = [file.source for file in intake.skipped]
    sources += [i.source for study in intake.studies for i in study.instances]
    return {Path(source.path).stem: source for source in sources}


@contextmanager
def open_service(
    recipe: Recipe, out: Path, private: Path, key: Path | None, workers: int | None
) -> Iterator[ScrubService]:
    """Open the private folder with its spool and receipts, and start the workers.

    Raises:
        UsageError: a folder or the key cannot be used, or another run uses them.
    """
    check_places([], out, private)
    with (
        open_run(recipe, private, key, workers) as run,
        Receipts(private / "receipts.sqlite") as receipts,
    ):
        run.journal.require_key()
        began = bool(receipts.counts())
        run.output = Output.open(out, run.journal.has_output, resume=began)
        spool = Spool(private / "spool", receipts, lambda *uid: _name(run, *uid))
        yield ScrubService(run, spool, receipts)


def _name(run: Run, purpose: str, uid: str) -> str:
    """Hexadecimal digits in place of a UID: whatever that says, it makes no path."""
    return run.pseudonyms.seed(f"spool {purpose}", uid.strip(" \0")).hex()
