"""Locks: one process at a time works in a private folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixelscrub.errors import UsageError


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold a lock on the file `path`, made if it is missing; a killed process leaves none behind.

    The lock is of the open file (flock), so it holds between threads of one process as well.

    Args:
        path: the file; what it holds does not matter.
        what: what is locked, for the message.

    Raises:
        UsageError: another process holds it, or the file system knows no locks.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise UsageError(f"{what} cannot be locked ({type(error).__name__})") from None
    try:
        os.fchmod(descriptor, 0o600)
        _lock(descriptor, what)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, what: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(f"{what} is in use by another run or gateway; wait or end it") from None
    except OSError as error:
        raise UsageError(f"{what} cannot be locked ({type(error).__name__})") from None
