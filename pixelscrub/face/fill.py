"""What takes the place of a face: air, what surrounds it, or the average head's tissue."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.face.voxels.volumes import cut, rescale
from pixelscrub.intake.nifti import check_nifti
from pixelscrub.pixels.edit import FrameFill, VoxelEdit
from pixelscrub.plan import FacePlan, Tile
from pixelscrub.recipe import FaceFill
from pixelscrub.untrusted import is_mask_name

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Cells = npt.NDArray[np.generic]
Labels = npt.NDArray[np.uint8]
Values = npt.NDArray[Any]

GENERIC: Final = 2
"""What masks hold inside the average head, where something else than air takes the face's place."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What takes a face's place.

    Attributes:
        style: as in a recipe.
        air: mean and standard deviation of the background, in real units.
        tissue: level of the average head's tissue, in the same units.
    """

    style: FaceFill
    air: tuple[float, float]
    tissue: float = 0.0

    def of(self, plane: Values, labels: Labels, noise: np.random.Generator) -> Values:
        """A slice's new values, to be read inside the mask.

        Nothing of the face goes into them: what is blurred is what lies around it.

        Args:
            plane: (rows, columns), real units.
            labels: uint8, (rows, columns): 0 outside the mask, `GENERIC` in the average head.
            noise: where noise comes from.

        Returns:
            float, (rows, columns), real units.
        """
        mean, spread = self.air
        air = np.full(plane.shape, mean)
        if self.style == "constant":
            return air
        head = labels == GENERIC
        if self.style == "generic":
            return noise.normal(np.where(head, self.tissue, air), spread)
        air = noise.normal(air, spread)
        if self.style == "blur":
            return np.where(head, blurred(np.where(labels > 0, air, plane), head), air)
        return air


def blurred(plane: Values, hole: npt.NDArray[np.bool_]) -> Values:
    """What surrounds a hole, smoothly across it.

    Means of what is known, from ever coarser levels the farther it lies (pull-push; Gortler et
    al. 1996, The Lumigraph).

    Args:
        plane: (rows, columns); what is in the hole, and what is no number, is not looked at.
        hole: bool, (rows, columns).
    """
    known = (~hole & np.isfinite(plane)).astype(np.float32)
    levels = [(np.where(known > 0, plane, 0).astype(np.float32), known)]
    while max(levels[-1][0].shape) > 1:
        values, weights = (cv2.pyrDown(part) for part in levels[-1])
        levels.append((values, weights))
    top, weight = levels.pop()
    result = top / np.maximum(weight, np.float32(1e-6))
    for values, weights in reversed(levels):
        coarse = cv2.pyrUp(result, dstsize=values.shape[::-1])
        result = values + (1 - weights) * coarse
    return np.asarray(result)


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
    planes = _planes(faces, folder, uid)
    if not any(labels.any() for labels, _ in planes.values()):
        return None
    shape = (int(header.Rows), int(header.Columns))
    if any(labels.shape != shape for labels, _ in planes.values()):
        raise HeldError(Reason.FACE_FAILED, "mask does not fit the image")
    low, high = _stored_range(header)
    scales = {frame: rescale(header, frame) for frame in planes}  # before the header is cleaned

    def edit(frame: int, stored: Cells) -> FrameFill | None:
        if frame not in planes or not planes[frame][0].any():
            return None
        labels, filling = planes[frame]
        slope, intercept = scales[frame]
        real = np.asarray(stored, np.float64) * slope + intercept
        values = (filling.of(real, labels, _noise(seed, frame)) - intercept) / slope
        if stored.dtype.kind != "f":
            values = np.clip(np.rint(values), low, high)
        return FrameFill(labels > 0, values.astype(stored.dtype))

    return edit


def _planes(faces: list[FacePlan], folder: Path, uid: str) -> dict[int, tuple[Labels, Filling]]:
    """Labels and what is filled in, by frame."""
    found: dict[int, tuple[Labels, Filling]] = {}
    for face in faces:
        if face.mask is None:
            continue
        if not is_mask_name(face.mask):
            raise HeldError(Reason.FACE_FAILED, "mask lies elsewhere")
        filling = Filling(face.style, face.fill, face.tissue)
        for k, (owner, frame) in enumerate(face.slices):
            if owner == uid:
                plane = _plane(folder / face.mask, k)
                if face.mosaic is not None:
                    whole = found[frame][0] if frame in found else np.zeros(face.mosaic, np.uint8)
                    plane = _pasted(plane, whole, face.tiles[k])
                found[frame] = (plane, filling)
    return found


def _pasted(plane: Labels, whole: Labels, tile: Tile) -> Labels:
    place = cut(whole, tile, plane.shape)
    if place.shape != plane.shape:
        raise HeldError(Reason.FACE_FAILED, "mask does not fit the image")
    place[...] = plane
    return whole


def _plane(path: Path, k: int) -> Labels:
    with guarded(Reason.FACE_FAILED):
        mask = _load(path, path.stat().st_mtime_ns)
    if k >= len(mask):
        raise HeldError(Reason.FACE_FAILED, "mask does not fit the volume")
    plane: Labels = mask[k]
    return plane


@lru_cache(maxsize=4)
def _load(path: Path, modified: int) -> Labels:  # noqa: ARG001
    """A mask, (slices, rows, columns); read again once a person has saved another."""
    check_nifti(path, Reason.FACE_FAILED)
    return labelled(sitk.GetArrayFromImage(sitk.ReadImage(str(path))))


def labelled(mask: Values) -> Labels:
    """A mask, as a viewer saves it, as labels: whatever is not 0 goes."""
    return np.where(mask == GENERIC, GENERIC, mask != 0).astype(np.uint8)


def _noise(seed: bytes, frame: int) -> np.random.Generator:
    digest = hashlib.blake2b(frame.to_bytes(8, "big"), key=seed[:64]).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def _stored_range(header: Dataset) -> tuple[int, int]:
    bits = int(header.get("BitsStored") or 32)  # floating point pixels have none
    if int(header.get("PixelRepresentation") or 0):
        return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return 0, 2**bits - 1
