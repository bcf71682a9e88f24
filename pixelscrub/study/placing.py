"""Put every file below the inputs into its study."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from pixelscrub.errors import HeldError, PixelscrubError, Reason
from pixelscrub.intake.find import SkippedFile, find
from pixelscrub.intake.group import Intake
from pixelscrub.intake.instance import Instance, Source
from pixelscrub.jobs.pool import Pool
from pixelscrub.store.journal import Journal
from pixelscrub.study import worker
from pixelscrub.study.run import Run
from pixelscrub.study.tasks import SamePixelsTask

CHUNK: Final = 64
"""Headers that a worker reads in one call."""


def gather(inputs: Sequence[Path], run: Run) -> Intake:
    """Find and place every file below `inputs`."""
    return place(find(inputs), run)


def place(found: Iterable[Source | SkippedFile], run: Run) -> Intake:
    """Put files into their studies; headers are read in the workers."""

    def has_same_pixels(first: Instance, second: Instance) -> bool:
        return run.pool.call(worker.have_same_pixels, SamePixelsTask(first, second)) is True

    recipe = run.recipe
    intake = Intake(run.private.index, recipe.duplicates, has_same_pixels)
    for file, item in _placed(_chunks(found, intake, run.journal), run.pool):
        if isinstance(item, Instance) and item != file:
            run.journal.place(item)
        if isinstance(item, Instance) and item.made and recipe.missing_uids == "hold":
            intake.add(SkippedFile(item.source, Reason.MISSING_UID))
        else:
            intake.add(item)
    return intake


def _chunks(
    found: Iterable[Source | SkippedFile], intake: Intake, journal: Journal
) -> Iterator[list[Source | Instance]]:
    """Files to be read, `CHUNK` at a time; those that are not to be read go into `intake`."""
    chunk: list[Source | Instance] = []
    for item in found:
        if isinstance(item, SkippedFile):
            intake.add(item)
            continue
        chunk.append(journal.placed(item) or item)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _placed(
    chunks: Iterable[list[Source | Instance]], pool: Pool
) -> Iterator[tuple[Source | Instance, Instance | SkippedFile]]:
    """Each file as it was given, and what came of it."""
    for chunk, results in pool.map(worker.read_instances, chunks, _size):
        if isinstance(results, PixelscrubError) and len(chunk) > 1:
            yield from _placed([[file] for file in chunk], pool)  # find who did it
            continue
        each = [results] if isinstance(results, PixelscrubError) else results
        for file, result in zip(chunk, each, strict=True):
            is_held = isinstance(result, HeldError)
            yield file, SkippedFile(_source(file), result.reason) if is_held else result


def _size(chunk: list[Source | Instance]) -> int:
    return sum(_source(file).size for file in chunk)


def _source(file: Source | Instance) -> Source:
    return file.source if isinstance(file, Instance) else file
