"""Where NIfTI headers say what: both versions of the format, scale and place.

nifti1.h (2007) and nifti2.h (2011).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason

Floats = npt.NDArray[np.floating]

MILLIMETRES: Final = {1: 1000.0, 3: 0.001}
"""By the code of the unit of length: metres and micrometres; anything else is millimetres."""
FLATTEST: Final = 1e-6
"""Volume of a voxel (mm³) below which a header says nothing of where it lies."""


@dataclass(frozen=True, slots=True)
class NiftiLayout:
    """Where things stand in a header, and how long it is.

    Attributes:
        size: bytes of the header.
        magic: place and value, in one file and in two.
        dim, pixdim, offset, scale, units: place and format of the elements of these names.
        kind: place of datatype and bitpix.
        qform, quaternion, sform, codes: of both transforms; format of their codes.
    """

    size: int
    magic: tuple[int, bytes, bytes]
    dim: tuple[int, str]
    kind: int
    pixdim: tuple[int, str]
    offset: tuple[int, str]
    scale: tuple[int, str]
    units: tuple[int, str]
    codes: tuple[int, str]
    quaternion: tuple[int, str]
    sform: tuple[int, str]

    def with_sizes(self, header: bytes, order: str, axes: int) -> bytes:
        """A header that speaks of its first axes alone."""
        place, form = self.dim
        dim = list(struct.unpack_from(order + form, header, place))
        dim = [axes, *dim[1 : axes + 1], *([1] * (7 - axes))]
        changed = bytearray(header)
        struct.pack_into(order + form, changed, place, *dim)
        return bytes(changed)


FIRST: Final = NiftiLayout(
    size=348,
    magic=(344, b"n+1\0", b"ni1\0"),
    dim=(40, "8h"),
    kind=70,
    pixdim=(76, "8f"),
    offset=(108, "f"),
    scale=(112, "2f"),
    units=(123, "b"),
    codes=(252, "2h"),
    quaternion=(256, "6f"),
    sform=(280, "12f"),
)
SECOND: Final = NiftiLayout(
    size=540,
    magic=(4, b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n"),
    dim=(16, "8q"),
    kind=12,
    pixdim=(104, "8d"),
    offset=(168, "q"),
    scale=(176, "2d"),
    units=(500, "i"),
    codes=(344, "2i"),
    quaternion=(352, "6d"),
    sform=(400, "12d"),
)


def numbers(header: bytes, order: str, where: tuple[int, str]) -> tuple[Any, ...]:
    """The numbers of an element."""
    return struct.unpack_from(order + where[1], header, where[0])


def scale_of(header: bytes, layout: NiftiLayout, order: str) -> tuple[float, float]:
    """Slope and intercept; a slope of 0 means none."""
    slope, intercept = (float(n) for n in numbers(header, order, layout.scale))
    is_sound = math.isfinite(slope) and math.isfinite(intercept) and slope != 0
    return (slope, intercept) if is_sound else (1.0, 0.0)


def affine_of(header: bytes, layout: NiftiLayout, order: str) -> Floats:
    """From indices to patient coordinates: sform before qform before sizes alone (nifti1.h)."""
    pixdim = np.array(numbers(header, order, layout.pixdim), float)
    qform, sform = numbers(header, order, layout.codes)
    affine = np.eye(4)
    if sform > 0:
        affine[:3] = np.reshape(numbers(header, order, layout.sform), (3, 4))
    elif qform > 0:
        b, c, d, *corner = numbers(header, order, layout.quaternion)
        affine[:3, :3] = _rotation(b, c, d) * (pixdim[1:4] * [1, 1, -1 if pixdim[0] < 0 else 1])
        affine[:3, 3] = corner
    else:
        affine[:3, :3] = np.diag(np.abs(pixdim[1:4]))
    (units,) = numbers(header, order, layout.units)
    affine[:3] *= MILLIMETRES.get(units & 7, 1.0)
    affine[:2] *= -1  # right, anterior of NIfTI to left, posterior of DICOM
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < FLATTEST:
        raise HeldError(Reason.FACE_GEOMETRY, "it lies nowhere")
    return affine


def _rotation(b: float, c: float, d: float) -> Floats:
    """Of a unit quaternion whose first part is left out."""
    from scipy.spatial.transform import Rotation

    a = math.sqrt(max(0.0, 1.0 - b * b - c * c - d * d))
    if not any((a, b, c, d)) or not all(map(math.isfinite, (b, c, d))):
        raise HeldError(Reason.FACE_GEOMETRY, "it lies nowhere")
    result: Floats = Rotation.from_quat([b, c, d, a]).as_matrix()
    return result


def without_words(header: bytes, layout: NiftiLayout) -> bytes:
    """The same header with sizes, type, scale and place alone."""
    kept = bytearray(layout.size)
    kept[:4] = header[:4]
    places = [layout.dim, layout.pixdim, layout.scale, layout.units, layout.codes]
    places += [layout.quaternion, layout.sform, (layout.kind, "2h")]
    for place, form in places:
        end = place + struct.calcsize(f"<{form}")
        kept[place:end] = header[place:end]
    return bytes(kept)
