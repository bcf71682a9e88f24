"""What happened to one instance: from this the marks of conformance are derived."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """Steps that were carried out on this very instance.

    Attributes:
        text: burned-in text was looked for on every frame, and all that was found is masked.
        face: a face was taken out of this instance's pixels.
        document: the encapsulated document was redacted; it is written by whoever did so.
    """

    text: bool = False
    face: bool = False
    document: bool = False


@dataclass(slots=True)
class TagCounts:
    """Elements by what became of them, at every depth."""

    removed: int = 0
    emptied: int = 0
    replaced: int = 0
    kept: int = 0

    def add(self, other: TagCounts) -> None:
        """Count what `other` counted as well."""
        self.removed += other.removed
        self.emptied += other.emptied
        self.replaced += other.replaced
        self.kept += other.kept
