"""The journal: one row for each input file, so that a run can be resumed at any moment.

One process writes; rows become durable in SQLite's write-ahead log. Each row has a seal that only
the run's key makes, so that a changed one is done again or held, and is never taken for a proof.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import astuple
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

from pydantic import ValidationError

from pixelscrub.errors import Reason, UsageError
from pixelscrub.identity.pseudonyms import CrosswalkEntry
from pixelscrub.intake.instance import Instance, Source
from pixelscrub.outcome import AuditLine, Outcome
from pixelscrub.store.database import open_database
from pixelscrub.store.seal import Seal
from pixelscrub.untrusted import is_output_name

SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    root TEXT NOT NULL, source TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,
    recipe TEXT NOT NULL, line TEXT NOT NULL, output TEXT, plan TEXT NOT NULL DEFAULT '',
    digest TEXT NOT NULL DEFAULT '', content TEXT NOT NULL DEFAULT '',
    seal TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (root, source)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_output ON files (output);
CREATE TABLE IF NOT EXISTS crosswalk (
    kind TEXT NOT NULL, original TEXT NOT NULL, pseudonym TEXT NOT NULL,
    PRIMARY KEY (kind, original)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS placed (
    root TEXT NOT NULL, source TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,
    instance TEXT NOT NULL, seal TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (root, source)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sealed (seal TEXT NOT NULL);
PRAGMA user_version = 3;
"""
VERSION: Final = 3
TABLES: Final = frozenset({"files", "by_output", "crosswalk", "placed", "sealed"})
ADDED: Final = {1: ("plan", "digest"), 2: ("content", "seal")}
"""Columns of `files` that the versions before did not have yet."""


