"""Are these the files that were judged? An output held against its statement."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixelscrub.errors import UsageError
from pixelscrub.statement.build import AUDIT, VERSION, digest_of
from pixelscrub.statement.signature import holds
from pixelscrub.statement.tree import file_names, hash_file, root_of


@dataclass
class FileCheck:
    """What differs between an output and its statement; names are of the output, so ours.

    Attributes:
        changed: files with another content.
        missing: files that are gone.
        added: files that the statement does not know.
        statement: what is wrong with the statement itself.
        signed_by: the public key, where a signature holds.
        checked: files whose content was compared.
    """

    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    statement: list[str] = field(default_factory=list)
    signed_by: str | None = None
    checked: int = 0

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not (self.changed or self.missing or self.added or self.statement)

    def render(self) -> str:
        """A line for each thing that differs."""
        lines = [f"{self.checked} files compared with the statement"]
        lines += [f"statement: {what}" for what in self.statement]
        for kind in ("changed", "missing", "added"):
            lines += [f"{kind}: {name.encode('unicode_escape').decode()}" for name in
                      getattr(self, kind)]  # fmt: skip
        if self.signed_by:
            lines.append(f"signed by {self.signed_by}")
        return "\n".join([*lines, "these are the files" if self.is_same else "they differ"])


def check_files(out: Path, statement: Path, private: Path | None = None) -> FileCheck:
    """Hold an output against its statement.

    Args:
        out: the output folder.
        statement: the statement's JSON.
        private: the private folder, whose audit is compared too where it is given.

    Raises:
        UsageError: the statement is none, or of a later version, or a folder is missing.
        MissingComponentError: it is signed, and `cryptography` is not installed.
    """
    said = read_statement(statement)
    if not out.is_dir():
        raise UsageError("the output folder does not exist")
    found = FileCheck()
    _check_statement(said, found)
    known = dict(said["files"])
    audit = known.pop(AUDIT, None)
    here = set(file_names(out))
    found.missing = sorted(known.keys() - here)
    found.added = sorted(here - known.keys())
    for name in sorted(here & known.keys()):
        found.checked += 1
        if not _is_as_said(out / name, known[name]):
            found.changed.append(name)
    if private is not None and audit is not None:
        found.checked += 1
        if not _is_as_said(private / "audit.jsonl", audit):
            found.changed.append("the audit in the private folder")
    return found


def read_statement(path: Path) -> dict[str, Any]:
    """A statement as it was written.

    Raises:
        UsageError: it cannot be read, is damaged beyond use, or is of a later version.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"statement cannot be read ({type(error).__name__})") from None
    if not isinstance(said, dict) or not isinstance(said.get("version"), int):
        raise UsageError("the file is no statement")
    if said["version"] > VERSION:
        raise UsageError("the statement is of a later version of pixelscrub")
    files = said.get("files")
    is_whole = isinstance(files, dict) and all(isinstance(each, str) for each in files.values())
    if not is_whole:
        raise UsageError("the statement names no files")
    return said


def _check_statement(said: dict[str, Any], found: FileCheck) -> None:
    if said.get("digest") != digest_of(said):
        found.statement.append("its content does not fit its digest")
    if said.get("merkle_root") != root_of(said["files"]):
        found.statement.append("its files do not fit its Merkle root")
    signature = said.get("signature")
    if signature is None:
        return
    digest = bytes.fromhex(digest_of(said))
    if isinstance(signature, dict) and holds(digest, signature):
        found.signed_by = str(signature["public_key"])
    else:
        found.statement.append("its signature does not hold")


def _is_as_said(path: Path, digest: str) -> bool:
    try:
        return not path.is_symlink() and hash_file(path) == digest
    except OSError:
        return False
