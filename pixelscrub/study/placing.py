"""Put every file below the inputs into its study."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pixelscrub.errors import HeldError, PixelscrubError, Reason
from pixelscrub.intake.find import SkippedFile, find
from pixelscrub.intake.group import Intake
from pixelscrub.intake.instance import Instance, Source
from pixelscrub.jobs.chunks import map_in_chunks
from pixelscrub.store.journal import Journal
from pixelscrub.study import worker
from pixelscrub.study.run import Run
from pixelscrub.study.tasks import SamePixelsTask


def gather(inputs: Sequence[Path], run: Run) -> Intake:
    """Find and place every file below `inputs`."""
    return place(find(inputs), run)


def place(found: Iterable[Source | SkippedFile], run: Run) -> Intake:
    """Put files into their studies; headers are read in the workers."""

    def has_same_pixels(first: Instance, second: Instance) -> bool:
        return run.pool.call(worker.have_same_pixels, SamePixelsTask(first, second)) is True

    recipe = run.recipe
    intake = Intake(run.private.index, recipe.duplicates, has_same_pixels)
    files = _to_read(found, intake, run.journal)
    for file, item in map_in_chunks(run.pool, worker.read_instances, files, _size):
        if isinstance(item, HeldError):
            intake.add(SkippedFile(_source(file), item.reason, item.detail))
            continue
        if isinstance(item, PixelscrubError):
            raise item
        if item != file:
            run.journal.place(item)
        if item.made and recipe.missing_uids == "hold":
            intake.add(SkippedFile(item.source, Reason.MISSING_UID))
        else:
            intake.add(item)
    return intake


def _to_read(
    found: Iterable[Source | SkippedFile], intake: Intake, journal: Journal
) -> Iterator[Source | Instance]:
    """Files whose header is to be read; others go into `intake` at once."""
    for item in found:
        if isinstance(item, SkippedFile):
            intake.add(item)
        else:
            yield journal.placed(item) or item


def _size(file: Source | Instance) -> int:
    return _source(file).size


def _source(file: Source | Instance) -> Source:
    return file.source if isinstance(file, Instance) else file
