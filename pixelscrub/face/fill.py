"""Fill the face of an instance with air and the noise of its background, frame by frame."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.face.stack import rescale
from pixelscrub.pixels.edit import FrameFill, VoxelEdit
from pixelscrub.plan import FacePlan

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Cells = npt.NDArray[np.generic]


def voxel_edit(
    faces: list[FacePlan], folder: Path, header: Dataset, uid: str, seed: bytes
) -> VoxelEdit | None:
    """What the face masks change in one instance, or None for nothing.

    Args:
        faces: plans of the study's volumes.
        folder: where their masks lie.
        header: of the instance: bits stored, slope and intercept.
        uid: SOP Instance UID of the original.
        seed: makes the noise the same each time.

    Raises:
        HeldError: FACE_FAILED, where a mask is missing, cannot be read or has another shape.
    """
    masks = _masks(faces, folder, uid)
    if not any(mask.any() for mask, _ in masks.values()):
        return None
    shape = (int(header.Rows), int(header.Columns))
    if any(mask.shape != shape for mask, _ in masks.values()):
        raise HeldError(Reason.FACE_FAILED, "mask does not fit the image")
    low, high = _stored_range(header)
    scales = {frame: rescale(header, frame) for frame in masks}  # before the header is cleaned

    def edit(frame: int, stored: Cells) -> FrameFill | None:
        mask, air = masks.get(frame, (None, (0.0, 0.0)))
        if mask is None or not mask.any():
            return None
        slope, intercept = scales[frame]
        values = (_air(air, mask.shape, seed, frame) - intercept) / slope
        return FrameFill(mask, np.clip(np.rint(values), low, high).astype(stored.dtype))

    return edit


def _masks(
    faces: list[FacePlan], folder: Path, uid: str
) -> dict[int, tuple[npt.NDArray[np.bool_], tuple[float, float]]]:
    """Mask and background by frame."""
    found = {}
    for face in faces:
        if face.mask is None:
            continue
        if Path(face.mask).name != face.mask:
            raise HeldError(Reason.FACE_FAILED, "mask lies elsewhere")
        for k, (owner, frame) in enumerate(face.slices):
            if owner == uid:
                found[frame] = (_plane(folder / face.mask, k), face.fill)
    return found


def _plane(path: Path, k: int) -> npt.NDArray[np.bool_]:
    with guarded(Reason.FACE_FAILED):
        mask = _load(path, path.stat().st_mtime_ns)
    if k >= len(mask):
        raise HeldError(Reason.FACE_FAILED, "mask does not fit the volume")
    plane: npt.NDArray[np.bool_] = mask[k]
    return plane


@lru_cache(maxsize=4)
def _load(path: Path, modified: int) -> npt.NDArray[np.bool_]:  # noqa: ARG001
    """A mask, (slices, rows, columns); read again once a person has saved another."""
    return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(str(path))) > 0)


def _air(
    air: tuple[float, float], shape: tuple[int, ...], seed: bytes, frame: int
) -> npt.NDArray[np.floating]:
    digest = hashlib.blake2b(frame.to_bytes(8, "big"), key=seed[:64]).digest()
    noise = np.random.default_rng(int.from_bytes(digest, "big"))
    result: npt.NDArray[np.floating] = noise.normal(air[0], air[1], shape)
    return result


def _stored_range(header: Dataset) -> tuple[int, int]:
    bits = int(header.BitsStored)
    if int(header.PixelRepresentation):
        return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return 0, 2**bits - 1
