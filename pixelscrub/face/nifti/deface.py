"""Faces in NIfTI files, for people who have no DICOM: one file in, one file out.

The same finding, filling and gates as for series. What cannot be trusted is not written.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, Reason, UsageError, guarded
from pixelscrub.face.decide import LIKELY, is_alike
from pixelscrub.face.fill import GENERIC, Filling, Labels, labelled
from pixelscrub.face.mask import HALF, HeadFit, average, fit_head, on_grid
from pixelscrub.face.nifti.file import ENDINGS, PAIR, NiftiFile, read_nifti, write_nifti
from pixelscrub.face.plans import FaceCheck
from pixelscrub.face.voxels.readings import read_values
from pixelscrub.recipe import FaceFill, Orbits

Modality = Literal["CT", "MR"]
SAME_PLACE: Final = 1e-3
"""Millimetres by which what was written may lie elsewhere: the header holds 32-bit numbers."""


@dataclass(frozen=True, slots=True)
class Defaced:
    """What was done: `checks` as in `FaceMask`; `voxels` are those filled, in each time point."""

    checks: dict[str, float]
    voxels: int


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the volume is, what goes beside the face or stays, and whether a new face is made."""

    modality: Modality
    ears: bool
    keep_orbits: bool
    generic: bool


def deface_nifti(  # noqa: PLR0913 (its options)
    source: Path,
    out: Path,
    modality: Modality,
    *,
    mask: Path | None = None,
    ears: bool = False,
    orbits: Orbits = "take",
    fill: FaceFill = "air",
    check: FaceCheck | None = None,
    may_be_faceless: bool = False,
) -> Defaced:
    """Remove the face from a NIfTI volume, or from all volumes of a time series.

    Only intensities, scale and geometry are carried over: free text of the header and extensions
    stay behind. Stored values outside the mask are those of the original, bit for bit.

    Args:
        source: `.nii`, `.nii.gz`, or either of a pair of `.hdr` and `.img`; 3D or 4D, NIfTI-1
            or NIfTI-2.
        out: the new file or pair; it must not exist.
        modality: what the volume is.
        mask: where the mask lies. One that exists is taken as a person left it, else the
            mask that was found is written there.
        ears: take the ears too.
        orbits: whether they go with the face, or their back halves stay, as in a recipe.
        fill: what takes the face's place, as in a recipe.
        check: tells by other means whether a face is left.
        may_be_faceless: a volume in which neither a head fits nor the check sees a face is written
            as it is, without the words of its header. Without a check it is held.

    Raises:
        UsageError: a file name does not end as NIfTI's do, `out` exists, or two are one file.
        HeldError: those of `read_nifti`; FACE_PARTIAL, where no face is found or part of it may
            remain; FACE_LEFT, where the check sees one; FACE_FAILED, where the mask does not fit;
            NOT_READABLE_AGAIN, GEOMETRY_CHANGED, PIXELS_CHANGED, FILL_MISSING, where what was
            written is not what it should be; WRITE_FAILED.
    """
    paths = [path for path in (source, out, mask) if path is not None]
    if not all(path.name.endswith(ENDINGS) for path in paths):
        raise UsageError(f"names of NIfTI files end in {', '.join(ENDINGS)}")
    names = [part for path in paths for part in _parts(path)]
    if any(part.exists() for part in _parts(out)) or len({*names}) < len(names):
        raise UsageError("the output exists, or two files are the same")
    file = read_nifti(source)
    if mask is not None and all(part.exists() for part in _parts(mask)):
        labels, checks = _corrected(mask, file), {}
        air, tissue = _levels(file, labels, modality)
    else:
        wanted = _Wanted(modality, ears, orbits == "keep_back", fill in {"blur", "generic"})
        found = _found_or_none(file, wanted, check if may_be_faceless else None)
        if found is None:
            return _copied(file, out)
        labels, head = found
        if check is not None:
            _ask(check, file, labels)
        checks, air, tissue = head.checks, head.reading.air, head.tissue
        if mask is not None:
            with _beside(mask) as place:
                write_nifti(place, _single(file), labels)
    filled = _filled(file, labels, Filling(fill, air, tissue))
    with _beside(out) as place:
        write_nifti(place, file, filled)
        _prove(place, file, filled, labels > 0)
    return Defaced(checks, int((labels > 0).sum()))


