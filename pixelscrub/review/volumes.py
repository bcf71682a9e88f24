"""Face masks for the page: on a slice, and on three planes through the volume."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.face.voxels.volumes import cut, rescale
from pixelscrub.intake.nifti import check_nifti
from pixelscrub.pixels.image import Image
from pixelscrub.plan import FacePlan, InstancePlan, Tile
from pixelscrub.review.images import ShownFrame
from pixelscrub.study.files import check_unchanged
from pixelscrub.untrusted import is_mask_name

EDGE: Final = 256
"""Rows and columns of a slice as it goes into the planes, at most."""
DARK, BRIGHT = 1.0, 99.5
"""Percentiles of a volume's values that are shown black and white."""

Values = npt.NDArray[Any]
Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ViewVolume:
    """A volume as the planes show it.

    Attributes:
        shown: uint8, (slices, rows, columns), made smaller.
        mask: uint8, the same shape; 255 where the face is taken out.
        spacing: millimetres between slices, rows and columns of `shown`.
    """

    shown: Mask
    mask: Mask
    spacing: tuple[float, float, float]


class Volumes:
    """Volumes that were looked at, the last one kept. Safe to use from threads."""

    def __init__(self) -> None:
        self._key: tuple[str, str] | None = None
        self._volume: ViewVolume | None = None
        self._lock = threading.Lock()

    def get(self, folder: Path, face: FacePlan, by_uid: dict[str, InstancePlan]) -> ViewVolume:
        """Read a volume and its mask.

        Raises:
            HeldError: the mask or a slice cannot be read, or they do not fit.
        """
        key = (str(folder), face.mask or "")
        with self._lock:
            if key != self._key or self._volume is None:
                self._volume = _read(folder, face, by_uid)
                self._key = key
            return self._volume


def plane(volume: ViewVolume, axis: int, index: int) -> ShownFrame:
    """A plane across an axis (0 slices, 1 rows, 2 columns): picture, and then mask, uint8.

    Feet or last slices are at the bottom of planes across rows and columns.

    Raises:
        HeldError: there is no such plane.
    """
    if axis not in (0, 1, 2) or not 0 <= index < volume.shown.shape[axis]:
        raise HeldError(Reason.FRAME_COUNT, "no such plane")
    both = [np.take(array, index, axis) for array in (volume.shown, volume.mask)]
    both = both if axis == 0 else [array[::-1] for array in both]
    down, along = (s for k, s in enumerate(volume.spacing) if k != axis)
    rows, columns = both[0].shape
    facts = {"rows": rows, "columns": columns, "samples": 1, "down": down, "along": along}
    return ShownFrame(facts, b"".join(np.ascontiguousarray(array).tobytes() for array in both))


def slice_mask(folder: Path, faces: list[FacePlan], uid: str, frame: int) -> Mask | None:
    """Where the face is taken out of one frame: uint8 (rows, columns), or None for nowhere.

    Raises:
        HeldError: FACE_FAILED, where a mask cannot be read.
    """
    found: Mask | None = None
    for face in faces:
        for k, place in enumerate(face.slices if face.mask is not None else ()):
            if place != (uid, frame):
                continue
            mask, _ = _mask(folder, face)
            plane = mask[k : k + 1].reshape(-1, mask.shape[2])
            if plane.any() and face.mosaic is not None:
                found = np.zeros(face.mosaic, np.uint8) if found is None else found
                cut(found, face.tiles[k], plane.shape)[...] = plane
            elif plane.any():
                return plane
    return found


def _read(folder: Path, face: FacePlan, by_uid: dict[str, InstancePlan]) -> ViewVolume:
    mask, spacing = _mask(folder, face)
    if len(mask) != len(face.slices):
        raise HeldError(Reason.FACE_FAILED, "mask does not fit the volume")
    rows, columns = (-(-n // EDGE) for n in mask.shape[1:])
    small = mask[:, ::rows, ::columns]
    values = np.empty(small.shape, np.float32)
    for k, (uid, frame) in enumerate(face.slices):
        if uid not in by_uid:
            raise HeldError(Reason.FACE_FAILED, "a slice is in no plan")
        tile = face.tiles[k] if face.tiles else None
        values[k] = _slice(by_uid[uid], frame, tile, mask.shape[1:])[::rows, ::columns]
    low, high = np.percentile(values[:: max(1, len(values) // 32)], (DARK, BRIGHT))
    shown = np.clip((values - low) / max(high - low, 1e-6), 0, 1) * 255
    stretched = (spacing[0], spacing[1] * rows, spacing[2] * columns)
    return ViewVolume(shown.astype(np.uint8), small, stretched)


def _slice(instance: InstancePlan, frame: int, tile: Tile | None, shape: tuple[int, ...]) -> Values:
    with check_unchanged(instance.source).open_instance() as file:
        image = Image(file)
        stored = cut(image.frame(frame), tile, shape)
        if stored.shape != shape:
            raise HeldError(Reason.FACE_FAILED, "mask does not fit the image")
        slope, intercept = rescale(image.header, frame)
    return np.asarray(stored.astype(np.float32) * np.float32(slope) + np.float32(intercept))


def _mask(folder: Path, face: FacePlan) -> tuple[Mask, tuple[float, float, float]]:
    name = face.mask or ""
    if not is_mask_name(name):
        raise HeldError(Reason.FACE_FAILED, "there is no mask")
    path = folder / name
    with guarded(Reason.FACE_FAILED):
        return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _load(path: Path, modified: int) -> tuple[Mask, tuple[float, float, float]]:  # noqa: ARG001
    """A mask, (slices, rows, columns), 0 or 255, and millimetres in the same order."""
    import SimpleITK as sitk  # noqa: N813

    check_nifti(path, Reason.FACE_FAILED)
    image = sitk.ReadImage(str(path))
    across, down, along = (float(s) for s in image.GetSpacing())
    mask = np.where(sitk.GetArrayViewFromImage(image) > 0, 255, 0).astype(np.uint8)
    return mask, (along, down, across)
