"""Members of zip archives; a directory is read once, however many members are taken."""

from __future__ import annotations

import atexit
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

KEPT: Final = 4
"""Archives that stay open: studies that are worked on at the same time may lie in several."""

_Key = tuple[str, int, int, int, int]
_kept: OrderedDict[_Key, tuple[zipfile.ZipFile, ExitStack]] = OrderedDict()
_lock = threading.Lock()


def read_member(path: Path, name: str, opened: Callable[[Path], BinaryIO]) -> bytes:
    """The content of one member.

    Args:
        path: the archive; when it has changed since it was opened, it is opened again.
        name: the member.
        opened: opens the archive.

    Raises:
        OSError, zipfile.BadZipFile, RuntimeError and others of `zipfile`: it cannot be read.
    """
    status = path.lstat()
    key = (str(path), status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    with _lock:
        if key not in _kept:
            _keep(key, path, opened)
        _kept.move_to_end(key)
        return _kept[key][0].read(name)


def _keep(key: _Key, path: Path, opened: Callable[[Path], BinaryIO]) -> None:
    with ExitStack() as stack:
        archive = stack.enter_context(zipfile.ZipFile(stack.enter_context(opened(path))))
        _kept[key] = (archive, stack.pop_all())
    while len(_kept) > KEPT:
        _, (_, stack) = _kept.popitem(last=False)
        stack.close()


@atexit.register
def _let_go() -> None:
    with _lock:
        while _kept:
            _kept.popitem()[1][1].close()
