"""The lines of an audit, read from the disk whenever they are asked for.

A report is written of runs of any size, so no list of all lines is ever held.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from pixelscrub.errors import UsageError
from pixelscrub.outcome import AuditLine, Outcome


class Audit:
    """The lines of one `audit.jsonl`; none where there is no such file.

    Reading raises `UsageError` where the file is damaged or of another version.
    """

    def __init__(self, private: Path) -> None:
        """Read of the private folder `private`."""
        self._path = private / "audit.jsonl"

    def __iter__(self) -> Iterator[AuditLine]:
        return (line for _, line in self._placed())

    def series(self) -> dict[str, array[int]]:
        """Where the lines of released instances lie, for `at`, by the folder of their outputs."""
        places: dict[str, array[int]] = {}
        for offset, line in self._placed():
            if line.outcome is Outcome.CLEAN and line.output:
                folder = line.output.rpartition("/")[0]
                places.setdefault(folder, array("Q")).append(offset)
        return places

    def at(self, places: Iterable[int]) -> list[AuditLine]:
        """The lines that lie there."""
        with self._opened() as file:
            lines = []
            for place in places:
                file.seek(place)
                lines.append(AuditLine.model_validate_json(file.readline()))
            return lines

    def _placed(self) -> Iterator[tuple[int, AuditLine]]:
        if not self._path.exists():
            return
        with self._opened() as file:
            offset = 0
            for line in file:
                if line.strip():
                    yield offset, AuditLine.model_validate_json(line)
                offset += len(line)

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            with self._path.open("rb") as file:
                yield file
        except (OSError, ValidationError) as error:
            said = "audit cannot be used: it is damaged or of another version"
            raise UsageError(f"{said} ({type(error).__name__})") from None