def copy_nifti(source: Path, out: Path) -> None:
    """Write a volume as it is, without the words of its header.

    Raises:
        HeldError: those of `read_nifti`, and of the proof of what was written.
    """
    _copied(read_nifti(source), out)


def _copied(file: NiftiFile, out: Path) -> Defaced:
    nothing = np.zeros(file.times.shape[1:], np.bool_)
    with _beside(out) as place:
        write_nifti(place, file, file.voxels)
        _prove(place, file, file.voxels, nothing)
    return Defaced({}, 0)


def _found_or_none(
    file: NiftiFile, wanted: _Wanted, check: FaceCheck | None
) -> tuple[Labels, HeadFit] | None:
    """The face of a volume; None where there is no head, and the check sees no face either."""
    if check is not None:
        with guarded(Reason.FACE_FAILED):
            head = fit_head(file.placed(), wanted.modality, ears=wanted.ears)
            if not _is_face_likely(file, head, check):
                return None
    return _found_in_all(file, wanted)


def _is_face_likely(file: NiftiFile, head: HeadFit | str, check: FaceCheck) -> bool:
    """Whether a volume shows a face by the check, or something of one where a head fits."""
    x, y, z = (float(size) for size in np.linalg.norm(file.affine[:3, :3], axis=0))
    if check(file.real(file.times[0]).astype(np.float32), (z, y, x)).is_face:
        return True
    if isinstance(head, str):
        return False
    surface = head.reading.surface(head.reading.real(file.placed())).image
    seen = check(sitk.GetArrayFromImage(surface), (z, y, x))
    return head.reading.tissue != "bright" or seen.score >= LIKELY


def _parts(path: Path) -> list[Path]:
    """The files that a name stands for."""
    return (
        [path.with_suffix(end).resolve() for end in PAIR]
        if path.suffix in PAIR
        else [path.resolve()]
    )


def _single(file: NiftiFile) -> NiftiFile:
    """The header of one volume of a time series, for a mask."""
    if file.voxels.ndim == 3:
        return file
    return replace(file, header=file.layout.with_sizes(file.header, file.order, 3))


def _found_in_all(file: NiftiFile, wanted: _Wanted) -> tuple[Labels, HeadFit]:
    """What goes in any volume of a time series, where the head moves; and the head in the first."""
    heads: list[tuple[npt.NDArray[np.float32], HeadFit]] = []
    labels: Labels | None = None
    for time in range(len(file.times)):
        values = file.real(file.times[time]).astype(np.float32)
        if any(is_alike(values, other) for other, _ in heads):
            continue
        head = _found(file, time, wanted)
        heads.append((values, head))
        own = _labels(file, head, wanted.generic)
        labels = own if labels is None else np.maximum(labels, own)
    if labels is None:
        raise HeldError(Reason.FACE_GEOMETRY, "no volume")
    return labels, heads[0][1]


def _found(file: NiftiFile, time: int, wanted: _Wanted) -> HeadFit:
    with guarded(Reason.FACE_FAILED):
        head = fit_head(
            file.placed(time), wanted.modality, ears=wanted.ears, keep_orbits=wanted.keep_orbits
        )
    if isinstance(head, str):
        raise HeldError(Reason.FACE_PARTIAL, head)
    if head.status != "removed":
        raise HeldError(Reason.FACE_PARTIAL, ", ".join(head.reasons))
    return head


def _ask(check: FaceCheck, file: NiftiFile, labels: Labels) -> None:
    """Make sure that no face is seen beside the mask, in any volume in which the head lies anew."""
    x, y, z = (float(size) for size in np.linalg.norm(file.affine[:3, :3], axis=0))
    seen: list[npt.NDArray[np.float32]] = []
    for time in range(len(file.times)):
        values = file.real(file.times[time]).astype(np.float32)
        if any(is_alike(values, other) for other in seen):
            continue
        seen.append(values)
        with guarded(Reason.FACE_FAILED):
            is_left = check(values, (z, y, x), labels > 0).is_face
        if is_left:
            raise HeldError(Reason.FACE_LEFT)


