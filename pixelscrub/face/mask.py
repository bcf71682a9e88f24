"""The face of one volume as a mask in the volume's own grid, with signals of how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import SimpleITK as sitk  # noqa: N813

from pixelscrub.face import skin
from pixelscrub.face.fit import Body, Pose, cost_of, fit
from pixelscrub.face.grid import Grid, Placed
from pixelscrub.face.region import Region, face_region
from pixelscrub.plan import FaceStatus

COARSE: Final = 4.0
FINE: Final = 2.0
"""Steps of the grids on which the head is found and the face is drawn, mm."""
FRONT: Final = np.array([-95.0, -165.0, -180.0]), np.array([95.0, 60.0, 90.0])
"""Corners of the box around a head's middle in which the face is drawn, mm."""
SMALLEST: Final = 30.0
"""A volume thinner than this holds no head that could be told, mm."""
GOOD_FIT: Final = 125.0
NO_FIT: Final = 190.0
"""Mean square distances (mm²) up to which a fit is trusted, and beyond which there is no head."""
IN_VIEW: Final = 0.03
ENOUGH: Final = 0.35
"""Share of the average face in view below which the fit has too little to hold on to."""
HALF: Final = 0.5
OUT_OF_VIEW: Final = "face_out_of_view"
"""Reason of a head whose face lies outside the field of view."""
REMOVED: Final = 0.9
MOVED: Final = 0.8
"""Shares of the facial skin that must go, and of its surface that must move by 5 mm."""
ALIKE: Final = 0.8
"""What has moved of one half of the face over that of the other; less is no face's doing."""


@dataclass(slots=True)
class FaceMask:
    """Where a face is in a volume.

    Attributes:
        mask: uint8, 1 where the face is to go, in the volume's own grid.
        status: `removed` where the mask takes the face out, `none` where there is none,
            `partial` where part of it may remain.
        checks: `fit` (mean square distance to the average head, mm²) and those of
            `region.Region`.
        reasons: codes that explain `none` and `partial`.
    """

    mask: sitk.Image
    status: FaceStatus = "none"
    checks: dict[str, float] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Face:
    """Where a face is in the patient.

    Attributes:
        share: float32, 1 where the face is to go, on a grid along the patient's axes; None
            where there is no face.
        status, checks, reasons: as in `FaceMask`.
    """

    share: sitk.Image | None = None
    status: FaceStatus = "none"
    checks: dict[str, float] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """A head in a volume: the region in patient coordinates and what is known about it."""

    region: sitk.Image
    pose: Pose
    status: FaceStatus
    checks: dict[str, float]
    reasons: list[str]


def face_mask(image: sitk.Image, modality: str, *, ears: bool = False) -> FaceMask:
    """Find the face in a volume.

    Args:
        image: scalar volume in real units (Hounsfield units for CT), geometry in LPS mm.
        modality: DICOM's Modality: `CT`, `MR`, `PT`...
        ears: take the ears too.
    """
    found = locate(Placed(image, sitk.Transform()), modality, ears=ears)
    if isinstance(found, str):
        empty = sitk.Image(image.GetSize(), sitk.sitkUInt8)
        empty.CopyInformation(image)
        return FaceMask(empty, reasons=[found])
    carried = sitk.Resample(found.region, image, sitk.Transform(), sitk.sitkLinear, 0.0)
    mask = sitk.Cast(carried >= 0.5, sitk.sitkUInt8)
    return FaceMask(mask, found.status, found.checks, found.reasons)


def locate(
    placed: Placed, modality: str, *, ears: bool = False, known: Pose | None = None
) -> Found | str:
    """Find the face in a placed volume, or say why there is none.

    Args:
        placed: the volume.
        modality: DICOM's Modality.
        ears: take the ears too.
        known: where the head lies by another volume of the frame of reference; taken where the
            skin of this one agrees.
    """
    ends = placed.corners()
    low, high = ends.min(0), ends.max(0)
    if (high - low).min() < SMALLEST:
        return "too_thin"
    grid = placed.sample(COARSE, low, high)
    limit = skin.threshold(grid, modality)
    coarse = skin.body(grid, limit, modality)
    found = _pose(Body.of(grid, coarse, skin.signed_distance(coarse, COARSE)), known)
    if found is None or found[1] > NO_FIT:
        return "no_head"
    pose, cost = found
    near = placed.sample(FINE, pose.shift + FRONT[0], pose.shift + FRONT[1])
    region = face_region(near, skin.body(near, limit, modality), pose, modality, ears)
    return _judge(region, near, cost, pose)


def _pose(body: Body, known: Pose | None) -> tuple[Pose, float] | None:
    if known is not None:
        agreement = cost_of(known, body)
        if agreement < GOOD_FIT:
            return known, agreement
    return fit(body)


def _judge(region: Region, grid: Grid, cost: float, pose: Pose) -> Found | str:
    checks = {"fit": round(cost, 1), **region.checks}
    if checks["face_in_view"] < IN_VIEW or checks["face_ml"] == 0:
        return OUT_OF_VIEW
    reasons = []
    if cost > GOOD_FIT:
        reasons.append("uncertain_fit")
    if checks["face_in_view"] < ENOUGH:
        reasons.append("little_in_view")
    if checks["surface_removed"] < REMOVED or checks["surface_moved"] < MOVED:
        reasons.append("face_left")
    if checks["left_right"] < ALIKE:
        reasons.append("sides_differ")
    status: FaceStatus = "partial" if reasons else "removed"
    return Found(_image(grid, region), pose, status, checks, reasons)


def _image(grid: Grid, region: Region) -> sitk.Image:
    image = sitk.GetImageFromArray(region.remove.transpose(2, 1, 0).astype(np.float32))
    image.SetOrigin(grid.origin.tolist())
    image.SetSpacing([grid.step] * 3)
    return image
