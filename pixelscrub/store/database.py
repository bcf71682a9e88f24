"""SQLite files of the private folder: for their owner alone, and untrusted like the rest."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Final

from pixelscrub.errors import UsageError

BESIDE: Final = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to a file's name for the files that go with it."""


def open_database(path: Path, names: Collection[str]) -> sqlite3.Connection:
    """Open a database, made with mode 0600 if it is missing; each statement commits by itself.

    Views and triggers of somebody else would run with our statements, so a database that holds
    anything but our tables and indexes is refused.

    Args:
        path: the file.
        names: of the tables and indexes that it may have.

    Raises:
        UsageError: it holds something else.
        OSError, sqlite3.Error: it is no regular file, or cannot be opened.
    """
    for ending in BESIDE:
        _check_file(path.with_name(path.name + ending), make=not ending)
    rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        is_ours = _holds_only(rows, names)
    except BaseException:
        rows.close()
        raise
    if not is_ours:
        rows.close()
        raise UsageError("a database in the private folder holds what is none of ours")
    return rows


def _holds_only(rows: sqlite3.Connection, names: Collection[str]) -> bool:
    rows.execute("PRAGMA trusted_schema = OFF")
    found = rows.execute("SELECT type, name FROM sqlite_master").fetchall()
    return all(
        kind in {"table", "index"} and (name in names or str(name).startswith("sqlite_"))
        for kind, name in found
    )


def _check_file(path: Path, make: bool) -> None:
    """Close a file to others, before SQLite makes those beside it, which take its mode over."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | (os.O_CREAT if make else 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("not a regular file")
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
