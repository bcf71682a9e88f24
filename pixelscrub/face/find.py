"""Look for faces in one study: find the head once a frame of reference, draw it in every series."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.face.fit import Pose
from pixelscrub.face.grid import Placed
from pixelscrub.face.mask import OUT_OF_VIEW, HeadFit, average, fit_head
from pixelscrub.face.outlines import outlines_skin
from pixelscrub.face.skin import CT_AIR, air_of
from pixelscrub.face.subject import is_projection, may_show_head, says_head, says_other
from pixelscrub.face.volumes import assemble, carry
from pixelscrub.intake.instance import Instance
from pixelscrub.intake.volumes import Slice, Volume, read_slices, volumes
from pixelscrub.plan import FacePlan
from pixelscrub.recipe import FaceFill, FaceSettings
from pixelscrub.untrusted import reserve

UPRIGHT: Final = 0.8
"""Slices whose normal leans farther than this cosine (37 degrees) from the body's long axis."""


@dataclass(slots=True)
class _Looking:
    """What is known so far about the faces of a study."""

    settings: FaceSettings
    folder: Path
    plans: list[FacePlan] = field(default_factory=list)
    held: dict[str, Reason] = field(default_factory=dict)
    heads: dict[str, HeadFit] = field(default_factory=dict)

    def hold(self, slices: list[Slice], reason: Reason) -> None:
        for one in slices:
            self.held[one.instance.uid] = reason

    def known(self, frame_of_reference: str) -> Pose | None:
        head = self.heads.get(frame_of_reference)
        return None if head is None else head.pose


def find_faces(
    instances: list[Instance], settings: FaceSettings, folder: Path
) -> tuple[list[FacePlan], dict[str, Reason]]:
    """Find the faces in a study's volumes, and write their masks into `folder`.

    Volumes of CT, MR and PET are looked at unless the header names a part of the body that has no
    face. Slices that make no volume are masked by a head that was found in their frame of
    reference; without one they are held where the header says head, or where they are not axial
    and no header says another part of the body; others have no face.

    Returns:
        a plan for each volume, and the SOP Instance UIDs to hold back, with the reason.
    """
    looking = _Looking(settings, folder)
    placed: list[Slice] = []
    unplaced: list[Instance] = []
    for instance in instances:
        try:
            if not may_show_head(instance):
                continue
            slices = read_slices(instance)
        except HeldError as error:
            looking.held[instance.uid] = error.reason
            continue
        if slices and not is_projection(instance):
            placed += slices
        else:
            unplaced.append(instance)
    whole, rest = volumes(placed)
    for volume in sorted(whole, key=_promise, reverse=True):
        _look_at(volume, looking)
    _look_at_rest(rest, looking)
    _look_at_unplaced(unplaced, looking)
    _look_at_outlines(instances, looking)
    return looking.plans, looking.held


def _promise(volume: Volume) -> float:
    """How likely a volume shows all of the head: its extent, as far as a head reaches."""
    heights = volume.heights
    first = volume.slices[0]
    sides = [n * s for n, s in zip(first.shape, first.spacing, strict=True)]
    return float(np.prod(np.minimum([*sides, heights[-1] - heights[0]], 260.0)))


def _look_at(volume: Volume, looking: _Looking) -> None:
    everything = [*volume.slices, *volume.repeats]
    if says_other(volume.slices[0].instance):
        looking.plans.append(_no_face(volume, "other_body_part"))
        return
    try:
        with guarded(Reason.FACE_FAILED):
            image = assemble(volume)
            known = looking.known(volume.frame_of_reference)
            found = fit_head(image, volume.modality, ears=looking.settings.ears, known=known)
            if isinstance(found, str):
                _look_at_faceless(volume, found, looking)
                return
            _keep(volume, found, image, looking)
    except HeldError as error:
        looking.hold(everything, error.reason)
        return
    if found.status == "partial" and looking.settings.partial == "hold":
        looking.hold(everything, Reason.FACE_PARTIAL)


