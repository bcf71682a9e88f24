"""What the proof has searched before: its own store, which no step writes to or reads."""

from __future__ import annotations

from typing import Final


class KnownElements:
    """Elements that were searched and showed nothing: a series shares most of its header."""

    LONGEST: Final = 2**12
    """Bytes of an element that is kept; longer ones seldom come again."""
    LIMIT: Final = 2**22
    """Bytes of all that are kept; then all are forgotten."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self.size = 0

    def __contains__(self, element: bytes) -> bool:
        return element in self._known

    def add(self, element: bytes) -> None:
        """Keep an element."""
        if len(element) > self.LONGEST:
            return
        if self.size + len(element) > self.LIMIT:
            self._known.clear()
            self.size = 0
        self._known.add(element)
        self.size += len(element)
