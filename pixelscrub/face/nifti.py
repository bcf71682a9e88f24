"""Faces in NIfTI files, for people who have no DICOM: one file in, one file out.

The same finding, filling and gates as for series. What cannot be trusted is not written.
"""

from __future__ import annotations

import gzip
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, Reason, UsageError, guarded
from pixelscrub.face.mask import FaceMask, face_mask
from pixelscrub.face.skin import air_of

Modality = Literal["CT", "MR"]
Values = npt.NDArray[np.generic]
Mask = npt.NDArray[np.bool_]

ENDINGS: Final = (".nii", ".nii.gz")
SAME_PLACE: Final = 1e-3
"""Millimetres by which what was written may lie elsewhere: the header holds 32-bit numbers."""


@dataclass(frozen=True, slots=True)
class Defaced:
    """What was done: `checks` as in `FaceMask`; `voxels` are those filled, in each time point."""

    checks: dict[str, float]
    voxels: int


def deface_nifti(
    source: Path, out: Path, modality: Modality, *, mask: Path | None = None, ears: bool = False
) -> Defaced:
    """Remove the face from a NIfTI volume, or from all volumes of a time series.

    Only intensities and geometry are carried over: free text of the header and extensions stay
    behind. Values outside the mask are those of the original.

    Args:
        source: `.nii` or `.nii.gz`, 3D or 4D; Hounsfield units for CT.
        out: the new file; it must not exist.
        modality: what the volume is.
        mask: where the mask lies. One that exists is taken as a person left it, else the
            mask that was found is written there.
        ears: take the ears too.

    Raises:
        UsageError: a file name does not end as NIfTI's do, or `out` exists.
        HeldError: UNREADABLE; FACE_GEOMETRY; FACE_PARTIAL, where no face is found or part of it
            may remain; FACE_FAILED, where the mask does not fit; NOT_READABLE_AGAIN,
            PIXELS_CHANGED, where what was written is not what it should be; WRITE_FAILED.
    """
    paths = [source, out] if mask is None else [source, out, mask]
    if not all(path.name.endswith(ENDINGS) for path in paths):
        raise UsageError("names of NIfTI files end in .nii or .nii.gz")
    if out.exists():
        raise UsageError("the output exists")
    volumes = _read(source)
    face = _corrected(mask, volumes[0]) if mask and mask.exists() else None
    if face is None:
        face = _found(volumes[0], modality, ears)
        if mask is not None:
            _write(face.mask, mask)
    gone = np.asarray(sitk.GetArrayFromImage(face.mask) > 0)
    done = [_filled(volume, gone, modality) for volume in volumes]
    _write(done[0] if len(done) == 1 else sitk.JoinSeries(done), out, proof=(volumes, gone))
    return Defaced(face.checks, int(gone.sum()))


def _read(path: Path) -> list[sitk.Image]:
    """The volumes of a file, without what its header says in words."""
    with guarded(Reason.UNREADABLE):
        whole = sitk.ReadImage(str(path))
    if whole.GetNumberOfComponentsPerPixel() > 1 or whole.GetDimension() not in {3, 4}:
        raise HeldError(Reason.FACE_GEOMETRY, "neither a volume nor a time series")
    if _length(path) < whole.GetNumberOfPixels() * whole.GetSizeOfPixelComponent():
        raise HeldError(Reason.UNREADABLE, "file is cut")  # it is read with zeros at its end
    several = whole.GetDimension() == 4
    volumes = [whole[..., k] for k in range(whole.GetSize()[3])] if several else [whole]
    for volume in volumes:
        for key in volume.GetMetaDataKeys():
            volume.EraseMetaData(key)
    return volumes


def _length(path: Path) -> int:
    """Bytes of a file's content, to its end: a compressed one is checked whole."""
    with guarded(Reason.UNREADABLE):
        if path.suffix != ".gz":
            return path.stat().st_size
        with gzip.open(path) as file:
            return sum(len(part) for part in iter(lambda: file.read(2**20), b""))


def _found(volume: sitk.Image, modality: Modality, ears: bool) -> FaceMask:
    with guarded(Reason.FACE_FAILED):
        face = face_mask(volume, modality, ears=ears)
    if face.status != "removed":
        raise HeldError(Reason.FACE_PARTIAL, ", ".join(face.reasons))
    return face


def _corrected(path: Path, volume: sitk.Image) -> FaceMask:
    """A mask that a person drew or corrected, on the volume's own grid."""
    mask = _read(path)[0]
    if not _same_place(mask, volume):
        raise HeldError(Reason.FACE_FAILED, "mask does not fit the volume")
    if not sitk.GetArrayViewFromImage(mask).any():
        raise HeldError(Reason.FACE_FAILED, "mask is empty")
    return FaceMask(sitk.Cast(mask != 0, sitk.sitkUInt8), "removed")


def _filled(volume: sitk.Image, gone: Mask, modality: Modality) -> sitk.Image:
    """The volume with air and its noise where the face was; drawn anew each time."""
    values = sitk.GetArrayFromImage(volume)
    level, spread = air_of(volume, modality)
    air = np.random.default_rng(secrets.randbits(128)).normal(level, spread, int(gone.sum()))
    if np.issubdtype(values.dtype, np.integer):
        limits = np.iinfo(values.dtype)
        air = np.clip(np.rint(air), limits.min, limits.max)
    values[gone] = air.astype(values.dtype)
    filled = sitk.GetImageFromArray(values)
    filled.CopyInformation(volume)
    return filled


def _write(
    image: sitk.Image, path: Path, proof: tuple[list[sitk.Image], Mask] | None = None
) -> None:
    """Beside its place first, and under its name only when it is whole and proved."""
    ending = next(end for end in reversed(ENDINGS) if path.name.endswith(end))
    beside = path.with_name(f".{secrets.token_hex(8)}{ending}")
    try:
        with guarded(Reason.WRITE_FAILED):
            sitk.WriteImage(image, str(beside), useCompression=True)
        if proof is not None:
            _prove(beside, *proof)
        with guarded(Reason.WRITE_FAILED):
            with beside.open("rb") as file:
                os.fsync(file.fileno())
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _prove(path: Path, originals: list[sitk.Image], gone: Mask) -> None:
    with guarded(Reason.NOT_READABLE_AGAIN):
        written = _read(path)
    if len(written) != len(originals) or not all(map(_same_place, written, originals)):
        raise HeldError(Reason.NOT_READABLE_AGAIN, "geometry is another one")
    for new, old in zip(written, originals, strict=True):
        one, other = sitk.GetArrayFromImage(new), sitk.GetArrayFromImage(old)
        if not np.array_equal(one[~gone], other[~gone], equal_nan=one.dtype.kind == "f"):
            raise HeldError(Reason.PIXELS_CHANGED, "voxels outside the mask have changed")


def _same_place(one: sitk.Image, other: sitk.Image) -> bool:
    if one.GetSize() != other.GetSize():
        return False
    ends = [(0, 0, 0), *np.diag(np.subtract(one.GetSize(), 1)).tolist()]
    return all(np.allclose(_at(one, end), _at(other, end), rtol=0, atol=SAME_PLACE) for end in ends)


def _at(image: sitk.Image, index: tuple[int, ...]) -> tuple[float, ...]:
    place: tuple[float, ...] = image.TransformIndexToPhysicalPoint(index)
    return place
