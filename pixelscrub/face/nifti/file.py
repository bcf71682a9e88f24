"""NIfTI files as they are stored: voxels, their scale and place, and no word of the header.

The formats are NIfTI-1.1 (nifti1.h, 2007), also as a pair of `.hdr` and `.img`, and NIfTI-2
(nifti2.h, 2011). Stored values stay what they are, so that voxels outside a mask are the same bits.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.face.nifti.layout import (
    FIRST,
    SECOND,
    NiftiLayout,
    affine_of,
    numbers,
    scale_of,
    without_words,
)
from pixelscrub.face.voxels.grid import Placed
from pixelscrub.intake.nifti import open_inflated

Floats = npt.NDArray[np.floating]

PAIR: Final = (".hdr", ".img")
ENDINGS: Final = (".nii", ".nii.gz", *PAIR)
GZIP: Final = b"\x1f\x8b"
MAX_BYTES: Final = 16 * 2**30
"""Voxels of a volume or a time series."""
MAX_OFFSET: Final = 16 * 2**20
"""Where voxels may begin: extensions of other tools come before them."""
TYPES: Final = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4",
                1024: "i8", 1280: "u8"}  # fmt: skip
"""Types of voxels by their code; complex numbers, colours and bits are left out."""


@dataclass(frozen=True, slots=True)
class NiftiFile:
    """A volume or a time series.

    Attributes:
        layout: of the header.
        order: `<` or `>`.
        header: its bytes; nothing but numbers.
        voxels: stored values, (slices, rows, columns), a time axis first where there is one.
        slope, intercept: real values are the first times stored ones plus the second.
        affine: from indices (columns, rows, slices) to patient coordinates (LPS mm), 4 by 4.
    """

    layout: NiftiLayout
    order: str
    header: bytes
    voxels: npt.NDArray[Any]
    slope: float
    intercept: float
    affine: Floats

    @property
    def times(self) -> npt.NDArray[Any]:
        """Stored values with a time axis in any case."""
        return self.voxels.reshape(-1, *self.voxels.shape[-3:])

    def real(self, stored: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Real values of stored ones."""
        return stored.astype(np.float64) * self.slope + self.intercept

    def stored(self, real: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Stored values of real ones, as near as they can be."""
        values = (real - self.intercept) / self.slope
        kind = self.voxels.dtype
        if kind.kind in "iu":
            limits = np.iinfo(kind)
            values = np.clip(np.rint(values), limits.min, limits.max)
        return values.astype(kind)

    def placed(self, time: int = 0) -> Placed:
        """One volume in real units where it lies; also where that is sheared."""
        values = self.real(self.times[time]).astype(np.float32)
        sound = np.isfinite(values)
        if not sound.all():
            values[~sound] = values[sound].min() if sound.any() else 0.0
        image = sitk.GetImageFromArray(values)
        sizes = np.linalg.norm(self.affine[:3, :3], axis=0)
        image.SetSpacing(sizes.tolist())
        back = np.diag(sizes) @ np.linalg.inv(self.affine[:3, :3])
        to_image = sitk.AffineTransform(3)
        to_image.SetMatrix(back.ravel().tolist())
        to_image.SetTranslation((-back @ self.affine[:3, 3]).tolist())
        return Placed(image, to_image)


def read_nifti(path: Path) -> NiftiFile:
    """Read a file, or both of a pair by the name of either.

    Raises:
        HeldError: UNREADABLE; NIFTI_INVALID, where it is none; NIFTI_CUT, where it ends too soon;
            NIFTI_TYPE, where voxels are no plain numbers; TOO_LARGE; FACE_GEOMETRY, where it is
            no volume, or lies nowhere.
    """
    head_path, body_path = _paths(path)
    try:
        with open_inflated(head_path) as content:
            header, layout, order = _read_header(content)
            shape, kind, offset = _describe(header, layout, order, head_path != body_path)
            if head_path == body_path:
                raw = _read_voxels(content, offset - len(header), math.prod(shape) * kind.itemsize)
        if head_path != body_path:
            with open_inflated(body_path) as content:
                raw = _read_voxels(content, offset, math.prod(shape) * kind.itemsize)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise HeldError(Reason.NIFTI_CUT) from None
    except OSError:
        raise HeldError(Reason.UNREADABLE) from None
    voxels = np.frombuffer(raw, kind).reshape(shape[::-1])
    slope, intercept = scale_of(header, layout, order)
    affine = affine_of(header, layout, order)
    return NiftiFile(layout, order, without_words(header, layout), voxels, slope, intercept, affine)


def _paths(path: Path) -> tuple[Path, Path]:
    """Where header and voxels are."""
    if path.suffix in PAIR:
        return path.with_suffix(".hdr"), path.with_suffix(".img")
    return path, path


def _read_header(content: IO[bytes]) -> tuple[bytes, NiftiLayout, str]:
    start = content.read(4)
    for order in "<>":
        for layout in (FIRST, SECOND):
            if start == struct.pack(f"{order}i", layout.size):
                header = start + content.read(layout.size - 4)
                place, one, two = layout.magic
                if len(header) < layout.size:
                    raise HeldError(Reason.NIFTI_CUT)
                if header[place : place + len(one)] in (one, two):
                    return header, layout, order
    raise HeldError(Reason.NIFTI_INVALID)


def _describe(
    header: bytes, layout: NiftiLayout, order: str, is_pair: bool
) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Sizes along the axes, type of a voxel, and where voxels begin."""
    dim = numbers(header, order, layout.dim)
    code, _ = struct.unpack_from(f"{order}2h", header, layout.kind)
    (offset,) = numbers(header, order, layout.offset)
    if not (1 <= dim[0] <= 7 and all(n >= 1 for n in dim[1 : dim[0] + 1])):
        raise HeldError(Reason.NIFTI_INVALID, "sizes along the axes")
    if code not in TYPES:
        raise HeldError(Reason.NIFTI_TYPE)
    sizes = list(dim[1 : dim[0] + 1])
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes.pop()
    if len(sizes) not in {3, 4} or min(sizes[:3]) < 2:
        raise HeldError(Reason.FACE_GEOMETRY, "neither a volume nor a time series")
    kind = np.dtype(order + TYPES[code])
    if math.prod(sizes) * kind.itemsize > MAX_BYTES:
        raise HeldError(Reason.TOO_LARGE)
    if not 0 <= offset <= MAX_OFFSET:
        raise HeldError(Reason.NIFTI_INVALID, "where voxels begin")
    return tuple(sizes), kind, int(offset) if is_pair else max(int(offset), layout.size)


def _read_voxels(content: IO[bytes], skip: int, length: int) -> bytes:
    if len(content.read(skip)) < skip:
        raise HeldError(Reason.NIFTI_CUT)
    raw = bytearray()
    while len(raw) < length and (block := content.read(min(2**24, length - len(raw)))):
        raw += block
    if len(raw) < length:
        raise HeldError(Reason.NIFTI_CUT)
    return bytes(raw)


def write_nifti(path: Path, file: NiftiFile, voxels: npt.NDArray[Any]) -> None:
    """Write voxels with the header of a file, of the same type or as bytes.

    Raises:
        HeldError: WRITE_FAILED.
    """
    head_path, body_path = _paths(path)
    is_pair = head_path != body_path
    header = bytearray(file.header)
    place, one, two = file.layout.magic
    header[place : place + len(one)] = two if is_pair else one
    offset = 0 if is_pair else file.layout.size + 4
    where, form = file.layout.offset
    struct.pack_into(file.order + form, header, where, offset)
    if voxels.dtype == np.uint8:
        struct.pack_into(f"{file.order}2h", header, file.layout.kind, 2, 8)
        where, form = file.layout.scale
        struct.pack_into(file.order + form, header, where, 0, 0)
    raw = np.ascontiguousarray(voxels).tobytes()
    with guarded(Reason.WRITE_FAILED):
        if is_pair:
            _write(body_path, raw)
            _write(head_path, bytes(header))
        else:
            _write(path, bytes(header) + bytes(4) + raw)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile(
                filename="", fileobj=file, mode="wb", compresslevel=6, mtime=0
            ) as out:
                out.write(content)
        else:
            file.write(content)
        file.flush()
        os.fsync(file.fileno())