class Journal:
    """What is done already; used from one thread at a time.

    Attributes:
        damaged: outputs of rows that `lines` could not read: nothing tells that they are clean.
        is_of_another_key: whether rows were sealed with another key than this one.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self.damaged: list[object] = []
        self._seal = Seal(key)
        try:
            self._rows = open_database(path, TABLES)
            self._rows.execute("PRAGMA journal_mode = WAL")
            self._rows.execute("PRAGMA synchronous = NORMAL")
            self._renew(_version(self._rows))
            self.is_of_another_key = self._is_of_another_key()
        except (sqlite3.Error, OSError) as error:
            raise UsageError(f"journal cannot be used ({type(error).__name__})") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    def _renew(self, version: int) -> None:
        """Bring the tables of an earlier version to this one; what has no seal is done again."""
        for column in (name for v in ADDED if 0 < version <= v for name in ADDED[v]):
            self._rows.execute(f"ALTER TABLE files ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
        is_old = 0 < version < VERSION
        if is_old:
            self._rows.execute("DROP TABLE IF EXISTS placed")
        self._rows.executescript(SCHEMA)
        if is_old:
            self.forget()

    def _is_of_another_key(self) -> bool:
        """Whether there are rows of another key; a journal without any is ours from now on."""
        told = self._rows.execute("SELECT seal FROM sealed").fetchall()
        if len(told) == 1 and self._seal.is_of(told[0][0], "journal"):
            return False
        if self._rows.execute("SELECT 1 FROM files WHERE size >= 0").fetchone() is not None:
            return True
        self._make_ours()
        return False

    def _make_ours(self) -> None:
        self._rows.execute("BEGIN")
        with self._rows:
            self._rows.execute("DELETE FROM sealed")
            self._rows.execute("INSERT INTO sealed VALUES (?)", (self._seal.of("journal"),))
        self.is_of_another_key = False

    def require_key(self) -> None:
        """Make sure that what it says can be relied on.

        Raises:
            UsageError: it was written with another key.
        """
        if self.is_of_another_key:
            raise UsageError(
                "the private folder's journal was written with another key; name that one with"
                " --key, or scrub without --resume"
            )

    def forget_left(self) -> None:
        """Forget files that were never placed in a study: each run says anew which those are."""
        self._rows.execute("UPDATE files SET size = -1 WHERE digest = ''")

    def forget(self, sources: Iterable[Source] | None = None) -> None:
        """Start anew with all files or these; names of earlier outputs stay until written again."""
        if sources is None:
            self._rows.execute("UPDATE files SET size = -1")
            self._make_ours()
            return
        names = [(_resolved(source.root), source.name) for source in sources]
        self._rows.execute("BEGIN")
        with self._rows:
            self._rows.executemany(
                "UPDATE files SET size = -1 WHERE root = ? AND source = ?", names
            )

    def forget_below(self, root: Path) -> None:
        """Forget what was recorded of files of the private folder itself, its plans."""
        self._rows.execute("UPDATE files SET size = -1 WHERE root = ?", (_resolved(root),))

    def place(self, instance: Instance) -> None:
        """Remember what the header of a file said."""
        source = instance.source
        row = (_resolved(source.root), source.name, source.size, source.modified, instance.row())
        seal = self._seal.of("placed", *row)
        self._rows.execute("INSERT OR REPLACE INTO placed VALUES (?, ?, ?, ?, ?, ?)", (*row, seal))

    def placed(self, source: Source) -> Instance | None:
        """What the header of a file said, by size and time unchanged; None where not known.

        Whether it has changed its digest tells, which is that of the content then.
        """
        name = (_resolved(source.root), source.name, source.size, source.modified)
        row = self._rows.execute(
            "SELECT instance, seal FROM placed"
            " WHERE root = ? AND source = ? AND size = ? AND modified = ?",
            name,
        ).fetchone()
        if row is None or not self._seal.is_of(row[1], "placed", *name, row[0]):
            return None
        return Instance.of_row(source, row[0])

    def record(
        self, source: Source, recipe: str, line: AuditLine, plan: str = "", content: str = ""
    ) -> None:
        """Write down what became of one file under the recipe and the plan of these digests.

        Args:
            source: the file.
            recipe: changes whenever its work is to be done again.
            line: what became of it.
            plan: the stamp of what was carried out.
            content: SHA-256 of the output that was proved.
        """
        name = (_resolved(source.root), source.name, source.size, source.modified)
        self._write(*name, recipe, line.to_json(), line.output, plan, source.digest, content)

    def _write(self, *row: str | int | None) -> None:
        self._rows.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, self._sealed(row)),
        )

    def _sealed(self, row: Sequence[object]) -> str:
        """The seal of a row: over all but the size, which is lost where a row is forgotten."""
        return self._seal.of("file", *row[:2], *row[3:10])

    def _is_ours(self, row: Sequence[object]) -> bool:
        return self._seal.is_of(row[10], "file", *row[:2], *row[3:10])

    def _line(self, row: Sequence[object]) -> AuditLine | None:
        """The line of a row; None where it is not as this key's run wrote it."""
        if not self._is_ours(row):
            return None
        try:
            line = AuditLine.model_validate_json(str(row[5]))
        except ValidationError:
            return None
        return line if line.output == row[6] else None

    def done(self, source: Source, recipe: str) -> AuditLine | None:
        """What became of a file that has not changed since, under the same recipe; else None.

        Where the file's digest is not known, its size and time decide.
        """
        row = self._rows.execute(
            "SELECT * FROM files WHERE root = ? AND source = ?",
            (_resolved(source.root), source.name),
        ).fetchone()
        if row is None or source.digest not in ("", row[8]):
            return None
        if (row[2], row[3], row[4]) != (source.size, source.modified, recipe):
            return None
        return self._line(row)

    def content(self, output: str) -> str | None:
        """The SHA-256 of what was proved under this name; None where nothing was."""
        row = self._rows.execute(
            "SELECT * FROM files WHERE output = ? AND size >= 0", (output,)
        ).fetchone()
        line = None if row is None else self._line(row)
        return row[9] if line is not None and line.outcome is Outcome.CLEAN else None

    def plan(self, source: Source) -> str:
        """The digest of the plan that was last carried out on a file; empty where none is known."""
        row = self._rows.execute(
            "SELECT plan FROM files WHERE root = ? AND source = ?",
            (_resolved(source.root), source.name),
        ).fetchone()
        return "" if row is None else str(row[0])

    def output(self, source: Source) -> str | None:
        """The name that a file was written to the last time."""
        row = self._rows.execute(
            "SELECT output FROM files WHERE root = ? AND source = ?",
            (_resolved(source.root), source.name),
        ).fetchone()
        return row[0] if row is not None and is_output_name(row[0]) else None

    def own_output(self, source: Source) -> str | None:
        """The name that a file was written to the last time, under this very key."""
        row = self._rows.execute(
            "SELECT * FROM files WHERE root = ? AND source = ?",
            (_resolved(source.root), source.name),
        ).fetchone()
        is_ours = row is not None and self._is_ours(row) and is_output_name(row[6])
        return row[6] if is_ours else None

    def has_output(self, name: str) -> bool:
        """Whether a file was written under this name."""
        row = self._rows.execute("SELECT 1 FROM files WHERE output = ?", (name,)).fetchone()
        return row is not None

    def lines(self) -> Iterator[AuditLine]:
        """What became of every file that was not forgotten, in the order of their names."""
        rows = self._rows.execute("SELECT * FROM files WHERE size >= 0 ORDER BY root, source")
        for row in rows:
            line = self._line(row)
            if line is None:
                self.damaged.append(row[6])
                line = AuditLine(source=str(row[1]), outcome=Outcome.HELD)
                line.reason = Reason.RECORD_INVALID
            yield line

    def hold_output(self, output: str, reason: Reason) -> None:
        """Have a file that was released count as held: its output is taken back."""
        row = self._rows.execute(
            "SELECT * FROM files WHERE output = ? AND size >= 0", (output,)
        ).fetchone()
        line = self._line(row) if row is not None else None
        if line is None:
            return  # a damaged record is told as such
        line.outcome, line.reason, line.output, line.pictures = Outcome.HELD, reason, None, []
        self._write(*row[:5], line.to_json(), None, "", row[8], "")

    def lines_below(self, root: Path, name: str) -> Iterator[AuditLine]:
        """What became of a file, of the members of an archive, or of all in `root` (no `name`)."""
        rows = self._rows.execute(
            "SELECT * FROM files WHERE size >= 0 AND root = ?"
            " AND (? = '' OR source = ? OR substr(source, 1, length(?) + 1) = ? || '/')"
            " ORDER BY source",
            (_resolved(root), name, name, name, name),
        )
        return (line for row in rows if (line := self._line(row)) is not None)

    def remember(self, entries: Iterable[CrosswalkEntry]) -> None:
        """Add pseudonyms, and what they stand for, to the crosswalk."""
        rows = map(astuple, entries)
        self._rows.executemany("INSERT OR IGNORE INTO crosswalk VALUES (?, ?, ?)", rows)


def check_version(path: Path) -> None:
    """Make sure that a journal is one that this version can use.

    Raises:
        UsageError: it is of another version, or cannot be read.
    """
    try:
        with closing(open_database(path, TABLES)) as rows:
            _version(rows)
    except (sqlite3.Error, OSError) as error:
        raise UsageError(f"journal cannot be used ({type(error).__name__})") from None


def _version(rows: sqlite3.Connection) -> int:
    version: int = rows.execute("PRAGMA user_version").fetchone()[0]
    if version not in range(VERSION + 1):
        raise UsageError("private folder is of another version of pixelscrub")
    return version


@lru_cache(maxsize=64)
def _resolved(root: Path) -> str:
    """An input as rows name it, wherever the run was started from."""
    return str(root.resolve())
