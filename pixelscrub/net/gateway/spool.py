"""The spool: what was received lies here, on the disk, before the sender is told so.

::

    PRIVATE/spool/incoming/          being received; worth nothing after a crash
    PRIVATE/spool/studies/<study>/   one file an instance, named by keyed pseudonyms
    PRIVATE/spool/conflicts/         other content under a UID that was here before: held
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pixelscrub.errors import HeldError, Reason, UsageError, guarded
from pixelscrub.intake.instance import Source
from pixelscrub.intake.read import read_instance
from pixelscrub.net.gateway.receipts import Receipt, Receipts, State
from pixelscrub.untrusted import OWNER_ONLY

if TYPE_CHECKING:
    from pixelscrub.intake.instance import Instance

CHUNK: Final = 2**20
SAFE_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,255}")
"""What a receipt may name: it is read from the disk, and becomes a path."""

Namer = Callable[[str, str], str]
"""Gives a keyed pseudonym of a UID for a purpose: hexadecimal digits, fit for a file name."""


class Spool:
    """The spool of one private folder; used from several threads of the process that locked it."""

    def __init__(self, path: Path, receipts: Receipts, namer: Namer) -> None:
        """Make the folders below `path`, and take over what a crash left without a receipt.

        Raises:
            UsageError: they cannot be made.
        """
        self._path, self.incoming = path, path / "incoming"
        self._studies, self._conflicts = path / "studies", path / "conflicts"
        self._receipts, self._namer, self._taking = receipts, namer, threading.Lock()
        self._opened, self._heard = time.monotonic(), dict[str, float]()
        try:
            for folder in (path, self.incoming, self._studies, self._conflicts):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise UsageError(f"spool cannot be used ({type(error).__name__})") from None
        self.empty_incoming()
        self._adopt()

    def take(self, file: Path, sender: str, uid: str | None = None) -> Receipt:
        """Take over one received file, which is moved from where it lies.

        Args:
            file: in the file format of PS3.10, on the same file system as the spool.
            sender: where it came from.
            uid: SOP Instance UID that the sender announced; None where it announced none.

        Returns:
            Its receipt, which is on the disk as is the file. A file that is here already, with
            the same content, gives the receipt that it has; one with other content is held.

        Raises:
            HeldError: DAMAGED_FILE, MISSING_UID or another reason of intake; nothing was taken.
            OSError: the disk is full or broken; nothing was taken.
        """
        _sync(file)
        with self._taking:  # also because warnings are caught in one thread at a time only
            instance = read_instance(source(file))
            if uid is not None and uid.strip(" \0") != instance.uid.strip(" \0"):
                raise HeldError(Reason.DAMAGED_FILE, "UIDs of request and data set differ")
            return self._place(file, instance, _digest(file, instance), sender)

    def source(self, receipt: Receipt) -> Source | None:
        """Where an instance lies, for intake; None where it is gone."""
        try:
            return source(self._file(receipt), self._path)
        except OSError:
            return None

    def quiet_for(self, study: str) -> float:
        """Seconds since anything of a study came, or since the start.

        By a clock that no change of the time of day moves: a study that is taken for complete too
        early is scrubbed without what tells of it.
        """
        return time.monotonic() - self._heard.get(study, self._opened)

    def begin(self, study: str, quiet: float) -> bool:
        """Whether a study is complete, since nothing of it came for `quiet` seconds.

        What comes from now on counts anew.
        """
        with self._taking:
            is_complete = self.quiet_for(study) >= quiet
            if is_complete:
                self._heard.pop(study, None)
            return is_complete

    def new_file(self) -> Path:
        """A name for a file that is to be received, for `take`."""
        return self.incoming / f"{secrets.token_hex(12)}.dcm"

    def empty_incoming(self, age: float = 0.0) -> None:
        """Remove what was never received to its end, and not written to for `age` seconds."""
        before = time.time() - age
        for file in self.incoming.glob("*.dcm"):
            with suppress(FileNotFoundError):
                if not age or file.stat().st_mtime <= before:
                    file.unlink()

    def _place(self, file: Path, instance: Instance, digest: str, sender: str) -> Receipt:
        name, study = self._namer("instance", instance.uid), self._namer("study", instance.study)
        receipt = Receipt(name, study, digest, sender, time.time())
        self._heard[study] = time.monotonic()
        known = self._receipts.get(name)
        if known is not None and known.digest != digest:
            reason = Reason.CONFLICTING_INSTANCES
            receipt = replace(receipt, name=f"{name}-{digest}", state=State.HELD, reason=reason)
            known = self._receipts.get(receipt.name)
        target = self._file(receipt)
        if known is None:
            _move(file, target)
            self._receipts.put(receipt)
        elif file != target:
            file.unlink()
        return known or receipt

    def _file(self, receipt: Receipt) -> Path:
        if not (SAFE_NAME.fullmatch(receipt.name) and SAFE_NAME.fullmatch(receipt.study)):
            raise OSError("no name of the spool")
        is_conflict = receipt.reason is Reason.CONFLICTING_INSTANCES
        folder = self._conflicts if is_conflict else self._studies / receipt.study
        return folder / f"{receipt.name}.dcm"

    def _adopt(self) -> None:
        """Give receipts to files that a crash left between their move and their receipt."""
        for file in (*self._studies.glob("*/*.dcm"), *self._conflicts.glob("*.dcm")):
            if self._receipts.get(file.stem) is None:
                with suppress(HeldError):  # stays where it is; a run over its study tells why
                    self.take(file, sender="")


def source(file: Path, root: Path | None = None) -> Source:
    """One file, found in `root` (by default its folder), as intake knows it.

    Raises:
        OSError: it is not there.
    """
    status, root = file.stat(), root or file.parent
    return Source(root, file.relative_to(root).as_posix(), status.st_size, status.st_mtime_ns)


def _digest(file: Path, instance: Instance) -> str:
    """Of transfer syntax and data set; meta information differs from one sending to the next."""
    from pynetdicom.dsutils import split_dataset

    digest = hashlib.blake2b(instance.transfer_syntax.encode(), digest_size=16)
    with guarded(Reason.DAMAGED_FILE):
        _, offset = split_dataset(file)
    with file.open("rb") as opened:
        opened.seek(offset)
        while block := opened.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


def _move(file: Path, target: Path) -> None:
    """Move durably: the names are on the disk too."""
    if not target.parent.exists():
        target.parent.mkdir(mode=0o700)
        _sync(target.parent.parent)
    file.chmod(OWNER_ONLY)
    file.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    """Put a folder's names on the disk; a network file system that syncs no folders does so itself.

    Raises:
        OSError: the disk failed.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)
