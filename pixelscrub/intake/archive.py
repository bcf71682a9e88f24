"""Members of zip archives; a directory is read once, however many members are taken."""

from __future__ import annotations

import atexit
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from pixelscrub.errors import HeldError, Reason

KEPT: Final = 4
"""Archives that stay open: studies that are worked on at the same time may lie in several."""

END_LIMIT: Final = 22 + 65_535
"""Bytes of the record at the end of an archive, with the longest comment."""
DIRECTORY_LIMIT: Final = 128 * 2**20
"""Bytes of a directory: of a million members and more."""
MEMBER_HEADER: Final = 30
"""Bytes before each member, beside its name."""

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
    with _archive(path, opened) as archive:
        return archive.read(name)


def read_start(path: Path, name: str, length: int, opened: Callable[[Path], BinaryIO]) -> bytes:
    """The first `length` bytes of a member; no more of it is unpacked. As of `read_member`."""
    with _archive(path, opened) as archive, archive.open(name) as member:
        return member.read(length)


@contextmanager
def _archive(path: Path, opened: Callable[[Path], BinaryIO]) -> Iterator[zipfile.ZipFile]:
    """An archive that is open already, or is opened now; for one thread at a time."""
    status = path.lstat()
    key = (str(path), status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    with _lock:
        if key not in _kept:
            _keep(key, path, opened)
        _kept.move_to_end(key)
        yield _kept[key][0]


def check_directory(file: BinaryIO, size: int) -> None:
    """Make sure that an archive's directory is not too long to be read (APPNOTE 4.3.14 to 16).

    Args:
        file: the archive.
        size: its bytes.

    Raises:
        HeldError: ARCHIVE_LIMIT.
    """
    file.seek(max(0, size - END_LIMIT))
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    length = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if length == 0xFFFFFFFF and tail[max(0, at - 20) : at].startswith(b"PK\6\7"):  # zip64
        file.seek(min(int.from_bytes(tail[at - 12 : at - 4], "little"), size))
        length = int.from_bytes(file.read(48)[40:], "little")
    file.seek(0)
    if min(length, size) > DIRECTORY_LIMIT:
        raise HeldError(Reason.ARCHIVE_LIMIT)


def check_overlap(infos: Sequence[zipfile.ZipInfo], size: int) -> None:
    """Make sure that members do not share their bytes: a few would unpack to any size.

    Args:
        infos: the members.
        size: bytes of the archive.

    Raises:
        HeldError: ARCHIVE_LIMIT.
    """
    if sum(info.compress_size + MEMBER_HEADER for info in infos) > size:
        raise HeldError(Reason.ARCHIVE_LIMIT)


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
