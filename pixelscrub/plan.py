"""The plan of one study: data that a person can read, change and have applied.

`plan.json` lies in the private folder beside the face masks (NIfTI). It names sources and UIDs
of the originals and so never leaves that folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixelscrub.errors import HeldError, Reason
from pixelscrub.findings import Box, Finding
from pixelscrub.recipe import FaceFill, Recipe

FaceStatus = Literal["removed", "none", "partial"]
Tile = tuple[int, int]
"""First row and column of a slice in its frame, where that is a mosaic."""


class FacePlan(BaseModel):
    """The face of one volume, and what takes its place.

    Attributes:
        series: Series Instance UID of the original.
        status: `removed` where the mask takes the face out, `none` where there is no face,
            `partial` where part of it may remain.
        mask: file name of the NIfTI mask beside the plan, in the volume's own grid, or None. What
            goes is 1, or 2 inside the average head: there `blur` and `generic` put no air.
        slices: SOP Instance UID and frame (from 0) of each slice along the mask's k axis.
        tiles: where each slice lies in its frame, where frames are mosaics.
        mosaic: rows and columns of those frames.
        style: what takes the face's place.
        fill: mean and standard deviation of the background, in the volume's real units
            (after slope and intercept).
        tissue: level of the average head's tissue, in the same units; it has the background's
            noise.
        checks: named figures that the status was judged by.
        reasons: codes that explain a status of `none` or `partial`.
    """

    model_config = ConfigDict(extra="forbid")

    series: str
    status: FaceStatus
    mask: str | None = None
    slices: list[tuple[str, int]] = Field(default_factory=list)
    tiles: list[Tile] = Field(default_factory=list)
    mosaic: tuple[int, int] | None = None
    style: FaceFill = "air"
    fill: tuple[float, float] = (0.0, 0.0)
    tissue: float = 0.0
    checks: dict[str, float] = Field(default_factory=dict)
    reasons: list[str] = Field(default_factory=list)


class InstancePlan(BaseModel):
    """What is to be done with one instance.

    Attributes:
        uid: SOP Instance UID of the original.
        series: Series Instance UID of the original.
        source: path relative to the input it was found in (members of an archive follow it).
        root: the input it was found in.
        archive: path of the archive that it is a member of, relative to `root`, or None.
        output: the name it gets in the output folder.
        size, modified, digest: bytes, nanoseconds and content of the file when it was looked at.
        sop_class, transfer_syntax: UIDs.
        made_uids: keywords of the UIDs that the original lacks, or shares with another file.
        findings: what was found.
        crop: the rectangle that stays, in stored pixels; None where nothing is cropped.
        held: reason code where the instance cannot be released.
        detail: a word on the reason, without values.
        seconds: time that each step of looking took.
    """

    model_config = ConfigDict(extra="forbid")

    uid: str
    series: str
    source: str
    root: str
    archive: str | None = None
    output: str
    size: int
    modified: int
    digest: str = ""
    sop_class: str = ""
    transfer_syntax: str = ""
    made_uids: list[str] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)
    crop: Box | None = None
    held: Reason | None = None
    detail: str = ""
    seconds: dict[str, float] = Field(default_factory=dict)


class Plan(BaseModel):
    """All findings of one study and the recipe that judged them."""

    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = 1
    study: str
    patient: str = ""
    recipe: Recipe
    instances: list[InstancePlan] = Field(default_factory=list)
    faces: list[FacePlan] = Field(default_factory=list)

    def save(self, folder: Path) -> Path:
        """Write `plan.json` into `folder`, replacing an older one in one step."""
        path = folder / "plan.json"
        scratch = folder / "plan.json.new"
        scratch.write_text(self.model_dump_json(indent=1), encoding="utf-8")
        scratch.replace(path)
        return path

    @classmethod
    def load(cls, folder: Path) -> Plan:
        """Read `plan.json` from `folder`.

        Raises:
            HeldError: PLAN_INVALID, where it is missing, damaged or of another version.
        """
        try:
            return cls.model_validate_json((folder / "plan.json").read_bytes())
        except (OSError, ValidationError) as error:
            detail = f"plan cannot be used ({type(error).__name__})"
            raise HeldError(Reason.PLAN_INVALID, detail) from None
