"""Put instances into studies, and set aside files that claim the same instance.

What was found is kept in a database, on disk where a file is named, so that memory does not grow
with the archive.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pixelscrub.errors import Reason
from pixelscrub.intake.find import SkippedFile
from pixelscrub.intake.instance import Instance, Source, Study
from pixelscrub.intake.uids import made_uid
from pixelscrub.untrusted import reserve

if TYPE_CHECKING:
    from pixelscrub.recipe import Duplicates

SamePixels = Callable[[Instance, Instance], bool]
"""Whether two files hold one instance in two encodings; asked only where their bytes differ."""

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE instances (uid TEXT PRIMARY KEY, study TEXT NOT NULL, row TEXT NOT NULL);
CREATE TABLE studies (study TEXT UNIQUE);
CREATE INDEX by_study ON instances (study);
CREATE TABLE skipped (source TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL);
BEGIN;
"""
"""Nothing is ever committed: nobody else reads it, and a run that is killed starts it anew."""


class Intake:
    """Everything that was found: studies to work on, and files that are skipped or held."""

    def __init__(
        self,
        path: Path | None = None,
        duplicates: Duplicates = "hold",
        has_same_pixels: SamePixels = lambda *_: False,
    ) -> None:
        """Start anew, in the file `path` or in memory; `duplicates` as in the recipe."""
        self._duplicates, self._has_same_pixels = duplicates, has_same_pixels
        if path is not None:
            reserve(path)
        self._rows = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._rows.executescript(SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    @property
    def count(self) -> int:
        """Instances in all studies."""
        return int(self._rows.execute("SELECT count(*) FROM instances").fetchone()[0])

    @property
    def skipped_count(self) -> int:
        """Files in `skipped`."""
        return int(self._rows.execute("SELECT count(*) FROM skipped").fetchone()[0])

    @property
    def skipped(self) -> Iterator[SkippedFile]:
        """Files that no study holds, and why."""
        rows = self._rows.execute("SELECT source, reason, detail FROM skipped ORDER BY rowid")
        for source, reason, detail in rows:
            yield SkippedFile(_source(json.loads(source)), Reason(reason), detail)

    @property
    def studies(self) -> Iterator[Study]:
        """Studies one after another, in the order of first appearance."""
        for (uid,) in self._rows.execute("SELECT study FROM studies ORDER BY rowid"):
            rows = self._rows.execute(
                "SELECT row FROM instances WHERE study = ? ORDER BY rowid", (uid,)
            )
            instances = [_instance(json.loads(row)) for (row,) in rows]
            if not instances:
                continue  # a newer file of its only instance belongs to another study
            yield Study(uid, instances[0].patient, instances)

    def add(self, item: Instance | SkippedFile) -> None:
        """Take one more.

        The first file of a SOP Instance UID stands for it. A further one with the same bytes or
        pixels is set aside as DUPLICATE_INSTANCE. Of others the recipe says what becomes: held as
        CONFLICTING_INSTANCES; set aside as SUPERSEDED_INSTANCE; or given a UID of its own.
        """
        if isinstance(item, SkippedFile):
            self._leave(item)
            return
        if not self._insert(item):
            self._add_further(item)

    def _insert(self, item: Instance, verb: str = "IGNORE") -> bool:
        """Take an instance whose UID is not known yet, or in place of the known one."""
        row = json.dumps([_fields(item.source), *_fields(item)[1:]], default=str)
        added = self._rows.execute(
            f"INSERT OR {verb} INTO instances VALUES (?, ?, ?)",  # noqa: S608 (two words of ours)
            (item.uid, item.study, row),
        )
        if added.rowcount:
            self._rows.execute("INSERT OR IGNORE INTO studies VALUES (?)", (item.study,))
        return bool(added.rowcount)

    def _add_further(self, item: Instance) -> None:
        """Take a file whose SOP Instance UID another file has as well."""
        first = self._known(item.uid)
        if first.source.digest == item.source.digest or self._has_same_pixels(first, item):
            self._leave(SkippedFile(item.source, Reason.DUPLICATE_INSTANCE))
        elif self._duplicates == "rename":
            own = made_uid("instance", item.uid, item.source.digest)
            self.add(replace(item, uid=own, made=(*item.made, "SOPInstanceUID")))
        elif self._duplicates == "newest" and _age(item) > _age(first):
            self._insert(item, "REPLACE")
            self._leave(SkippedFile(first.source, Reason.SUPERSEDED_INSTANCE))
        elif self._duplicates == "hold":
            self._leave(SkippedFile(item.source, Reason.CONFLICTING_INSTANCES))
        else:
            self._leave(SkippedFile(item.source, Reason.SUPERSEDED_INSTANCE))

    def _leave(self, item: SkippedFile) -> None:
        row = json.dumps(_fields(item.source), default=str)
        self._rows.execute("INSERT INTO skipped VALUES (?, ?, ?)", (row, item.reason, item.detail))

    def _known(self, uid: str) -> Instance:
        (row,) = self._rows.execute("SELECT row FROM instances WHERE uid = ?", (uid,)).fetchone()
        return _instance(json.loads(row))


def group(
    found: Iterable[Instance | SkippedFile],
    path: Path | None = None,
    duplicates: Duplicates = "hold",
) -> Intake:
    """Sort what was found into studies; `path` and `duplicates` as in `Intake`."""
    intake = Intake(path, duplicates)
    for item in found:
        intake.add(item)
    return intake


def _age(item: Instance) -> tuple[str, int, str]:
    """What grows with time: when the instance was made, when its file was; its digest if equal."""
    return item.created, item.source.modified, item.source.digest


def _fields(item: Instance | Source) -> list[Any]:
    return [getattr(item, name) for name in item.__slots__]  # `astuple` copies deeply


def _instance(row: Any) -> Instance:
    source, *others = row
    others[-1] = tuple(others[-1])
    return Instance(_source(source), *others)


def _source(row: Any) -> Source:
    root, *others = row
    return Source(Path(root), *others)
