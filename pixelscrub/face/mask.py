"""The face of one volume as a mask in the volume's own grid, with signals of how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813
from scipy.spatial.transform import Rotation

from pixelscrub.face.head import template
from pixelscrub.face.head.eyes import PLAIN, globes
from pixelscrub.face.head.fit import (
    ANY_SIZE,
    BETTER,
    GOOD_FIT,
    SIZES,
    Body,
    Fit,
    Pose,
    fit,
    near,
    turned,
)
from pixelscrub.face.head.region import WHOLE, Region, Wishes, face_region, in_view
from pixelscrub.face.voxels import skin
from pixelscrub.face.voxels.grid import Grid, Placed
from pixelscrub.face.voxels.readings import (
    PLAIN_READING,
    ReadingSettings,
    VoxelReading,
    read_values,
)
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
NO_HEAD: Final = "no_head"
"""Reason of a volume in which no head fits."""
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
        mask: uint8, 1 where the face is to go, in the volume's own grid; 2, where asked for, if
            that lies inside the average head.
        tissue: level of what goes, in the volume's units.
        status: `removed` where the mask takes the face out, `none` where there is none,
            `partial` where part of it may remain.
        checks: `fit` (mean square distance to the average head, mm²), `air_astray` (how deep in
            the average brain air lies in CT, mm) and those of `region.Region`.
        reasons: codes that explain `none` and `partial`.
    """

    mask: sitk.Image
    tissue: float = 0.0
    status: FaceStatus = "none"
    checks: dict[str, float] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HeadFit:
    """A head in a volume.

    Attributes:
        region: float32, 1 where the face is to go, on a grid along the patient's axes.
        tissue: level of what goes, in the volume's units.
        pose: where the average head lies.
        status, checks, reasons: as in `FaceMask`.
        reading: how the values were read.
    """

    region: sitk.Image
    tissue: float
    pose: Pose
    status: FaceStatus
    checks: dict[str, float]
    reasons: list[str]
    reading: VoxelReading = PLAIN_READING


def face_mask(
    image: sitk.Image, modality: str, *, ears: bool = False, generic: bool = False
) -> FaceMask:
    """Find the face in a volume.

    Args:
        image: scalar volume in real units (Hounsfield units for CT), geometry in LPS mm.
        modality: DICOM's Modality: `CT`, `MR`, `PT`...
        ears: take the ears too.
        generic: tell the average head from the air around it.
    """
    found = fit_head(Placed(image, sitk.Transform()), modality, ears=ears)
    if isinstance(found, str):
        empty = sitk.Image(image.GetSize(), sitk.sitkUInt8)
        empty.CopyInformation(image)
        return FaceMask(empty, reasons=[found])
    placed = Placed(image, sitk.Transform())
    gone = (on_grid(placed, found.region) >= HALF).astype(np.uint8)
    if generic:
        gone += gone * (on_grid(placed, average(found)) >= HALF)
    mask = sitk.GetImageFromArray(gone)
    mask.CopyInformation(image)
    return FaceMask(mask, found.tissue, found.status, found.checks, found.reasons)


def on_grid(placed: Placed, share: sitk.Image) -> npt.NDArray[np.float32]:
    """A share in patient coordinates on a volume's own grid, (slices, rows, columns)."""
    back = placed.to_image.GetInverse()
    carried = sitk.Resample(share, placed.image, back, sitk.sitkLinear, 0.0, sitk.sitkFloat32)
    return np.asarray(sitk.GetArrayFromImage(carried))


def fit_head(
    placed: Placed,
    modality: str,
    *,
    ears: bool = False,
    keep_orbits: bool = False,
    known: Pose | None = None,
    is_scaled: bool = True,
    settings: ReadingSettings | None = None,
) -> HeadFit | str:
    """Find the face in a placed volume, or say why there is none.

    Values are read in one way after another, until a head fits well.

    Args:
        placed: the volume, as the header's rescale gives it.
        modality: `CT`, `MR` or `PT`; anything else says nothing of the values.
        ears: take the ears too.
        keep_orbits: leave their back halves.
        known: where the head lies by another volume of the frame of reference; taken where the
            skin of this one agrees.
        is_scaled: whether the size of pixels is known, and not guessed.
        settings: how values are read.
    """
    sizes = SIZES if is_scaled else ANY_SIZE
    wishes = Wishes(ears, keep_orbits, max(placed.image.GetSpacing()))
    ends = placed.corners()
    if (ends.max(0) - ends.min(0)).min() < SMALLEST:
        return "too_thin"
    best: HeadFit | str = NO_HEAD
    for reading in read_values(placed.image, modality, settings):
        found = _locate(placed, reading, wishes, known, sizes)
        best = found if _rank(found) > _rank(best) else best
        if _rank(best) == _RANKS["removed"]:
            break
    return best


_RANKS: Final = {NO_HEAD: 0, OUT_OF_VIEW: 1, "partial": 2, "removed": 3}


