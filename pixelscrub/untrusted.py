"""The files of the private folder: untrusted when they are read, closed to others when written.

People change plans by hand, tools write masks, and whoever gets at the folder may write anything
into it. So names must stay below their root, only regular files of a bounded size are opened, and
no link is followed.
"""

from __future__ import annotations

import io
import os
import re
import stat
from pathlib import Path
from typing import Final

LONGEST_NAME: Final = 4096
"""Characters of a path (PATH_MAX of Linux)."""
_PART: Final = re.compile(r"(?!\.)[ -.0-\[\]-~]{1,128}")
"""One part of an output's name: printable ASCII without slashes, not hidden."""
_FILE_NAME: Final = re.compile(r"(?!\.)[\w.-]{1,128}", re.ASCII)
MOST_PARTS: Final = 8
OWNER_ONLY: Final = 0o600
"""Mode of every file of the private folder."""


def is_output_name(name: object) -> bool:
    """Whether a name stays below the output folder, and has a form that our names may have."""
    if not isinstance(name, str):
        return False
    parts = name.split("/")
    return len(parts) <= MOST_PARTS and all(_PART.fullmatch(part) for part in parts)


def is_mask_name(name: str) -> bool:
    """Whether a name is that of a NIfTI file in the folder that names it."""
    return _FILE_NAME.fullmatch(name) is not None and name.endswith((".nii", ".nii.gz"))


def is_source_name(name: str) -> bool:
    """Whether a path stays below its root, by its parts alone: links are refused when opened."""
    parts = name.split("/")
    return (
        0 < len(name) <= LONGEST_NAME
        and "\0" not in name
        and not any(part in {"", ".", ".."} for part in parts)
    )


def open_regular(path: Path, limit: int | None = None) -> io.BufferedReader:
    """Open a regular file for reading; no link, pipe or device.

    Args:
        path: the file.
        limit: bytes that it may have.

    Raises:
        OSError: it is something else, too large, or cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or (limit is not None and status.st_size > limit):
        os.close(descriptor)
        raise OSError("not a regular file, or too large")
    return os.fdopen(descriptor, "rb")


def read_bounded(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes.

    Raises:
        OSError: as of `open_regular`.
    """
    with open_regular(path, limit) as file:
        content = file.read(limit + 1)  # it may have grown
    if len(content) > limit:
        raise OSError("too large")
    return content


def make_file(path: Path) -> io.BufferedRandom:
    """Make a new file of mode 0600, whatever the umask, in the place of what lies there.

    A link that lies there is replaced and not followed.

    Raises:
        OSError: it cannot be made.
    """
    path.unlink(missing_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, OWNER_ONLY)
    os.fchmod(descriptor, OWNER_ONLY)
    return os.fdopen(descriptor, "w+b")


def reserve(path: Path) -> Path:
    """Make an empty file as `make_file` does, for a library that writes by its name; gives it."""
    make_file(path).close()
    return path


def printable(text: str) -> str:
    """Text without anything that a terminal would obey: control and format characters escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
