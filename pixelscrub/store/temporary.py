"""A private folder for a short time: gone at the end, and where the process is killed, too.

A small process waits for the end of ours and removes the folder; where that is killed as well (the
machine was switched off), the next start removes what nobody holds any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pixelscrub.isolation import SAFE_FOLDER, environment, interpreter

PREFIX: Final = "pixelscrub-temporary-"
LOCK: Final = "held.lock"
PATIENCE: Final = 30.0
"""Seconds that the removal of a folder is tried for: workers may write to it to their end."""


@contextmanager
def temporary_folder(*, is_watched: bool = True) -> Iterator[Path]:
    """Have a folder of mode 0700 below the system's folder of temporary files.

    Args:
        is_watched: another process removes it at once where this one is killed; else the next
            start does.
    """
    remove_abandoned()
    folder, lock = _make()
    watcher = _watch(folder) if is_watched else None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
        if watcher is not None and watcher.stdin is not None:
            watcher.stdin.close()
            watcher.wait()


def remove_abandoned() -> None:
    """Remove the folders that killed processes of this user left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                is_ours = os.fstat(lock).st_uid == os.geteuid() and not folder.is_symlink()
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if is_ours:
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _make() -> tuple[Path, int]:
    """A new folder and its lock, which no other process took for abandoned in between."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with suppress(OSError):
            lock = os.open(folder / LOCK, flags, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (folder / LOCK).exists():
                return folder, lock
            os.close(lock)


def _watch(folder: Path) -> subprocess.Popen[bytes]:
    """A process that removes the folder as soon as this one is gone."""
    return subprocess.Popen(  # noqa: S603 (our own interpreter)
        interpreter("pixelscrub.store.temporary", str(folder)),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
        cwd=SAFE_FOLDER,
        start_new_session=True,
    )


def main() -> None:
    """Wait for the end of standard input, which is that of the process that started this one."""
    os.read(0, 1)
    folder, end = Path(sys.argv[1]), time.monotonic() + PATIENCE
    while folder.exists() and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
