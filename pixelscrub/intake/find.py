"""Find every file below the inputs: folders of any depth, single files, members of zip archives.

Nothing is opened but archives, and no symbolic link is followed.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pixelscrub.errors import HeldError, Reason, UsageError
from pixelscrub.intake.archive import check_directory, check_overlap
from pixelscrub.intake.instance import Source

MEMBER_LIMIT = 4 * 2**30
"""Bytes that one member of an archive may unpack to."""
RATIO_LIMIT = 1100
"""Deflate packs at most 1032 to 1, so a larger ratio is not an honest header."""


class SkippedFile(NamedTuple):
    """A file that is not looked at, and why; `detail` says more, without values."""

    source: Source
    reason: Reason
    detail: str = ""


def find(inputs: Sequence[Path]) -> Iterator[Source | SkippedFile]:
    """Every file below `inputs`, in the order of their names.

    Raises:
        UsageError: an input does not exist.
    """
    for given in map(Path.absolute, inputs):  # workers have another working directory
        if not given.exists():
            raise UsageError("an input does not exist")
        root = (given if given.is_dir() else given.parent).resolve()
        if given.is_dir() or (given.name.upper() == "DICOMDIR" and given.is_file()):
            yield from _walk(root, root)
        else:
            yield from _file(root, root / given.name, given.stat())


def _walk(root: Path, folder: Path) -> Iterator[Source | SkippedFile]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield SkippedFile(_source(root, folder), Reason.UNREADABLE)
        return
    for entry in entries:
        path = Path(entry.path)
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            yield SkippedFile(_source(root, path), Reason.UNREADABLE)
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _walk(root, path)
        else:
            yield from _file(root, path, status)


def _file(root: Path, path: Path, status: os.stat_result) -> Iterator[Source | SkippedFile]:
    source = _source(root, path, status.st_size, status.st_mtime_ns)
    if not stat.S_ISREG(status.st_mode):
        yield SkippedFile(source, Reason.NOT_A_FILE)
    elif not _is_utf8(path):
        yield SkippedFile(source, Reason.FILE_NAME)
    elif path.suffix.lower() == ".zip":
        yield from _members(source)
    else:
        yield source


def _is_utf8(path: Path) -> bool:
    """Whether the name can be written down: plans and audits are JSON."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _source(root: Path, path: Path, size: int = 0, modified: int = 0) -> Source:
    return Source(root, path.relative_to(root).as_posix(), size, modified)


def _members(archive: Source) -> Iterator[Source | SkippedFile]:
    try:
        with archive.open() as file:
            check_directory(file, archive.size)
            with zipfile.ZipFile(file) as opened:
                infos = sorted(opened.infolist(), key=lambda info: info.filename)
        check_overlap(infos, archive.size)
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError):
        yield SkippedFile(archive, Reason.DAMAGED_FILE)
        return
    except HeldError as error:
        yield SkippedFile(archive, error.reason)
        return
    names = Counter(info.filename for info in infos)
    for info in infos:
        if info.filename.endswith("/"):  # `is_dir` fails where the name is empty
            continue
        name = f"{archive.path}/{info.filename}"
        member = Source(archive.root, name, info.file_size, archive.modified, archive.path)
        if _is_refused(info):
            yield SkippedFile(member, Reason.ARCHIVE_LIMIT)
        elif not info.filename or names[info.filename] > 1:  # only the last of them is led to
            yield SkippedFile(member, Reason.DAMAGED_FILE)
        else:
            yield member


def _is_refused(info: zipfile.ZipInfo) -> bool:
    """Whether a member is encrypted, too large, claims an impossible ratio, or is an archive."""
    encrypted = bool(info.flag_bits & 1)
    bomb = info.file_size > MEMBER_LIMIT or info.file_size > RATIO_LIMIT * (info.compress_size + 64)
    return encrypted or bomb or info.filename.lower().endswith(".zip")
