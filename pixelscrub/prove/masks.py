"""Face masks beside a plan, read once more and without the code that applies them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.intake.nifti import check_nifti
from pixelscrub.plan import FacePlan

Mask = npt.NDArray[np.bool_]


class MaskPlane(NamedTuple):
    """What a face mask covers of one frame.

    Attributes:
        mask: bool, (rows, columns).
        air: mean and standard deviation of the background, in real units.
        is_air: it is filled with that, and nothing else.
    """

    mask: Mask
    air: tuple[float, float]
    is_air: bool


def planes(faces: Sequence[FacePlan], folder: Path, uid: str) -> dict[int, MaskPlane]:
    """The frames of an instance that a face mask covers any part of.

    Args:
        faces: plans of the study's volumes.
        folder: where their masks lie.
        uid: SOP Instance UID of the original.

    Raises:
        HeldError: FACE_FAILED, where a mask is missing, cannot be read or has too few planes.
    """
    found: dict[int, MaskPlane] = {}
    for face in faces:
        for k, (owner, frame) in enumerate(face.slices if face.mask else ()):
            if owner == uid:
                mask = _plane(folder / Path(str(face.mask)).name, k)
                if face.mosaic is not None:
                    whole = found[frame].mask if frame in found else np.zeros(face.mosaic, np.bool_)
                    mask = _within(whole, mask, *face.tiles[k])
                if mask.any():
                    is_air = face.style in {"air", "constant"}
                    found[frame] = MaskPlane(mask, face.fill, is_air)
    return found


def _within(whole: Mask, mask: Mask, row: int, column: int) -> Mask:
    rows, columns = mask.shape
    if whole[row : row + rows, column : column + columns].shape != mask.shape:
        raise HeldError(Reason.FACE_FAILED, "mask does not fit the image")
    whole[row : row + rows, column : column + columns] |= mask
    return whole


def _plane(path: Path, k: int) -> Mask:
    with guarded(Reason.FACE_FAILED):
        volume = load(path, path.stat().st_mtime_ns)
    if k >= len(volume):
        raise HeldError(Reason.FACE_FAILED, "mask does not fit the volume")
    plane: Mask = volume[k]
    return plane


@lru_cache(maxsize=2)
def load(path: Path, modified: int) -> Mask:  # noqa: ARG001
    """A mask, (slices, rows, columns); `modified` tells a corrected one from the one before."""
    import SimpleITK as sitk  # noqa: N813

    check_nifti(path, Reason.FACE_FAILED)
    return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(str(path))) != 0)