def _look_at_faceless(volume: Volume, reason: str, looking: _Looking) -> None:
    """Slices in which no head fits: believed where the header does not say otherwise."""
    everything = [*volume.slices, *volume.repeats]
    head = looking.heads.get(volume.frame_of_reference)
    if reason != OUT_OF_VIEW and head is not None:
        looking.plans.append(_carried(everything, head, looking))
        return
    looking.plans.append(_no_face(volume, reason))
    if reason != OUT_OF_VIEW and says_head(volume.slices[0].instance):
        looking.hold(everything, Reason.FACE_PARTIAL)


def _no_face(volume: Volume, reason: str) -> FacePlan:
    return FacePlan(series=volume.series, status="none", slices=_slices(volume), reasons=[reason])


def _slices(volume: Volume) -> list[tuple[str, int]]:
    return [(s.instance.uid, s.frame) for s in volume.slices]


def _keep(volume: Volume, found: HeadFit, image: Placed, looking: _Looking) -> None:
    if found.status == "removed" and volume.frame_of_reference:
        looking.heads.setdefault(volume.frame_of_reference, found)
    air = air_of(image.image, volume.modality)
    stacks = [volume.slices, *([volume.repeats] if volume.repeats else [])]
    for slices in stacks:
        looking.plans.append(_plan(slices, found, looking.settings.fill, air, looking))


def _carried(slices: list[Slice], head: HeadFit, looking: _Looking) -> FacePlan:
    """By the head of another volume, whose levels these slices do not share: with air alone."""
    air = CT_AIR if slices[0].instance.modality == "CT" else (0.0, 0.0)
    style: FaceFill = "air" if looking.settings.fill == "generic" else looking.settings.fill
    return _plan(slices, head, style, air, looking)


def _plan(
    slices: list[Slice],
    found: HeadFit,
    style: FaceFill,
    air: tuple[float, float],
    looking: _Looking,
) -> FacePlan:
    name = f"face-{len(looking.plans) + 1}.nii.gz"
    mask = carry(found.region, slices)
    if style in {"blur", "generic"}:
        mask += mask * carry(average(found), slices)
    sitk.WriteImage(mask, str(reserve(looking.folder / name)), useCompression=True)
    return FacePlan(
        series=slices[0].instance.series,
        status=found.status,
        mask=name,
        slices=[(s.instance.uid, s.frame) for s in slices],
        tiles=[s.tile for s in slices if s.tile is not None],
        mosaic=slices[0].mosaic,
        style=style,
        fill=air,
        tissue=found.tissue,
        checks=found.checks,
        reasons=found.reasons,
    )


def _look_at_rest(rest: list[Slice], looking: _Looking) -> None:
    """Localisers and single slices; of silent ones only those across the body show no profile."""
    for one in rest:
        head = looking.heads.get(one.instance.frame_of_reference)
        if head is not None:
            looking.plans.append(_carried([one], head, looking))
        elif says_head(one.instance) or (_along_body(one) and not says_other(one.instance)):
            looking.hold([one], Reason.FACE_GEOMETRY)


def _along_body(one: Slice) -> bool:
    """Whether a slice is sagittal or coronal rather than axial, and so may show a profile."""
    return bool(abs(one.normal[2]) < UPRIGHT)


def _look_at_unplaced(unplaced: list[Instance], looking: _Looking) -> None:
    """Renderings, projections, captures of the screen; mosaics without their private header."""
    for instance in unplaced:
        if looking.heads or says_head(instance):
            looking.held[instance.uid] = Reason.FACE_IN_DERIVED


def _look_at_outlines(instances: list[Instance], looking: _Looking) -> None:
    """Structure sets and segmentations, from which a skin could be drawn once more."""
    has_head = bool(looking.heads or looking.held)
    for instance in instances:
        try:
            if outlines_skin(instance) and (has_head or says_head(instance)):
                looking.held[instance.uid] = Reason.FACE_IN_DERIVED
        except HeldError as error:
            looking.held[instance.uid] = error.reason
