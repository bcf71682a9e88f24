"""Receipts: one row for each instance that was taken over, and how far it has come.

A row is on the disk before the sender is told that its instance is here, so that a gateway that
was killed at any moment knows what is left to do.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from pixelscrub.errors import Reason, UsageError
from pixelscrub.store.database import open_database
from pixelscrub.untrusted import is_output_name

VERSION: Final = 1
TABLES: Final = frozenset({"receipts", "by_state", "by_study", "by_request"})
SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS receipts (
    name TEXT PRIMARY KEY, study TEXT NOT NULL, digest TEXT NOT NULL, sender TEXT NOT NULL,
    received REAL NOT NULL, state TEXT NOT NULL, reason TEXT, output TEXT, sop_class TEXT,
    uid TEXT, attempts INTEGER NOT NULL, due REAL NOT NULL, error TEXT, request TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_state ON receipts (state, due);
CREATE INDEX IF NOT EXISTS by_study ON receipts (study);
CREATE INDEX IF NOT EXISTS by_request ON receipts (request);
PRAGMA user_version = {VERSION};
"""


class State(StrEnum):
    """How far an instance has come."""

    SPOOLED = "spooled"
    HELD = "held"
    SCRUBBED = "scrubbed"
    SENDING = "sending"
    SENT = "sent"
    COMMITTED = "committed"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One instance that was taken over.

    Attributes:
        name: keyed pseudonym of its SOP Instance UID; its file in the spool.
        study: keyed pseudonym of its Study Instance UID; its folder in the spool.
        digest: of transfer syntax and data set.
        sender: AE title or service that it came from.
        received: seconds since the epoch.
        state: how far it has come. `sending` says that the peer may have it already.
        reason: why it is held.
        output: its file in the output folder.
        sop_class, uid: what the file in the output folder says.
        attempts: how often sending it failed since it last succeeded.
        due: when it is to be sent, or asked after, next.
        error: code of the last failure.
        request: Transaction UID of the storage commitment that was asked for.
    """

    name: str
    study: str
    digest: str
    sender: str
    received: float
    state: State = State.SPOOLED
    reason: Reason | None = None
    output: str | None = None
    sop_class: str | None = None
    uid: str | None = None
    attempts: int = 0
    due: float = 0.0
    error: str | None = None
    request: str | None = None


COLUMNS: Final = ", ".join(field.name for field in fields(Receipt))
VALUES: Final = ", ".join("?" for _ in fields(Receipt))


class Receipts:
    """The receipts of one private folder; used from several threads."""

    def __init__(self, path: Path) -> None:
        """Open the file `path`, made if it is missing.

        Raises:
            UsageError: it cannot be used, or is of another version.
        """
        self._lock = threading.Lock()
        try:
            self._rows = open_database(path, TABLES)
            self._rows.execute("PRAGMA journal_mode = WAL")
            self._rows.execute("PRAGMA synchronous = FULL")
            version = self._rows.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise UsageError("receipts are of another version of pixelscrub")
            self._rows.executescript(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise UsageError(f"receipts cannot be used ({type(error).__name__})") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._rows.close()

    def put(self, *receipts: Receipt) -> None:
        """Write rows, all or none; they are on the disk when this returns.

        Raises:
            UsageError: they cannot be written; the disk may be full.
        """
        insert = f"INSERT OR REPLACE INTO receipts ({COLUMNS}) VALUES ({VALUES})"  # noqa: S608
        try:
            with self._lock, self._rows:
                self._rows.execute("BEGIN IMMEDIATE")
                self._rows.executemany(insert, map(astuple, receipts))
        except sqlite3.Error as error:
            name = type(error).__name__
            raise UsageError(f"receipts cannot be written ({name})") from None

    def get(self, name: str) -> Receipt | None:
        """The receipt of one instance."""
        return next(self._select("WHERE name = ?", name), None)

    def of_study(self, study: str) -> list[Receipt]:
        """All receipts of a study."""
        return list(self._select("WHERE study = ? ORDER BY name", study))

    def of_request(self, request: str) -> list[Receipt]:
        """The receipts that a storage commitment was asked for in one request."""
        return list(self._select("WHERE request = ?", request))

    def held_for(self, reason: Reason) -> list[Receipt]:
        """All receipts of instances that are held for one reason."""
        return list(self._select("WHERE state = ? AND reason = ?", State.HELD, reason))

    def waiting(self) -> list[str]:
        """Studies with something to scrub; which came first is first."""
        with self._lock:
            rows = self._rows.execute(
                "SELECT study FROM receipts WHERE state = ? GROUP BY study ORDER BY MIN(received)",
                (State.SPOOLED,),
            ).fetchall()
        return [row[0] for row in rows]

    def hasten(self, now: float, longest: float) -> None:
        """Have what is due later than anything waits be due now: the clock was put back.

        Args:
            now: seconds since the epoch.
            longest: seconds that anything waits.
        """
        with self._lock:
            self._rows.execute("UPDATE receipts SET due = ? WHERE due > ?", (now, now + longest))

    def due(self, now: float, limit: int) -> list[Receipt]:
        """What is to be sent now, study by study."""
        where = "WHERE state IN (?, ?) AND due <= ? ORDER BY due, study, name LIMIT ?"
        return list(self._select(where, State.SCRUBBED, State.SENDING, now, limit))

    def unasked(self, now: float, limit: int) -> list[Receipt]:
        """What was sent, and a storage commitment is to be asked for."""
        where = "WHERE state = ? AND due <= ? ORDER BY due LIMIT ?"
        return list(self._select(where, State.SENT, now, limit))

    def counts(self) -> dict[str, int]:
        """Number of instances by state."""
        with self._lock:
            rows = self._rows.execute("SELECT state, COUNT(*) FROM receipts GROUP BY state")
            found = dict(rows.fetchall())
        return {str(state): found[state] for state in State if state in found}

    def _select(self, where: str, *values: object) -> Iterator[Receipt]:
        with self._lock:
            rows = self._rows.execute(
                f"SELECT {COLUMNS} FROM receipts {where}",  # noqa: S608 (constants of this file)
                values,
            ).fetchall()
        return filter(None, map(_receipt, rows))


def _receipt(row: Iterable[object]) -> Receipt | None:
    """A receipt as it was written; None where it is damaged: then it is neither sent nor told."""
    values = dict(zip((field.name for field in fields(Receipt)), row, strict=True))
    output, reason = values["output"], values["reason"]
    if not (output is None or is_output_name(output)) or not _has_types(values):
        return None
    try:
        values["state"] = State(str(values["state"]))
        values["reason"] = None if reason is None else Reason(str(reason))
    except ValueError:
        return None
    return Receipt(**values)  # type: ignore[arg-type]


def _has_types(values: Mapping[str, object]) -> bool:
    """Whether texts are texts, and numbers numbers; what may be missing may be None."""
    texts = (values[name] for name in ("name", "study", "digest", "sender"))
    others = (values[name] for name in ("sop_class", "uid", "error", "request"))
    return (
        all(isinstance(text, str) for text in texts)
        and all(text is None or isinstance(text, str) for text in others)
        and all(isinstance(values[name], int | float) for name in ("received", "due"))
        and isinstance(values["attempts"], int)
    )
