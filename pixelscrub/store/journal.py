"""The journal: one row for each input file, so that a run can be resumed at any moment.

One process writes; rows become durable in SQLite's write-ahead log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from functools import lru_cache
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from pixelscrub.errors import Reason, UsageError
from pixelscrub.identity.pseudonyms import CrosswalkEntry
from pixelscrub.intake.instance import Instance, Source
from pixelscrub.outcome import AuditLine, Outcome
from pixelscrub.store.database import open_database
from pixelscrub.untrusted import is_output_name

SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    root TEXT NOT NULL, source TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,
    recipe TEXT NOT NULL, line TEXT NOT NULL, output TEXT, plan TEXT NOT NULL DEFAULT '',
    digest TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (root, source)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_output ON files (output);
CREATE TABLE IF NOT EXISTS crosswalk (
    kind TEXT NOT NULL, original TEXT NOT NULL, pseudonym TEXT NOT NULL,
    PRIMARY KEY (kind, original)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS placed (
    root TEXT NOT NULL, source TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,
    instance TEXT NOT NULL,
    PRIMARY KEY (root, source)
) WITHOUT ROWID;
PRAGMA user_version = 2;
"""
VERSION = 2
TABLES = frozenset({"files", "by_output", "crosswalk", "placed"})


class Journal:
    """What is done already; used from one thread at a time.

    Attributes:
        damaged: outputs of rows that `lines` could not read: nothing tells that they are clean.
    """

    def __init__(self, path: Path) -> None:
        self.damaged: list[object] = []
        try:
            self._rows = open_database(path, TABLES)
            self._rows.execute("PRAGMA journal_mode = WAL")
            self._rows.execute("PRAGMA synchronous = NORMAL")
            version = self._rows.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, 1, VERSION):
                raise UsageError("private folder is of another version of pixelscrub")
            if version == 1:
                for column in ("plan", "digest"):
                    self._rows.execute(
                        f"ALTER TABLE files ADD COLUMN {column} TEXT NOT NULL DEFAULT ''"
                    )
            self._rows.executescript(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise UsageError(f"journal cannot be used ({type(error).__name__})") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()

    def forget_left(self) -> None:
        """Forget files that were never placed in a study: each run says anew which those are."""
        self._rows.execute("UPDATE files SET size = -1 WHERE digest = ''")

    def forget(self, sources: Iterable[Source] | None = None) -> None:
        """Start anew with all files or these; names of earlier outputs stay until written again."""
        if sources is None:
            self._rows.execute("UPDATE files SET size = -1")
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
        self._rows.execute("INSERT OR REPLACE INTO placed VALUES (?, ?, ?, ?, ?)", row)

    def placed(self, source: Source) -> Instance | None:
        """What the header of a file said, by size and time unchanged; None where not known.

        Whether it has changed its digest tells, which is that of the content then.
        """
        row = self._rows.execute(
            "SELECT size, modified, instance FROM placed WHERE root = ? AND source = ?",
            (_resolved(source.root), source.name),
        ).fetchone()
        known = row is not None and row[:2] == (source.size, source.modified)
        return Instance.of_row(source, row[2]) if known else None  # None too where damaged

    def record(self, source: Source, recipe: str, line: AuditLine, plan: str = "") -> None:
        """Write down what became of one file under the recipe and the plan of these digests."""
        row = (_resolved(source.root), source.name, source.size, source.modified)
        self._rows.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, recipe, line.to_json(), line.output, plan, source.digest),
        )

    def done(self, source: Source, recipe: str) -> AuditLine | None:
        """What became of a file that has not changed since, under the same recipe; else None.

        Where the file's digest is not known, its size and time decide.
        """
        row = self._rows.execute(
            "SELECT size, modified, digest, recipe, line FROM files WHERE root = ? AND source = ?",
            (_resolved(source.root), source.name),
        ).fetchone()
        if row is None or source.digest not in ("", row[2]):
            return None
        if (row[0], row[1], row[3]) != (source.size, source.modified, recipe):
            return None
        return _line(row[4])

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

    def has_output(self, name: str) -> bool:
        """Whether a file was written under this name."""
        row = self._rows.execute("SELECT 1 FROM files WHERE output = ?", (name,)).fetchone()
        return row is not None

    def lines(self) -> Iterator[AuditLine]:
        """What became of every file that was not forgotten, in the order of their names."""
        rows = self._rows.execute(
            "SELECT line, source, output FROM files WHERE size >= 0 ORDER BY root, source"
        )
        for text, source, output in rows:
            line = _line(text)
            if line is None:
                self.damaged.append(output)
                line = AuditLine(source=str(source), outcome=Outcome.HELD)
                line.reason = Reason.RECORD_INVALID
            yield line

    def hold_output(self, output: str, reason: Reason) -> None:
        """Have a file that was released count as held: its output is taken back."""
        row = self._rows.execute(
            "SELECT line FROM files WHERE output = ? AND size >= 0", (output,)
        ).fetchone()
        line = _line(row[0]) if row is not None else None
        if line is None:
            return  # a damaged record is told as such
        line.outcome, line.reason, line.output, line.pictures = Outcome.HELD, reason, None, []
        self._rows.execute(
            "UPDATE files SET line = ?, plan = '' WHERE output = ?", (line.to_json(), output)
        )

    def lines_below(self, root: Path, name: str) -> Iterator[AuditLine]:
        """What became of a file, of the members of an archive, or of all in `root` (no `name`)."""
        rows = self._rows.execute(
            "SELECT line FROM files WHERE size >= 0 AND root = ?"
            " AND (? = '' OR source = ? OR substr(source, 1, length(?) + 1) = ? || '/')"
            " ORDER BY source",
            (_resolved(root), name, name, name, name),
        )
        return (line for row in rows if (line := _line(row[0])) is not None)

    def remember(self, entries: Iterable[CrosswalkEntry]) -> None:
        """Add pseudonyms, and what they stand for, to the crosswalk."""
        rows = map(astuple, entries)
        self._rows.executemany("INSERT OR IGNORE INTO crosswalk VALUES (?, ?, ?)", rows)


def _line(text: object) -> AuditLine | None:
    """A line as it was recorded; None where it is damaged."""
    try:
        return AuditLine.model_validate_json(text) if isinstance(text, str) else None
    except ValidationError:
        return None


@lru_cache(maxsize=64)
def _resolved(root: Path) -> str:
    """An input as rows name it, wherever the run was started from."""
    return str(root.resolve())