def _rank(found: HeadFit | str) -> int:
    """The more of a head there is, the higher."""
    return _RANKS[found if isinstance(found, str) else found.status]


def _locate(
    placed: Placed,
    reading: VoxelReading,
    wishes: Wishes,
    known: Pose | None,
    sizes: tuple[float, float],
) -> HeadFit | str:
    kind, real = reading.kind, reading.real(placed)
    surface = reading.surface(real)
    ends = placed.corners()
    grid = surface.sample(COARSE, ends.min(0), ends.max(0))
    limit = skin.threshold(grid, kind if reading.tissue != "smooth" else "PT")
    body = Body.of(grid, skin.body(grid, limit, kind), kind, sizes)
    again = _known(body, known)
    found = again or fit(body)
    if found is None or found.distance > NO_FIT:
        return NO_HEAD
    is_told = kind != "MR" or again is not None
    found = found if is_told else _facing(found, body, real)
    close = real.sample(FINE, *front(found.pose))
    is_faced = is_told or _is_faced(close, found.pose)
    skinned = close if surface is real else surface.sample(FINE, *front(found.pose))
    solid = skin.body(skinned, limit, kind)
    wishes = replace(wishes, average_brain=reading.tissue == "smooth")
    region = face_region(close, solid, found.pose, kind, wishes)
    return _judge(region, close, found, is_faced, reading)


def front(pose: Pose) -> tuple[Floats, Floats]:
    """Corners of a box along the patient's axes around a head's face and what lies behind it."""
    turn = Rotation.from_euler("xyz", pose.turn).as_matrix()
    around = pose.shift + np.array(list(product(*zip(*FRONT, strict=True)))) @ turn.T
    face = pose.to_patient(np.array(list(product(*zip(*FACE, strict=True)))))
    both = np.concatenate([around, face])
    return both.min(0), both.max(0)


def _known(body: Body, known: Pose | None) -> Fit | None:
    again = None if known is None else near(known, body)
    trusted = again is not None and again.distance < GOOD_FIT and again.air < AIR_ASTRAY
    return again if trusted else None


def _is_faced(grid: Grid, pose: Pose) -> bool:
    """Whether mouth and chin, or the globes, tell where the front is."""
    return in_view(grid, pose) >= WHOLE or globes(grid, pose) is not None


def _facing(found: Fit, body: Body, placed: Placed) -> Fit:
    """The head turned about, where mouth and chin are out of view and it fits far better so.

    Or as well, if its globes are plain only then. In CT the air of the sinuses has told it.
    """
    if _is_faced(placed.sample(FINE, *front(found.pose)), found.pose):
        return found
    others = list(turned(body, found))
    for other in others:
        if globes(placed.sample(FINE, *front(other.pose)), other.pose, PLAIN) is not None:
            return other
    best = min(others, key=lambda other: other.distance, default=found)
    return best if best.distance < found.distance - BETTER else found


def _judge(
    region: Region,
    grid: Grid,
    fitted: Fit,
    is_faced: bool = True,
    reading: VoxelReading = PLAIN_READING,
) -> HeadFit | str:
    checks = {"fit": round(fitted.distance, 1), "air_astray": round(fitted.air, 1)}
    checks |= region.checks
    if checks["face_in_view"] < IN_VIEW or checks["face_ml"] == 0:
        return OUT_OF_VIEW
    reasons = []
    if fitted.distance > GOOD_FIT or fitted.air > AIR_ASTRAY:
        reasons.append("uncertain_fit")
    if fitted.pose.turn.any() and not is_faced:
        reasons.append("uncertain_direction")
    if checks["face_in_view"] < ENOUGH:
        reasons.append("little_in_view")
    if checks["surface_removed"] < REMOVED or checks["surface_moved"] < MOVED:
        reasons.append("face_left")
    if checks["left_right"] < ALIKE:
        reasons.append("sides_differ")
    status: FaceStatus = "partial" if reasons else "removed"
    remove = sitk.GetImageFromArray(region.remove.transpose(2, 1, 0).astype(np.float32))
    remove.SetOrigin(grid.origin.tolist())
    remove.SetSpacing([grid.step] * 3)
    tissue = (region.tissue - reading.offset) / reading.gain
    return HeadFit(remove, tissue, fitted.pose, status, checks, reasons, reading)


def average(found: HeadFit) -> sitk.Image:
    """The average head where it was fitted, on the region's grid.

    Returns:
        float32: 1 inside, 0.5 at its skin, 0 outside.
    """
    planes = np.indices(found.region.GetSize()[::-1]).reshape(3, -1)[::-1].T
    points = np.array(found.region.GetOrigin()) + planes * found.region.GetSpacing()
    depth = template.at(template.smooth_skin(), found.pose.to_template(points))
    share = np.clip(HALF - depth / (2 * template.STEP), 0, 1).astype(np.float32)
    image = sitk.GetImageFromArray(share.reshape(found.region.GetSize()[::-1]))
    image.CopyInformation(found.region)
    return image
