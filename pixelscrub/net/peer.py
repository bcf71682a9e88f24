"""What instances are sent on to: the same few questions for C-STORE and DICOMweb."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pixelscrub.intake.instance import Instance

Report = Callable[[str, frozenset[str], frozenset[str]], None]
"""Called with a Transaction UID and the instances that a peer has, and has not, committed to."""


class UnreachableError(Exception):
    """A peer cannot be asked now.

    Attributes:
        code: why, without any value.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class QueuedInstance:
    """One proved file to be sent.

    Attributes:
        name: name of its receipt.
        instance: what its header says.
    """

    name: str
    instance: Instance

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self.instance.source.root / self.instance.source.path


Result = tuple[QueuedInstance, str | None]
"""An item, and None where the peer has it, or the code of what went wrong."""


class Peer(Protocol):
    """Who takes instances; every method may raise `UnreachableError`."""

    def send(self, items: Sequence[QueuedInstance]) -> Iterator[Result]:
        """Send files as they lie, byte for byte; each comes back when the peer has answered."""
        ...

    def holds(self, items: Sequence[QueuedInstance]) -> set[str]:
        """The SOP Instance UIDs among these that the peer says it has; none where it won't say."""
        ...

    def ask_commitment(
        self, references: Iterable[tuple[str, str]], request: str, report: Report
    ) -> bool:
        """Ask for storage commitment; False where the peer does not offer it.

        Args:
            references: SOP class and SOP Instance UID of each.
            request: the Transaction UID that the report will carry.
            report: told, where the report comes on the very association that asked.
        """
        ...
