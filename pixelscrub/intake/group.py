"""Put instances into studies, and set aside files that claim the same instance.

What was found is kept in a database, on disk where a file is named, so that memory does not grow
with the archive.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from pixelscrub.errors import Reason
from pixelscrub.intake.find import SkippedFile
from pixelscrub.intake.instance import Instance, Source, Study
from pixelscrub.untrusted import reserve

SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE instances (uid TEXT PRIMARY KEY, study TEXT NOT NULL, row TEXT NOT NULL);
CREATE TABLE studies (study TEXT UNIQUE);
CREATE INDEX by_study ON instances (study);
CREATE TABLE left (source TEXT NOT NULL, reason TEXT NOT NULL);
BEGIN;
"""
"""Nothing is ever committed: nobody else reads it, and a run that is killed starts it anew."""


class Intake:
    """Everything that was found: studies to work on, and files that are left or held."""

    def __init__(self, path: Path | None = None) -> None:
        """Start anew, in the file `path` or in memory."""
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
    def left_count(self) -> int:
        """Files in `left`."""
        return int(self._rows.execute("SELECT count(*) FROM left").fetchone()[0])

    @property
    def left(self) -> Iterator[SkippedFile]:
        """Files that no study holds, and why."""
        for source, reason in self._rows.execute("SELECT source, reason FROM left ORDER BY rowid"):
            yield SkippedFile(_source(json.loads(source)), Reason(reason))

    @property
    def studies(self) -> Iterator[Study]:
        """Studies one after another, in the order of first appearance."""
        for (uid,) in self._rows.execute("SELECT study FROM studies ORDER BY rowid"):
            rows = self._rows.execute(
                "SELECT row FROM instances WHERE study = ? ORDER BY rowid", (uid,)
            )
            instances = [_instance(json.loads(row)) for (row,) in rows]
            yield Study(uid, instances[0].patient, instances)

    def add(self, item: Instance | SkippedFile) -> None:
        """Take one more.

        The first file of a SOP Instance UID stands for it. Every further one is held: as
        DUPLICATE_INSTANCE where its bytes are the same, as CONFLICTING_INSTANCES where they differ.
        """
        if isinstance(item, SkippedFile):
            self._leave(item)
            return
        row = json.dumps([_fields(item.source), *_fields(item)[1:]], default=str)
        added = self._rows.execute(
            "INSERT OR IGNORE INTO instances VALUES (?, ?, ?)", (item.uid, item.study, row)
        )
        if added.rowcount:
            self._rows.execute("INSERT OR IGNORE INTO studies VALUES (?)", (item.study,))
        else:
            self._leave(SkippedFile(item.source, self._clash(item)))

    def _leave(self, item: SkippedFile) -> None:
        row = json.dumps(_fields(item.source), default=str)
        self._rows.execute("INSERT INTO left VALUES (?, ?)", (row, item.reason))

    def _clash(self, item: Instance) -> Reason:
        (row,) = self._rows.execute(
            "SELECT row FROM instances WHERE uid = ?", (item.uid,)
        ).fetchone()
        same = _instance(json.loads(row)).source.digest == item.source.digest
        return Reason.DUPLICATE_INSTANCE if same else Reason.CONFLICTING_INSTANCES


def group(found: Iterable[Instance | SkippedFile], path: Path | None = None) -> Intake:
    """Sort what was found into studies; `path` as in `Intake`."""
    intake = Intake(path)
    for item in found:
        intake.add(item)
    return intake


def _fields(item: Instance | Source) -> list[Any]:
    return [getattr(item, name) for name in item.__slots__]  # `astuple` copies deeply


def _instance(row: Any) -> Instance:
    source, *others = row
    return Instance(_source(source), *others)


def _source(row: Any) -> Source:
    root, *others = row
    return Source(Path(root), *others)
