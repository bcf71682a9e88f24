"""A DICOMDIR as an index (PS3.3 annex F): which files it names, and which of them are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.untrusted import is_source_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pixelscrub.intake.instance import Source

FILE_ID: Final = 0x00041500
"""Referenced File ID: components of a path below the DICOMDIR."""


def describe_index(source: Source) -> str:
    """How many files a DICOMDIR names, and how many of those are not there."""
    try:
        named = list(_named(source))
    except HeldError:
        return "cannot be read"
    if source.archive is not None:  # members are found by their names in the archive
        return f"names {len(named)} files"
    folder = (source.root / source.path).parent
    missing = sum(not _is_there(folder, name) for name in named)
    return f"names {len(named)} files, {f'{missing} not there' if missing else 'all there'}"


def _named(source: Source) -> Iterator[str]:
    from pydicom import dcmread

    with guarded(Reason.DAMAGED_FILE), source.open_instance() as file:
        header = dcmread(file, force=True, specific_tags=["DirectoryRecordSequence"])
        for record in header.get("DirectoryRecordSequence") or []:
            told = record.get(FILE_ID)
            if told is not None and told.value:
                parts = [told.value] if isinstance(told.value, str) else told.value
                yield "/".join(map(str, parts))


def _is_there(folder: Path, name: str) -> bool:
    """Whether a name leads to a file below the folder, in any of the cases that media have."""
    if not is_source_name(name):
        return False
    return any((folder / spelled).is_file() for spelled in (name, name.lower()))
