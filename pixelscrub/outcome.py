"""What became of the instances of a run: the lines of the audit and their sum."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, computed_field, field_validator

from pixelscrub.errors import SKIPPED, Reason
from pixelscrub.findings import Action, Box, Finding, Kind, ObjectKind, ObjectNote, Where
from pixelscrub.plan import FaceStatus, FileKind
from pixelscrub.untrusted import is_output_name


class Outcome(StrEnum):
    """Whether an instance was released; there is nothing in between."""

    CLEAN = "clean"
    HELD = "held"


class TransferSyntax(BaseModel):
    """Transfer Syntax UIDs of the original and of what was written."""

    model_config = ConfigDict(populate_by_name=True)

    before: str | None = Field(default=None, alias="in")
    after: str | None = Field(default=None, alias="out")


class TextLine(BaseModel):
    """One finding in pixels, as the audit tells it."""

    frames: tuple[int, int] | None
    box: Box | None
    kind: Kind
    score: float
    action: Action


class ObjectLine(BaseModel):
    """One object, as the audit tells it."""

    kind: ObjectKind
    where: Where
    frames: tuple[int, int] | None
    box: Box | None
    score: float
    action: Action

    @classmethod
    def of(cls, found: Finding) -> Self:
        """The line of a finding of kind `object`."""
        assert found.about is not None  # noqa: S101
        return cls(
            kind=found.about.kind, where=found.about.where, frames=found.frames, box=found.box,
            score=found.score, action="mask" if found.action == "mask" else "report",
        )  # fmt: skip


class FaceLine(BaseModel):
    """What became of the face in the volume that the instance belongs to."""

    status: FaceStatus
    mask: str | None
    checks: dict[str, float]


class AuditLine(BaseModel):
    """One input file: what was found in it and what became of it."""

    source: str
    output: str | None = None
    outcome: Outcome
    reason: Reason | None = None
    detail: str | None = None
    sop_class: str | None = None
    format: FileKind = "dicom"
    made_uids: list[str] = Field(default_factory=list)
    transfer_syntax: TransferSyntax = TransferSyntax()
    text: list[TextLine] = Field(default_factory=list)
    objects: list[ObjectLine] = Field(default_factory=list)
    object_notes: list[ObjectNote] = Field(default_factory=list)
    crop: Box | None = None
    face: FaceLine | None = None
    tags: dict[str, int] = Field(
        default_factory=lambda: dict.fromkeys(("removed", "emptied", "replaced", "kept"), 0)
    )
    seconds: dict[str, float] = Field(default_factory=dict)
    pictures: list[str] = Field(default_factory=list)

    @field_validator("output")
    @classmethod
    def _stays_below(cls, output: str | None) -> str | None:
        """What is read back names a file of the output folder, and no other."""
        if output is not None and not is_output_name(output):
            raise ValueError("no name of an output")
        return output

    def to_json(self) -> str:
        """One line of JSON, with the names of the contract."""
        return self.model_dump_json(by_alias=True)


class Summary(BaseModel):
    """Counts of a run.

    Attributes:
        inputs: all files that were found: clean + held + skipped + undone.
        instances: DICOM instances among them; files that are held before they are known to be
            instances, as damaged ones are, are not counted here.
        clean, held: files by outcome; files that are no instances are in `skipped`.
        skipped: files that are no DICOM instances, by reason; `left` in JSON.
        undone: files that an interrupted run did not come to.
        reasons: held instances by reason.
        findings: findings by kind.
        versions: of pixelscrub and the libraries that matter.
        recipe: name of the recipe.
        seconds: duration of the run.
    """

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    instances: int = 0
    clean: int = 0
    held: int = 0
    skipped: dict[str, int] = Field(default_factory=dict, alias="left")
    undone: int = 0
    reasons: dict[str, int] = Field(default_factory=dict)
    findings: dict[str, int] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    recipe: str = ""
    seconds: float = 0.0
    interrupted: bool = False

    def add(self, line: AuditLine) -> None:
        """Count one line of the audit."""
        if line.reason in SKIPPED:
            _count(self.skipped, line.reason)
            return
        if line.outcome is Outcome.CLEAN:
            self.clean += 1
        else:
            self.held += 1
            _count(self.reasons, line.reason)
        for found in line.text:
            _count(self.findings, found.kind)
        for _ in line.objects:
            _count(self.findings, "object")
        if line.face is not None and line.face.status != "none":
            _count(self.findings, "face")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def inputs(self) -> int:
        """All files that were found, whatever became of them."""
        return self.clean + self.held + sum(self.skipped.values()) + self.undone

    def account(self) -> str:
        """The inputs and what they add up from, in one line."""
        parts = {
            "clean": self.clean,
            "held": self.held,
            "left alone": sum(self.skipped.values()),
            "not come to": self.undone,
        }
        shown = " + ".join(f"{count} {what}" for what, count in parts.items() if count)
        return f"files found: {self.inputs}" + (f" = {shown}" if shown else "")

    @property
    def exit_code(self) -> int:
        """0 all clean, 2 some held, 3 nothing could be used, 130 interrupted."""
        if self.interrupted:
            return 130
        if not self.instances:
            return 3
        return 2 if self.held else 0


def _count(counts: dict[str, int], key: Any) -> None:
    counts[str(key)] = counts.get(str(key), 0) + 1
