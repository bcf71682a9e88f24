"""A folder in memory for a program that wants files, gone however this process ends.

It is on a file system that is memory (`/dev/shm`), open to this user alone. A second process, in a
session of its own, waits for the end of this one and removes the folder: after a normal end, an
exception, a signal or SIGKILL. What is left when both are killed goes with the next folder that is
made, and with the power.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock
from typing import Any, Final

from pixelscrub.isolation import SAFE_FOLDER, environment, isolated_code

MEMORY: Final = Path("/dev/shm")  # noqa: S108 (a file system in memory; the folder is 0700)
PREFIX: Final = "pixelscrub-"
OWNED: Final = re.compile(PREFIX + r"(\d+)-(\d+)-")
"""Process number and start of the owner, in ticks since the machine started (proc(5))."""
STARTED: Final = 19
"""Fields of /proc/PID/stat after the program's name and before the start."""
REAPER: Final = """
import os, shutil, signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
    signal.signal(number, signal.SIG_IGN)
os.write(1, b"+")
while os.read(0, 1):
    pass
for _ in range(200):
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    if not os.path.lexists(sys.argv[1]):
        break
    time.sleep(0.05)
"""
"""A byte says that signals do nothing any more; standard input ends when its owner does."""


@dataclass
class _Kept:
    folder: Path
    reaper: subprocess.Popen[bytes]
    owner: int


_lock = Lock()
_kept: list[_Kept] = []


def memory_folder() -> Path | None:
    """This process's folder in memory; None where there is no such file system, or no reaper."""
    with _lock:
        if _kept and _is_whole(_kept[0]):
            return _kept[0].folder
        _forget()
        try:
            return _made()
        except OSError:
            return None


def _made() -> Path | None:
    if not MEMORY.is_dir() or not _is_memory(MEMORY):
        return None
    _sweep()
    folder = Path(mkdtemp(prefix=f"{PREFIX}{os.getpid()}-{_start_of(os.getpid())}-", dir=MEMORY))
    try:
        reaper = _reaper(folder)
    except OSError:
        folder.rmdir()
        raise
    kept = _Kept(folder, reaper, os.getpid())
    _kept.append(kept)
    if reaper.stdout is None or reaper.stdout.read(1) != b"+":
        _forget()
        return None
    return folder


def _reaper(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603
        isolated_code(REAPER, str(folder)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=SAFE_FOLDER,
        env=environment(),
    )


def _is_whole(kept: _Kept) -> bool:
    """Whether the folder is this process's and its reaper waits."""
    return kept.owner == os.getpid() and kept.folder.is_dir() and kept.reaper.poll() is None


def _forget() -> None:
    """Remove the folder, where it is this process's, and let its reaper end."""
    while _kept:
        kept = _kept.pop()
        if kept.owner != os.getpid():  # a fork's: its owner sees to it
            continue
        shutil.rmtree(kept.folder, ignore_errors=True)
        for pipe in (kept.reaper.stdin, kept.reaper.stdout):
            if pipe is not None:
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            kept.reaper.wait(5)


atexit.register(_forget)


def _is_memory(folder: Path) -> bool:
    """Whether a file system keeps its files in memory, by the list of mounts."""
    with suppress(OSError):
        for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
            _, place, kind, *_rest = line.split(" ")
            if place == str(folder):
                return kind in {"tmpfs", "ramfs"}
    return False


def _sweep() -> None:
    """Remove folders of this user whose owners are gone, and their reapers with them."""
    for folder in MEMORY.glob(f"{PREFIX}*"):
        named = OWNED.match(folder.name)
        if named and _start_of(int(named.group(1))) != int(named.group(2)):
            with suppress(OSError):
                if folder.lstat().st_uid == os.getuid():
                    shutil.rmtree(folder, ignore_errors=True)


def _start_of(process: int) -> int:
    """When a process started, in ticks; 0 where there is none of that number."""
    try:
        said = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    fields: list[Any] = said.rpartition(")")[2].split()
    return int(fields[STARTED])
