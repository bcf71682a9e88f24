"""The plan of one study: data that a person can read, change and have applied.

`plan.json` lies in the private folder beside the face masks (NIfTI). It names sources and UIDs
of the originals and so never leaves that folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import from_json

from pixelscrub.errors import HeldError, Reason
from pixelscrub.findings import Box, Finding
from pixelscrub.intake.instance import Source
from pixelscrub.plan_checks import is_known_instance, is_sound_face, is_sound_instance
from pixelscrub.recipe import FaceFill, Recipe
from pixelscrub.untrusted import make_file, read_bounded

MAX_PLAN_BYTES: Final = 256 * 2**20
"""A study of 100,000 instances has a plan of about 60 MB."""
BAD_RECORD: Final = "this part of the plan cannot be carried out"
VERSION: Final = 2
"""Of the format. Version 1 had the fields of `Source` beside the others of an instance."""
IDENTITY: Final = ("uid", "series", "source")
"""What says which file an instance is."""
FIELDS_OF_VERSION_1: Final = ("root", "archive", "size", "modified", "digest")
"""What says where a file lies and what it held, beside its path `source`, in version 1."""
FaceStatus = Literal["removed", "none", "partial"]
FileKind = Literal["dicom", "png", "jpeg", "tiff", "nifti"]
"""What a file is, as `formats.kinds.FileFormat` has it."""
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
        source: the file, and its size, time and digest when it was looked at.
        output: the name it gets in the output folder.
        sop_class, transfer_syntax: UIDs; empty where the file is no DICOM.
        format: what the file is.
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
    source: Source
    output: str
    sop_class: str = ""
    transfer_syntax: str = ""
    format: FileKind = "dicom"
    made_uids: list[str] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)
    crop: Box | None = None
    held: Reason | None = None
    detail: str = ""
    seconds: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _reads_version_1(cls, raw: Any) -> Any:
        return _with_source(raw)


class Plan(BaseModel):
    """All findings of one study and the recipe that judged them."""

    model_config = ConfigDict(extra="forbid")

    version: Literal[2] = VERSION
    study: str
    patient: str = ""
    recipe: Recipe
    instances: list[InstancePlan] = Field(default_factory=list)
    faces: list[FacePlan] = Field(default_factory=list)

    @field_validator("version", mode="before")
    @classmethod
    def _reads_version_1(cls, version: object) -> object:
        return VERSION if version == 1 else version

    def save(self, folder: Path) -> Path:
        """Write `plan.json` into `folder`, replacing an older one in one step."""
        path = folder / "plan.json"
        scratch = folder / "plan.json.new"
        with make_file(scratch) as file:
            file.write(self.model_dump_json(indent=1).encode())
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
        return path

    @classmethod
    def load(cls, folder: Path) -> Plan:
        """Read `plan.json` from `folder`.

        Raises:
            HeldError: PLAN_INVALID, where it is missing, damaged or of a version that is neither
                this nor 1, or any of it cannot be carried out.
        """
        plan = cls.load_each(folder)
        bad = sum(instance.detail == BAD_RECORD for instance in plan.instances)
        if bad:
            raise HeldError(Reason.PLAN_INVALID, f"{bad} instances cannot be carried out")
        return plan

    @classmethod
    def load_each(cls, folder: Path) -> Plan:
        """Read `plan.json`; what cannot be carried out of it is held, and the rest stays.

        An instance that is not valid, or that has the UID or the output of another one, is held
        as PLAN_INVALID. A face that is not valid holds the instances that it names, and all of
        them where it does not tell.

        Raises:
            HeldError: PLAN_INVALID, where none of it can be read.
        """
        raw = _read(folder)
        listed, faces = raw.pop("instances", []), raw.pop("faces", [])
        try:
            plan = cls.model_validate(raw)
        except ValidationError as error:
            raise _invalid(error) from None
        if not isinstance(listed, list) or not isinstance(faces, list):
            raise HeldError(Reason.PLAN_INVALID, "plan cannot be used (no list)")
        place = f"plans/{folder.name}/plan.json"
        each = (_instance(one, folder, f"{place}/{k}") for k, one in enumerate(listed, 1))
        plan.instances = list(_without_twins(each))
        for one in faces:
            _take_face(plan, one)
        return plan


def _read(folder: Path) -> dict[str, Any]:
    """What `plan.json` holds, which is a table."""
    if folder.is_symlink():
        raise HeldError(Reason.PLAN_INVALID, "plan cannot be used (a link)")
    try:
        raw = from_json(read_bounded(folder / "plan.json", MAX_PLAN_BYTES), allow_inf_nan=False)
    except (OSError, ValueError) as error:
        raise _invalid(error) from None
    if not isinstance(raw, dict):
        raise HeldError(Reason.PLAN_INVALID, "plan cannot be used (no table)")
    if raw.get("version", VERSION) not in (1, VERSION):
        raise HeldError(Reason.PLAN_INVALID, "plan is of another version of pixelscrub")
    return raw


def _with_source(raw: Any) -> Any:
    """An instance of version 1 with its source as version 2 has it; others as they are."""
    if not isinstance(raw, dict) or "root" not in raw:
        return raw
    source = {name: raw[name] for name in FIELDS_OF_VERSION_1 if name in raw}
    rest = {name: value for name, value in raw.items() if name not in source}
    return rest | {"source": source | {"path": raw.get("source")}}


def _invalid(error: Exception) -> HeldError:
    return HeldError(Reason.PLAN_INVALID, f"plan cannot be used ({type(error).__name__})")


def _instance(raw: object, folder: Path, place: str) -> InstancePlan:
    """One instance; held if it cannot be carried out, by the name of its file if that is known."""
    with suppress(ValidationError, ValueError, OverflowError):
        plan = InstancePlan.model_validate(raw)
        if is_sound_instance(plan):
            return plan
    unknown = InstancePlan(
        uid=place, series="", source=Source(folder.parents[1], place, 0, 0), output="",
        held=Reason.PLAN_INVALID, detail=BAD_RECORD,
    )  # fmt: skip
    if not isinstance(raw, dict):
        return unknown
    known = {name: value for name, value in _with_source(raw).items() if name in IDENTITY}
    with suppress(ValidationError, ValueError, OverflowError):
        told = InstancePlan.model_validate(unknown.model_dump() | known)
        return told if is_known_instance(told) else unknown
    return unknown


def _without_twins(instances: Iterable[InstancePlan]) -> Iterator[InstancePlan]:
    """The instances; a further one of the same UID or output is held: one would be lost."""
    uids: set[str] = set()
    outputs: set[str] = set()
    for instance in instances:
        is_twin = instance.uid in uids or instance.output in outputs
        if is_twin:
            instance.held, instance.detail = Reason.PLAN_INVALID, BAD_RECORD
        uids.add(instance.uid)
        outputs.update({instance.output} - {""})
        yield instance


def _take_face(plan: Plan, raw: object) -> None:
    with suppress(ValidationError, ValueError, OverflowError):
        face = FacePlan.model_validate(raw)
        if is_sound_face(face):
            plan.faces.append(face)
            return
    slices = raw.get("slices") if isinstance(raw, dict) else None
    told = {s[0] for s in slices if isinstance(s, list) and s and isinstance(s[0], str)} if (
        isinstance(slices, list)
    ) else set()  # fmt: skip
    uids = {instance.uid for instance in plan.instances}
    for instance in plan.instances:
        if instance.uid in told or not told or not told <= uids:
            instance.held, instance.detail = Reason.PLAN_INVALID, BAD_RECORD
