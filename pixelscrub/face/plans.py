"""What was found in a study's volumes, as plans beside which masks lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import Reason
from pixelscrub.face.head.fit import Pose
from pixelscrub.face.mask import HeadFit, average
from pixelscrub.face.subject import kind_of
from pixelscrub.face.voxels.skin import CT_AIR
from pixelscrub.face.voxels.volumes import carry
from pixelscrub.intake.instance import Instance
from pixelscrub.intake.volumes import Slice, Volume
from pixelscrub.plan import FacePlan
from pixelscrub.recipe import FaceFill, FaceSettings
from pixelscrub.untrusted import reserve


class FaceSeen(Protocol):
    """What an independent check says of a volume."""

    @property
    def is_face(self) -> bool:
        """Whether a face is there."""

    @property
    def score(self) -> float:
        """How much like a face the likest part is, 0 to 1."""


class FaceCheck(Protocol):
    """A check for faces that shares nothing with the fit of the average head."""

    def __call__(
        self,
        volume: npt.NDArray[Any],
        spacing: tuple[float, float, float] | None,
        ignored: npt.NDArray[Any] | None = None,
    ) -> FaceSeen:
        """Look for a face.

        Args:
            volume: (slices, rows, columns), any unit.
            spacing: mm along each axis; None where it is not known.
            ignored: bool, same shape: what is to be taken for air.
        """


class FoundFaces(NamedTuple):
    """What was found in a study.

    Attributes:
        plans: one for each volume.
        held: SOP Instance UIDs to hold back, with the reason.
        loose: images that are in no volume, and of which no known head has told what is to go.
    """

    plans: list[FacePlan]
    held: dict[str, Reason]
    loose: list[Instance]


@dataclass(slots=True)
class Findings:
    """What is known so far about the faces of a study.

    Attributes:
        settings: of the recipe.
        folder: where masks go.
        check: tells whether a face is there; None where nothing does.
        plans, held, loose: as in `FoundFaces`; `loose` by SOP Instance UID.
        heads: by Frame of Reference UID.
    """

    settings: FaceSettings
    folder: Path
    check: FaceCheck | None = None
    plans: list[FacePlan] = field(default_factory=list)
    held: dict[str, Reason] = field(default_factory=dict)
    loose: dict[str, Instance] = field(default_factory=dict)
    heads: dict[str, HeadFit] = field(default_factory=dict)

    def hold(self, slices: Sequence[Slice], reason: Reason) -> None:
        """Hold back what these slices are in."""
        for one in slices:
            self.held[one.instance.uid] = reason

    def leave(self, slices: Sequence[Slice]) -> None:
        """Slices that are no volume: each is a picture of its own."""
        for one in slices:
            self.loose.setdefault(one.instance.uid, one.instance)

    def known(self, frame_of_reference: str) -> Pose | None:
        """Where the head lies in a frame of reference, if that is known."""
        head = self.heads.get(frame_of_reference)
        return None if head is None else head.pose

    def add_none(self, volume: Volume, reasons: list[str], checks: dict[str, float]) -> None:
        """A volume without a face."""
        everything = [*volume.slices, *volume.repeats]
        plan = FacePlan(
            series=volume.series,
            status="none",
            slices=[(s.instance.uid, s.frame) for s in everything],
            reasons=reasons,
            checks=checks,
        )
        self.plans.append(plan)

    def add_head(self, volume: Volume, head: HeadFit) -> None:
        """A volume with a head of its own."""
        self._add(volume.slices, head, self.settings.fill, head.reading.air)

    def add_carried(self, slices: list[Slice], head: HeadFit) -> None:
        """By the head of another volume, whose levels these do not share: with air alone."""
        air = CT_AIR if kind_of(slices[0].instance) == "CT" else (0.0, 0.0)
        style: FaceFill = "air" if self.settings.fill == "generic" else self.settings.fill
        self._add(slices, head, style, air)

    def _add(
        self, slices: list[Slice], head: HeadFit, style: FaceFill, air: tuple[float, float]
    ) -> None:
        name = f"face-{len(self.plans) + 1}.nii.gz"
        mask = carry(head.region, slices)
        if style in {"blur", "generic"}:
            mask += mask * carry(average(head), slices)
        sitk.WriteImage(mask, str(reserve(self.folder / name)), useCompression=True)
        plan = FacePlan(
            series=slices[0].instance.series,
            status=head.status,
            mask=name,
            slices=[(s.instance.uid, s.frame) for s in slices],
            tiles=[s.tile for s in slices if s.tile is not None],
            mosaic=slices[0].mosaic,
            style=style,
            fill=air,
            tissue=head.tissue,
            checks=head.checks,
            reasons=head.reasons,
        )
        self.plans.append(plan)
