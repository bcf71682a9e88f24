"""Faces in NIfTI files, for people who have no DICOM: one file in, one file out.

The same finding, filling and gates as for series. What cannot be trusted is not written.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, Reason, UsageError, guarded
from pixelscrub.face.fill import Filling, Labels, labelled
from pixelscrub.face.mask import FaceMask, face_mask
from pixelscrub.face.skin import air_of
from pixelscrub.intake.nifti import MAX_VOLUME_BYTES, check_nifti
from pixelscrub.recipe import FaceFill

Modality = Literal["CT", "MR"]
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
    source: Path,
    out: Path,
    modality: Modality,
    *,
    mask: Path | None = None,
    ears: bool = False,
    fill: FaceFill = "air",
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
        fill: what takes the face's place, as in a recipe.

    Raises:
        UsageError: a file name does not end as NIfTI's do, `out` exists, or two are one file.
        HeldError: UNREADABLE; FACE_GEOMETRY; FACE_PARTIAL, where no face is found or part of it
            may remain; FACE_FAILED, where the mask does not fit; NOT_READABLE_AGAIN,
            GEOMETRY_CHANGED, PIXELS_CHANGED, FILL_MISSING, where what was written is not what it
            should be; WRITE_FAILED.
    """
    paths = [path for path in (source, out, mask) if path is not None]
    if not all(path.name.endswith(ENDINGS) for path in paths):
        raise UsageError("names of NIfTI files end in .nii or .nii.gz")
    if out.exists() or len({path.resolve() for path in paths}) < len(paths):
        raise UsageError("the output exists, or two files are the same")
    whole = _read(source)
    volume = whole[..., 0] if whole.GetDimension() == 4 else whole
    if mask is not None and mask.exists():
        face = _corrected(mask, volume)
    else:
        face = _found(volume, modality, ears, fill in {"blur", "generic"})
        if mask is not None:
            with _beside(mask) as place:
                _write(face.mask, place)
    labels = labelled(sitk.GetArrayFromImage(face.mask))
    gone = labels > 0
    filled = _filled(whole, labels, Filling(fill, air_of(volume, modality), face.tissue))
    with _beside(out) as place:
        _write(filled, place)
        _prove(place, whole, filled, gone)
    return Defaced(face.checks, int(gone.sum()))


def _read(path: Path) -> sitk.Image:
    """A volume or a time series, without what its header says in words."""
    check_nifti(path, Reason.UNREADABLE, MAX_VOLUME_BYTES)
    with guarded(Reason.UNREADABLE):
        whole = sitk.ReadImage(str(path))
    if whole.GetNumberOfComponentsPerPixel() > 1 or whole.GetDimension() not in {3, 4}:
        raise HeldError(Reason.FACE_GEOMETRY, "neither a volume nor a time series")
    for key in whole.GetMetaDataKeys():
        whole.EraseMetaData(key)
    return whole


def _found(volume: sitk.Image, modality: Modality, ears: bool, generic: bool) -> FaceMask:
    with guarded(Reason.FACE_FAILED):
        face = face_mask(volume, modality, ears=ears, generic=generic)
    if face.status != "removed":
        raise HeldError(Reason.FACE_PARTIAL, ", ".join(face.reasons))
    return face


def _corrected(path: Path, volume: sitk.Image) -> FaceMask:
    """A mask that a person drew or corrected, on the volume's own grid."""
    mask = _read(path)
    if not _same_place(mask, volume):
        raise HeldError(Reason.FACE_FAILED, "mask does not fit the volume")
    if not sitk.GetArrayViewFromImage(mask).any():
        raise HeldError(Reason.FACE_FAILED, "mask is empty")
    values = sitk.GetArrayViewFromImage(volume)
    goes = labelled(sitk.GetArrayFromImage(mask))
    return FaceMask(sitk.GetImageFromArray(goes), float(np.median(values[goes > 0])), "removed")


def _filled(whole: sitk.Image, labels: Labels, filling: Filling) -> sitk.Image:
    """The same with something else where the face was; its noise is drawn anew each time."""
    values = sitk.GetArrayFromImage(whole)
    noise = np.random.default_rng(secrets.randbits(128))
    for volume in values.reshape(-1, *labels.shape):
        for plane, on_it in zip(volume, labels, strict=True):
            if not on_it.any():
                continue
            new = filling.of(plane.astype(np.float64), on_it, noise)
            if np.issubdtype(values.dtype, np.integer):
                limits = np.iinfo(values.dtype)
                new = np.clip(np.rint(new), limits.min, limits.max)
            plane[on_it > 0] = new[on_it > 0].astype(values.dtype)
    filled = sitk.GetImageFromArray(values, isVector=False)
    filled.CopyInformation(whole)
    return filled


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A place beside a file's own; what is there at the end without an error takes its name."""
    ending = next(end for end in reversed(ENDINGS) if path.name.endswith(end))
    place = path.with_name(f".{secrets.token_hex(8)}{ending}")
    try:
        yield place
        with guarded(Reason.WRITE_FAILED):
            place.replace(path)
    finally:
        place.unlink(missing_ok=True)


def _write(image: sitk.Image, path: Path) -> None:
    with guarded(Reason.WRITE_FAILED):
        sitk.WriteImage(image, str(path), useCompression=True)
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _prove(path: Path, original: sitk.Image, filled: sitk.Image, gone: Mask) -> None:
    """On what was written: the same place, the same values outside of the mask, fill inside."""
    with guarded(Reason.NOT_READABLE_AGAIN):
        written = _read(path)
    if not _same_place(written, original):
        raise HeldError(Reason.GEOMETRY_CHANGED, "geometry is another one")
    new, old, meant = (sitk.GetArrayFromImage(image) for image in (written, original, filled))
    if not np.array_equal(new[..., ~gone], old[..., ~gone], equal_nan=new.dtype.kind == "f"):
        raise HeldError(Reason.PIXELS_CHANGED, "voxels outside the mask have changed")
    if not np.array_equal(new[..., gone], meant[..., gone]):
        raise HeldError(Reason.FILL_MISSING, "voxels inside the mask are not filled")


def _same_place(one: sitk.Image, other: sitk.Image) -> bool:
    """Whether first and last voxels lie in the same places, and in time."""
    if one.GetSize() != other.GetSize():
        return False
    ends = [(0,) * one.GetDimension(), *np.diag(np.subtract(one.GetSize(), 1)).tolist()]
    return all(np.allclose(_at(one, end), _at(other, end), rtol=0, atol=SAME_PLACE) for end in ends)


def _at(image: sitk.Image, index: tuple[int, ...]) -> tuple[float, ...]:
    place: tuple[float, ...] = image.TransformIndexToPhysicalPoint(index)
    return place
