"""What workers are asked, and what they answer: plain data that travels between processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pixelscrub.errors import Reason
from pixelscrub.findings import Box, Finding
from pixelscrub.intake.instance import Instance, Source
from pixelscrub.plan import FacePlan, FaceStatus, InstancePlan, Tile
from pixelscrub.recipe import Recipe

if TYPE_CHECKING:
    from pixelscrub.identity.pseudonyms import CrosswalkEntry
    from pixelscrub.identity.terms import Terms
    from pixelscrub.study.context import StudyContext
    from pixelscrub.tags.deidentify import Cleaned
    from pixelscrub.text.frames.volume import Plane, Profile

STRUCTURE_SET: Final = "1.2.840.10008.5.1.4.1.1.481.3"
"""RT Structure Set Storage (PS3.4 B.5): shapes that are contours."""


@dataclass(frozen=True, slots=True)
class LookTask:
    """One instance to look at for burned-in text; `facts` is the file of its study's."""

    instance: Instance
    recipe: Recipe
    facts: Path

    @property
    def terms(self) -> Terms:
        """What identifies in the study."""
        return _facts(self.facts).terms

    @property
    def size(self) -> int:
        """Bytes of the input."""
        return self.instance.source.size


@dataclass(slots=True)
class Seen:
    """What looking at one instance gave; `profile` is of one slice, where it is grey."""

    findings: list[Finding] = field(default_factory=list)
    crop: Box | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    profile: Profile | None = None
    shows_metal: bool = False


@dataclass(frozen=True, slots=True)
class PlaneTask:
    """Slices of one size, and the planes across them that may hold text."""

    instances: list[Instance]
    planes: list[Plane]
    recipe: Recipe

    @property
    def size(self) -> int:
        """Bytes of all inputs."""
        return sum(instance.source.size for instance in self.instances)


@dataclass(frozen=True, slots=True)
class FaceTask:
    """The instances of one study, whose faces are looked for together."""

    instances: list[Instance]
    recipe: Recipe
    folder: Path

    @property
    def size(self) -> int:
        """Bytes of all inputs."""
        return sum(instance.source.size for instance in self.instances)


@dataclass(slots=True)
class SeenFaces:
    """What looking for the faces of one study gave.

    Attributes:
        plans: of volumes.
        held: reasons by SOP Instance UID.
        findings: faces in single pictures, by SOP Instance UID.
        seconds: that it took, by step.
    """

    plans: list[FacePlan] = field(default_factory=list)
    held: dict[str, Reason] = field(default_factory=dict)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObjectTask:
    """The instances of one study, in whose CT volumes metal is looked for.

    Attributes:
        instances: of the study.
        suspects: UIDs of those that show something brighter than bone.
        faces: of the study's volumes.
        recipe: what the user wants.
    """

    instances: list[Instance]
    suspects: frozenset[str]
    faces: list[FacePlan]
    recipe: Recipe

    @property
    def size(self) -> int:
        """Bytes of all inputs."""
        return sum(instance.source.size for instance in self.instances)


@dataclass(frozen=True, slots=True)
class SamePixelsTask:
    """Two files of one SOP Instance UID, whose bytes differ."""

    first: Instance
    second: Instance

    @property
    def size(self) -> int:
        """Bytes of both inputs."""
        return self.first.source.size + self.second.source.size


@dataclass(frozen=True, slots=True)
class ApplyTask:
    """One instance to change, write and prove; `facts` is the file of its study's."""

    plan: InstancePlan
    facts: Path
    folder: Path
    recipe: Recipe
    key: bytes
    scratch: Path
    pictures: Path
    patient: str = ""
    study: str = ""

    @property
    def terms(self) -> Terms:
        """What identifies in the study."""
        return _facts(self.facts).terms

    @property
    def faces(self) -> list[FacePlan]:
        """The volumes that hold the instance."""
        return _facts(self.facts).faces_of(self.plan.uid)

    @property
    def size(self) -> int:
        """Bytes of the input."""
        return self.plan.source.size


@dataclass(frozen=True, slots=True)
class HeadTask:
    """A volume with a face, to be drawn for the report before and, where written, after."""

    mask: Path
    before: list[tuple[Source, int, Tile | None]]
    after: list[tuple[Source, int, Tile | None]]
    pictures: Path
    name: str


@dataclass(slots=True)
class Applied:
    """A proved instance, waiting in the scratch folder to be committed.

    `content` is the SHA-256 of the file that was proved; `face` is status and checks of a volume
    that was looked at by itself.
    """

    transfer_syntax: str
    content: str = ""
    tags: dict[str, int] = field(default_factory=dict)
    crosswalk: list[CrosswalkEntry] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    spared: frozenset[str] = frozenset()
    face: tuple[FaceStatus, dict[str, float]] | None = None

    def note_tags(self, cleaned: Cleaned) -> None:
        """Take over what became of the header."""
        self.tags = {name: getattr(cleaned.counts, name) for name in cleaned.counts.__slots__}
        self.crosswalk, self.spared = cleaned.pseudonyms, cleaned.spared


def _facts(path: Path) -> StudyContext:
    from pixelscrub.study.context import read_context

    return read_context(path)
