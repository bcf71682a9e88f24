"""The face of one volume as a mask in the volume's own grid, with signals of how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813
from scipy.spatial.transform import Rotation

from pixelscrub.face import skin
from pixelscrub.face.fit import GOOD_FIT, Body, Fit, Pose, fit, judge
from pixelscrub.face.grid import Grid, Placed
from pixelscrub.face.region import Region, face_region
from pixelscrub.plan import FaceStatus

Floats = npt.NDArray[np.floating]

COARSE: Final = 4.0
FINE: Final = 2.0
"""Steps of the grids on which the head is found and the face is drawn, mm."""
FRONT: Final = np.array([-95.0, -165.0, -180.0]), np.array([95.0, 60.0, 90.0])
"""Corners of the box around a head's middle in which the face is drawn, mm."""
FACE: Final = np.array([-66.0, -125.0, -152.0]), np.array([66.0, -38.0, 12.0])
"""Corners of the face in the template frame, mm."""
SMALLEST: Final = 30.0
"""A volume thinner than this holds no head that could be told, mm."""
NO_FIT: Final = 190.0
"""Mean square distance (mm²) beyond which there is no head."""
AIR_ASTRAY: Final = 4.0
"""Air that lies deeper in the average brain (mm) tells of a head that is fitted askew."""
IN_VIEW: Final = 0.03
ENOUGH: Final = 0.3
"""Share of the average face in view below which the fit has too little to hold on to: heads that
are cut off at the nose show more, and come out right; heads cut off at the eyes do not."""
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
        checks: `fit` (mean square distance to the average head, mm²), `air_astray` (how deep in
            the average brain air lies in CT, mm) and those of `region.Region`.
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
    found = _fit(Body.of(grid, coarse, modality), known)
    if found is None or found.distance > NO_FIT:
        return "no_head"
    near = placed.sample(FINE, *front(found.pose))
    region = face_region(near, skin.body(near, limit, modality), found.pose, modality, ears)
    return _judge(region, near, found)


def front(pose: Pose) -> tuple[Floats, Floats]:
    """Corners of a box along the patient's axes around a head's face and what lies behind it."""
    turn = Rotation.from_euler("xyz", pose.turn).as_matrix()
    around = pose.shift + np.array(list(product(*zip(*FRONT, strict=True)))) @ turn.T
    face = pose.to_patient(np.array(list(product(*zip(*FACE, strict=True)))))
    both = np.concatenate([around, face])
    return both.min(0), both.max(0)


def _fit(body: Body, known: Pose | None) -> Fit | None:
    if known is not None:
        again = judge(known, body)
        if again.distance < GOOD_FIT and again.air < AIR_ASTRAY:
            return again
    return fit(body)


def _judge(region: Region, grid: Grid, fitted: Fit) -> Found | str:
    checks = {"fit": round(fitted.distance, 1), "air_astray": round(fitted.air, 1)}
    checks |= region.checks
    if checks["face_in_view"] < IN_VIEW or checks["face_ml"] == 0:
        return OUT_OF_VIEW
    reasons = []
    if fitted.distance > GOOD_FIT or fitted.air > AIR_ASTRAY:
        reasons.append("uncertain_fit")
    if checks["face_in_view"] < ENOUGH:
        reasons.append("little_in_view")
    if checks["surface_removed"] < REMOVED or checks["surface_moved"] < MOVED:
        reasons.append("face_left")
    if checks["left_right"] < ALIKE:
        reasons.append("sides_differ")
    status: FaceStatus = "partial" if reasons else "removed"
    return Found(_image(grid, region), fitted.pose, status, checks, reasons)


def _image(grid: Grid, region: Region) -> sitk.Image:
    image = sitk.GetImageFromArray(region.remove.transpose(2, 1, 0).astype(np.float32))
    image.SetOrigin(grid.origin.tolist())
    image.SetSpacing([grid.step] * 3)
    return image
