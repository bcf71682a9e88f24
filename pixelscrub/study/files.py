"""Files that a worker reads and writes, and the time that it takes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.intake.instance import Source
from pixelscrub.untrusted import make_file


def check_unchanged(source: Source) -> Source:
    """The file that was planned, as long as it is still the same; in memory where that is small.

    Raises:
        HeldError: INPUT_CHANGED, where size, time or content differ, or it is gone.
    """
    try:
        status = (source.root / (source.archive or source.path)).lstat()
    except OSError:
        raise HeldError(Reason.INPUT_CHANGED) from None
    same_size = source.archive is not None or status.st_size == source.size
    if status.st_mtime_ns != source.modified or not same_size:
        raise HeldError(Reason.INPUT_CHANGED)
    with guarded(Reason.UNREADABLE):
        loaded = source.in_memory()
        if source.digest and loaded.read_digest() != source.digest:
            raise HeldError(Reason.INPUT_CHANGED)
    return loaded


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """An instance, open for reading.

    Raises:
        HeldError: UNREADABLE.
    """
    with guarded(Reason.UNREADABLE):
        file = source.open_instance()
    with file:
        yield file


@contextmanager
def writing(path: Path) -> Iterator[Any]:
    """A new private file, on the disk when the block ends.

    Raises:
        HeldError: WRITE_FAILED.
    """
    try:
        with make_file(path) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise HeldError(Reason.WRITE_FAILED, type(error).__name__) from None


@contextmanager
def timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    """Note the seconds that a step takes."""
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[step] = round(time.perf_counter() - start, 4)
