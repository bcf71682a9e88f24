"""What a finder of objects returns, and where an image says that it shows a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from pixelscrub.findings import Box, Finding, ObjectFacts

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pydicom.dataset import Dataset

    from pixelscrub.pixels.image import Image

DEVICES: Final = ("UDISequence", "DeviceSequence", "UniqueDeviceIdentifier", "ImplantPartNumber")
"""Attributes that name a device in or on the patient (PS3.3 C.7.6.12, C.12.1, C.29.1)."""


@dataclass(frozen=True, slots=True)
class SeenObject:
    """One object in one instance.

    Attributes:
        about: kind, place, size and notes.
        box: in stored pixels, end exclusive; None where it is the whole frame.
        score: how sure the finder is, 0 to 1.
        frames: first and last frame from 0, both included; None means every frame.
    """

    about: ObjectFacts
    box: Box | None
    score: float
    frames: tuple[int, int] | None = None

    def finding(self, source: str, remove: Collection[str], is_named: bool) -> Finding:
        """The object as a finding.

        Args:
            source: name of the finder.
            remove: kinds that are to be masked; others are reported.
            is_named: whether the header names a device.
        """
        about = self.about
        if is_named:
            about = about.model_copy(update={"notes": (*about.notes, "named_in_header")})
        is_masked = about.kind in remove and self.box is not None
        return Finding(
            kind="object",
            frames=self.frames,
            box=self.box,
            score=round(min(max(self.score, 0.0), 1.0), 3),
            action="mask" if is_masked else "report",
            source=source,
            about=about,
        )


class Finder(Protocol):
    """A finder that looks at one instance; a module of this room is one."""

    def is_for(self, image: Image) -> bool:
        """Whether the pixels are such as this finder understands."""

    def find(self, image: Image, texts: Sequence[Finding]) -> list[SeenObject]:
        """The objects; `texts` are the findings of burned-in text, which are none."""


def names_device(header: Dataset) -> bool:
    """Whether the header names a device in or on the patient."""
    return any(header.get(keyword) for keyword in DEVICES)
