"""Fill faces in the frames of one instance with air: the noise of the image's own background."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.face.stack import rescale
from pixelscrub.pixels.edit import FrameFill, VoxelEdit
from pixelscrub.plan import FacePlan

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Mask = npt.NDArray[np.bool_]
Spot = tuple[Mask, tuple[float, float]]
"""What to fill in one frame: mask, and mean and standard deviation in real units."""


def voxel_edit(
    faces: Sequence[FacePlan], folder: Path, header: Dataset, uid: str, seed: bytes
) -> VoxelEdit | None:
    """What to overwrite in the frames of an instance so that faces are gone.

    The same seed gives the same noise. Masks are read from `folder`, as a person left them.

    Args:
        faces: volumes that hold the instance.
        folder: where the masks lie.
        header: of the instance; slope and intercept are taken from it now.
        uid: SOP Instance UID of the original.
        seed: secret bytes.

    Returns:
        None where no frame is touched.

    Raises:
        HeldError: PLAN_INVALID, where a mask is missing or does not fit the slices.
    """
    shape = (int(header.get("Rows") or 0), int(header.get("Columns") or 0))
    spots: dict[int, list[Spot]] = {}
    for face in faces:
        for frame, mask in _planes(face, folder, uid):
            if mask.shape != shape:
                raise HeldError(Reason.PLAN_INVALID, "face mask does not fit the image")
            if mask.any():
                spots.setdefault(frame, []).append((mask, face.fill))
    if not spots:
        return None
    units = {frame: rescale(header, frame) for frame in spots}
    bits = int(header.get("BitsStored") or 0)

    def edit(index: int, frame: npt.NDArray[np.generic]) -> FrameFill | None:
        if index not in spots:
            return None
        numbers = np.random.default_rng(_number(seed, index))
        mask = np.zeros(shape, bool)
        values = frame.copy()
        for spot, (mean, deviation) in spots[index]:
            slope, intercept = units[index]
            real = mean + deviation * numbers.standard_normal(shape)
            stored = _as_stored((real - intercept) / slope, frame, bits)
            values[spot] = stored[spot]
            mask |= spot
        return FrameFill(mask, values)

    return edit


def _planes(face: FacePlan, folder: Path, uid: str) -> list[tuple[int, Mask]]:
    wanted = [(k, frame) for k, (slice_uid, frame) in enumerate(face.slices) if slice_uid == uid]
    if face.mask is None or not wanted:
        return []
    masks = _masks(folder, face.mask)
    if masks.ndim != 3 or len(masks) != len(face.slices):
        raise HeldError(Reason.PLAN_INVALID, "face mask does not fit the slices")
    return [(frame, masks[k]) for k, frame in wanted]


def _masks(folder: Path, name: str) -> Mask:
    path = folder / Path(name).name
    with guarded(Reason.PLAN_INVALID):
        return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _read(path: Path, modified: int) -> Mask:  # noqa: ARG001  # read anew when changed
    """A mask, (slices, rows, columns)."""
    return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(path)) > 0)


def _number(seed: bytes, index: int) -> int:
    return int.from_bytes(hashlib.sha256(seed + index.to_bytes(8)).digest()[:16])


def _as_stored(
    values: npt.NDArray[np.floating[Any]], frame: npt.NDArray[Any], bits: int
) -> npt.NDArray[Any]:
    """In the frame's type, no value that the stored bits cannot hold or below all of the frame."""
    if frame.dtype.kind == "f":
        return values.astype(frame.dtype)
    highest = 2 ** (bits - 1) - 1 if frame.dtype.kind == "i" else 2**bits - 1
    clipped = np.clip(np.rint(values), int(frame.min()), max(highest, int(frame.min())))
    return clipped.astype(frame.dtype)
