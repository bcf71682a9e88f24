"""The private folder: everything that still identifies, readable by its owner alone.

::

    PRIVATE/key              the secret key, 0600
    PRIVATE/plans/<study>/   plan.json and face masks
    PRIVATE/report/          before and after
    PRIVATE/traces/          where in our own code errors were, without values
    PRIVATE/scratch/         written, not yet proved; emptied at the start and end of a run
    PRIVATE/audit.jsonl  summary.json  journal.sqlite
    PRIVATE/*.lock           held while a run or a gateway works here
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from pixelscrub.errors import UsageError
from pixelscrub.store.lock import locked
from pixelscrub.untrusted import make_file, open_regular

KEY_BYTES = 32
MAX_KEY = 65_536
"""Bytes of a file that may be a key."""


@dataclass(frozen=True, slots=True)
class Private:
    """A private folder that exists and that nobody else can read."""

    path: Path

    @classmethod
    def open(cls, path: Path) -> Private:
        """Make the folder with mode 0700, or take an existing one that is as closed.

        Raises:
            UsageError: it is open to others and not empty, or cannot be made.
        """
        path = path.absolute()  # workers have another working directory
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not any(path.iterdir()):
                path.chmod(0o700)
            is_open = bool(path.stat().st_mode & 0o077)
        except OSError as error:
            raise UsageError(f"private folder cannot be used ({type(error).__name__})") from None
        if is_open:
            raise UsageError("private folder is open to others; close it with chmod 700")
        for name in ("plans", "report", "report/pictures", "scratch", "traces"):
            _make_folder(path / name)
        return cls(path)

    @property
    def audit(self) -> Path:
        """One line of JSON for each input file."""
        return self.path / "audit.jsonl"

    @property
    def summary(self) -> Path:
        """Counts of the last run."""
        return self.path / "summary.json"

    @property
    def recipe(self) -> Path:
        """The recipe of the last run, with every setting."""
        return self.path / "recipe.json"

    @property
    def journal(self) -> Path:
        """SQLite: what is done, and the crosswalk."""
        return self.path / "journal.sqlite"

    @property
    def index(self) -> Path:
        """SQLite: what intake found in this run."""
        return self.path / "scratch" / "index.sqlite"

    @property
    def report(self) -> Path:
        """Before and after, as a page."""
        return self.path / "report"

    def plan(self, study: str) -> Path:
        """The folder of one study's plan, made if it is missing; `study` is a pseudonym."""
        folder = self.path / "plans" / study
        _make_folder(folder)
        return folder

    def keep_trace(self, name: str, trace: str) -> None:
        """Write down where in our code an error was; the same error is written once."""
        path = self.path / "traces" / f"{name}.txt"
        if not path.exists():
            with suppress(OSError), make_file(path) as file:  # the error itself is told in any case
                file.write(trace.encode())

    def scratch(self) -> Path:
        """A new file name for bytes that are not proved yet."""
        return self.path / "scratch" / secrets.token_hex(12)

    def locked(self, what: str = "run") -> AbstractContextManager[None]:
        """Keep other processes from doing the same in this folder: a run, or sending to one peer.

        Raises:
            UsageError: another process does.
        """
        return locked(self.path / f"{what}.lock", "private folder")

    def empty_scratch(self) -> None:
        """Remove what an interrupted run left unproved."""
        shutil.rmtree(self.path / "scratch", ignore_errors=True)
        _make_folder(self.path / "scratch")

    def key(self, file: Path | None = None) -> bytes:
        """The secret key: of `file` if one is named, else this folder's, made on first use.

        Raises:
            UsageError: the file is missing, open to others, or shorter than 16 bytes.
        """
        path = file or self.path / "key"
        if file is None and not path.exists():
            _write_new(path, secrets.token_hex(KEY_BYTES).encode())
        try:
            with open_regular(path.resolve(strict=True), MAX_KEY) as opened:
                mode, key = os.fstat(opened.fileno()).st_mode, opened.read(MAX_KEY).strip()
        except OSError as error:
            raise UsageError(f"key cannot be read ({type(error).__name__})") from None
        if mode & 0o077:
            raise UsageError("key is open to others; close it with chmod 600")
        if len(key) < 16:
            raise UsageError("key is shorter than 16 bytes")
        return key

    def known_key(self, file: Path | None = None) -> bytes:
        """The secret key of an earlier run, as `key` gives it; none is made.

        Raises:
            UsageError: as of `key`, or the folder has none of its own and no file is named.
        """
        if file is None and not (self.path / "key").exists():
            raise UsageError("the key is not in the private folder; name it with --key")
        return self.key(file)


def _make_folder(folder: Path) -> None:
    """Make a folder, or close the one that is there; a link would lead out of ours.

    Raises:
        UsageError: something else is there, or it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            os.fchmod(descriptor, 0o700)
        finally:
            os.close(descriptor)
    except OSError as error:
        detail = f"a folder in it is a link or cannot be made ({type(error).__name__})"
        raise UsageError(f"private folder cannot be used: {detail}") from None


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fsync(file.fileno())
