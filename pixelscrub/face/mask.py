"""The face of one volume as a mask in the volume's own grid, with signals of how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import SimpleITK as sitk

from pixelscrub.face import skin
from pixelscrub.face.fit import Body, Pose, fit
from pixelscrub.face.grid import Grid, corners, sample
from pixelscrub.face.region import Region, face_region
from pixelscrub.plan import FaceStatus

COARSE: Final = 4.0
FINE: Final = 2.0
"""Steps of the grids on which the head is found and the face is drawn, mm."""
AROUND: Final = np.array([110.0, 160.0, 185.0])
"""Half size of the box around a head, mm."""
SMALLEST: Final = 30.0
"""A volume thinner than this holds no head that could be told, mm."""
GOOD_FIT: Final = 125.0
NO_FIT: Final = 170.0
"""Mean square distances (mm²) up to which a fit is trusted, and beyond which there is no head."""
IN_VIEW: Final = 0.03
HALF: Final = 0.5
REMOVED: Final = 0.9


@dataclass(slots=True)
class FaceMask:
    """Where a face is in a volume.

    Attributes:
        mask: uint8, 1 where the face is to go, in the volume's own grid.
        status: `removed` where the mask takes the face out, `none` where there is none,
            `partial` where part of it may remain.
        checks: `fit` (mean square distance to the average head, mm²), `surface_removed` and
            `face_in_view` (shares), `face_ml`.
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


def face_mask(image: sitk.Image, modality: str, *, ears: bool = False) -> FaceMask:
    """Find the face in a volume.

    Args:
        image: scalar volume in real units (Hounsfield units for CT), geometry in LPS mm.
        modality: DICOM's Modality: `CT`, `MR`, `PT`...
        ears: take the ears too.
    """
    face = find_face(image, modality, ears=ears)
    mask = sitk.Image(image.GetSize(), sitk.sitkUInt8)
    mask.CopyInformation(image)
    if face.share is not None:
        shares = sitk.Resample(face.share, image, sitk.Transform(), sitk.sitkLinear, 0.0)
        mask = sitk.Cast(shares >= HALF, sitk.sitkUInt8)
    return FaceMask(mask, face.status, face.checks, face.reasons)


def find_face(image: sitk.Image, modality: str, *, ears: bool = False) -> Face:
    """Find the face in a volume, in patient coordinates; arguments as for `face_mask`."""
    ends = corners(image)
    low, high = ends.min(0), ends.max(0)
    if (high - low).min() < SMALLEST:
        return Face(reasons=["too_thin"])
    grid = sample(image, COARSE, low, high)
    limit = skin.threshold(grid, modality)
    coarse = skin.body(grid, limit)
    found = fit(Body.of(grid, coarse, skin.signed_distance(coarse, COARSE)))
    if found is None or found[1] > NO_FIT:
        return Face(reasons=["no_head"])
    pose, cost = found
    near = sample(image, FINE, np.maximum(low, pose.shift - AROUND), pose.shift + AROUND)
    region = face_region(near, skin.body(near, limit), pose, modality, ears)
    return _judge(region, _as_image(near, region), cost, pose)


def _judge(region: Region, share: sitk.Image, cost: float, pose: Pose) -> Face:
    checks = {"fit": round(cost, 1), **region.checks}
    checks |= {"tilt": round(float(np.degrees(np.abs(pose.angles).max())), 1)}
    if checks["face_in_view"] < IN_VIEW or checks["face_ml"] == 0:
        return Face(None, "none", checks, ["face_out_of_view"])
    reasons = []
    if cost > GOOD_FIT:
        reasons.append("uncertain_fit")
    if checks["surface_removed"] < REMOVED:
        reasons.append("face_left")
    return Face(share, "partial" if reasons else "removed", checks, reasons)


def _as_image(grid: Grid, region: Region) -> sitk.Image:
    share = sitk.GetImageFromArray(region.remove.transpose(2, 1, 0).astype(np.float32))
    share.SetOrigin(grid.origin.tolist())
    share.SetSpacing([grid.step] * 3)
    return share
