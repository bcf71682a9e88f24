"""What the plan says is to go from the pixels of one instance; it needs no library to be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pixelscrub.findings import Finding
from pixelscrub.plan import FacePlan


@dataclass(frozen=True, slots=True)
class ExpectedRemovals:
    """What the plan says is to go from the pixels of one instance.

    Attributes:
        findings: of the instance; those to be masked count.
        faces: plans of the volumes that it is in.
        folder: where their masks lie.
        uid: SOP Instance UID of the original.
    """

    findings: Sequence[Finding] = ()
    faces: Sequence[FacePlan] = ()
    folder: Path = field(default_factory=Path)
    uid: str = ""

    def __bool__(self) -> bool:
        """Whether anything is to go."""
        return bool(self.faces) or any(found.action == "mask" for found in self.findings)
