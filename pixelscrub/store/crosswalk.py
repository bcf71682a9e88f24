"""The way back from pseudonyms to originals: with the key, and the crosswalk that a run left.

A recipe writes a crosswalk where it says `crosswalk = true`.
"""

from __future__ import annotations

import csv
import io
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable
from contextlib import closing
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from pixelscrub.errors import UsageError
from pixelscrub.identity.pseudonyms import PROJECT, CrosswalkEntry, Pseudonyms, project_key
from pixelscrub.store.private import Private

KINDS = frozenset({"patient", "accession", "uid", "text", "shift"})


@dataclass(frozen=True, slots=True)
class CheckedEntry(CrosswalkEntry):
    """An entry of the crosswalk, and who made its pseudonym: `key`, or `look-up` for a site's own.

    No project is one of them.
    """

    made_by: str


def read_crosswalk(private: Path, key: Path | None = None) -> list[CheckedEntry]:
    """Every pair of the crosswalk in a private folder.

    Args:
        private: the folder.
        key: file with the secret key; by default the folder's own.

    Raises:
        UsageError: there is no crosswalk, the folder or key is open to others, or the key made
            none of the pseudonyms.
    """
    if not (private / "journal.sqlite").is_file():
        raise UsageError("that is no private folder of a run")
    folder = Private.open(private)
    secret = folder.key(key)
    rows = _rows(folder.journal)
    if not rows:
        raise UsageError("there is no crosswalk; a recipe with crosswalk = true writes one")
    keys = [secret, *(project_key(secret, name) for name in _projects(folder.journal))]
    pairs = [
        CheckedEntry(*row, "key" if any(_is_made_by(k, *row) for k in keys) else "look-up")
        for row in rows
    ]
    if all(pair.made_by != "key" for pair in pairs):
        raise UsageError("the key made none of these pseudonyms")
    return pairs


def _rows(journal: Path) -> list[tuple[str, str, str]]:
    return [row for row in _entries(journal) if row[0] in KINDS]


def _projects(journal: Path) -> list[str]:
    """Names of the projects that pseudonyms were made for."""
    return [original for kind, original, _ in _entries(journal) if kind == PROJECT]


def _entries(journal: Path) -> list[tuple[str, str, str]]:
    query = "SELECT kind, original, pseudonym FROM crosswalk ORDER BY kind, pseudonym, original"
    try:
        with closing(sqlite3.connect(f"{journal.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            opened.execute("PRAGMA trusted_schema = OFF")
            rows = opened.execute(query).fetchall()
            return [row for row in rows if all(isinstance(text, str) for text in row)]
    except sqlite3.Error as error:
        raise UsageError(f"journal cannot be used ({type(error).__name__})") from None


def _is_made_by(key: bytes, kind: str, original: str, pseudonym: str) -> bool:
    root = pseudonym.rpartition(".")[0] if kind == "uid" else ""
    made = Pseudonyms(key, root or "2.25")
    makers: dict[str, Callable[[str], str]] = {
        "patient": made.patient_id,
        "accession": made.accession,
        "uid": made.uid,
        "text": made.code,
        "shift": lambda patient: str(-made.shift_days(patient)),
    }
    return makers[kind](original) == pseudonym


def originals(pairs: Iterable[CheckedEntry], pseudonyms: Collection[str]) -> list[CheckedEntry]:
    """The pairs of the given pseudonyms; all where none is given.

    Raises:
        UsageError: the crosswalk does not have one of them.
    """
    found = [pair for pair in pairs if not pseudonyms or pair.pseudonym in pseudonyms]
    missing = len(set(pseudonyms) - {pair.pseudonym for pair in found})
    if missing:
        raise UsageError(f"the crosswalk does not have {missing} of these pseudonyms")
    return found


def to_csv(pairs: Iterable[CheckedEntry]) -> str:
    """The pairs as CSV; the first three columns are what a recipe's `lookup` takes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(CheckedEntry))
    writer.writerows(map(astuple, pairs))
    return text.getvalue()


def save(path: Path, text: str) -> None:
    """Write a new file that its owner alone can read.

    Raises:
        UsageError: it exists already, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"crosswalk cannot be written ({type(error).__name__})") from None