def _labels(file: NiftiFile, head: HeadFit, generic: bool) -> Labels:
    """What goes, and what of it lies inside the average head."""
    placed = file.placed()
    gone = (on_grid(placed, head.region) >= HALF).astype(np.uint8)
    if generic:
        gone[(gone > 0) & (on_grid(placed, average(head)) >= HALF)] = GENERIC
    return gone


def _corrected(path: Path, file: NiftiFile) -> Labels:
    """A mask that a person drew or corrected, on the volume's own grid."""
    try:
        mask = read_nifti(path)
    except HeldError as error:
        raise HeldError(Reason.FACE_FAILED, str(error.reason)) from None
    same = mask.voxels.shape == file.times.shape[1:]
    if not (same and _lies_alike(mask, file)):
        raise HeldError(Reason.FACE_FAILED, "mask does not fit the volume")
    if not mask.voxels.any():
        raise HeldError(Reason.FACE_FAILED, "mask is empty")
    return labelled(mask.voxels)


def _lies_alike(one: NiftiFile, other: NiftiFile) -> bool:
    """Whether first and last voxels lie in the same places."""
    sizes = one.times.shape[:0:-1]
    ends = np.array([[0, 0, 0, 1], *([*row, 1] for row in np.diag(np.subtract(sizes, 1)))])
    here, there = (ends @ file.affine.T for file in (one, other))
    return bool(np.allclose(here, there, rtol=0, atol=SAME_PLACE))


def _levels(
    file: NiftiFile, labels: Labels, modality: Modality
) -> tuple[tuple[float, float], float]:
    """Air and tissue where a person has drawn the mask."""
    placed = file.placed()
    readings = read_values(placed.image, modality)
    air = readings[0].air if readings else (0.0, 0.0)
    return air, float(np.median(file.real(file.times[0])[labels > 0]))


def _filled(file: NiftiFile, labels: Labels, filling: Filling) -> npt.NDArray[Any]:
    """The same with something else where the face was; its noise is drawn anew each time."""
    voxels = file.voxels.copy()
    noise = np.random.default_rng(secrets.randbits(128))
    for volume in voxels.reshape(-1, *labels.shape):
        for plane, on_it in zip(volume, labels, strict=True):
            if on_it.any():
                new = file.stored(filling.of(file.real(plane), on_it, noise))
                plane[on_it > 0] = new[on_it > 0]
    return voxels


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A place beside a file's own; what is there at the end without an error takes its name."""
    ending = next(end for end in sorted(ENDINGS, key=len, reverse=True) if path.name.endswith(end))
    place = path.with_name(f".{secrets.token_hex(8)}{ending}")
    pairs = list(zip(_parts(place), _parts(path), strict=True))
    try:
        yield place
        with guarded(Reason.WRITE_FAILED):
            for there, here in reversed(pairs):  # the header last: without it there is no file
                there.replace(here)
    finally:
        for there, _ in pairs:
            there.unlink(missing_ok=True)


def _prove(
    path: Path, original: NiftiFile, filled: npt.NDArray[Any], gone: npt.NDArray[np.bool_]
) -> None:
    """On what was written: the same place, the same values outside of the mask, fill inside."""
    with guarded(Reason.NOT_READABLE_AGAIN):
        written = read_nifti(path)
    same = written.voxels.shape == original.voxels.shape
    scales = [(file.slope, file.intercept) for file in (written, original)]
    if not same or scales[0] != scales[1] or not _lies_alike(written, original):
        raise HeldError(Reason.GEOMETRY_CHANGED, "geometry is another one")
    new, old, meant = written.voxels, original.voxels, filled
    if new[..., ~gone].tobytes() != old[..., ~gone].tobytes():
        raise HeldError(Reason.PIXELS_CHANGED, "voxels outside the mask have changed")
    if new[..., gone].tobytes() != meant[..., gone].tobytes():
        raise HeldError(Reason.FILL_MISSING, "voxels inside the mask are not filled")
