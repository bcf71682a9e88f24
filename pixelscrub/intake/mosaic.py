"""Slices of a volume that lie side by side in one picture, as Siemens writes MR over time.

How many there are, and which way they go on, is in a private header alone (CSA, as nibabel's page
on Siemens' format describes it); the position that the picture states is that of its own corner,
as if all of it were one slice.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from math import ceil, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from pixelscrub.errors import HeldError, Reason

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from pixelscrub.intake.volumes import Slice

CREATOR: Final = "SIEMENS CSA HEADER"
GROUP, ELEMENT = 0x0029, 0x10
MAGIC: Final = b"SV10"
NAME: Final = struct.Struct("<64s4x4x4xi4x")
"""An attribute: its name, and how many values follow."""
VALUE: Final = struct.Struct("<4xi8x")
"""A value's length; values are padded to four bytes."""


KIND: Final = "MOSAIC"
"""Value of Image Type (PS3.3 C.7.6.1.1.2 leaves its later values to manufacturers)."""


def image_type(header: Dataset) -> frozenset[str]:
    """The values of Image Type, in capitals."""
    kinds = header.get("ImageType") or []
    return frozenset(str(kind).upper() for kind in ([kinds] if isinstance(kinds, str) else kinds))


def tiles(picture: Slice, header: Dataset) -> Iterator[Slice]:
    """The slices of a mosaic, row by row; none where its private header is gone.

    Args:
        picture: the mosaic as if it were one slice.
        header: of its instance.

    Raises:
        HeldError: FACE_GEOMETRY, where the private header is damaged, the picture is no square of
            whole tiles, or its slices do not follow one another along its normal.
    """
    raw = _private(header)
    if raw is None:
        return
    told = attributes(raw)
    counts, normal = (told.get(n, []) for n in ("NumberOfImagesInMosaic", "SliceNormalVector"))
    if len(counts) != 1 or len(normal) != 3:
        raise HeldError(Reason.FACE_GEOMETRY, "the mosaic's private header is incomplete")
    count = int(counts[0])
    (rows, columns), (down, along) = picture.shape, picture.spacing
    step = float(header.get("SpacingBetweenSlices") or picture.thickness)
    direction = float(picture.normal @ np.array(normal))
    across = ceil(sqrt(max(count, 1)))
    is_sound = count > 0 and step > 0 and abs(abs(direction) - 1) < 0.01
    if not is_sound or rows % across or columns % across:
        raise HeldError(Reason.FACE_GEOMETRY, "the mosaic is not sound")
    high, wide = rows // across, columns // across
    corner = picture.position + picture.along * along * (columns - wide) / 2
    corner = corner + picture.down * down * (rows - high) / 2
    for k in range(count):
        position = corner + k * step * np.sign(direction) * picture.normal
        tile = k // across * high, k % across * wide
        yield replace(
            picture, position=position, shape=(high, wide), tile=tile, mosaic=picture.shape
        )


def _private(header: Dataset) -> bytes | None:
    try:
        value = header.private_block(GROUP, CREATOR)[ELEMENT].value
    except KeyError:
        return None
    return value if isinstance(value, bytes) and value.startswith(MAGIC) else None


def attributes(raw: bytes) -> dict[str, list[float]]:
    """What a CSA header (its second form, SV10) holds as numbers, by name.

    Raises:
        HeldError: FACE_GEOMETRY, where it is cut or says what cannot be.
    """
    found: dict[str, list[float]] = {}
    try:
        (count,), place = struct.unpack_from("<i", raw, 8), 16
        for _ in range(count):
            name, items = NAME.unpack_from(raw, place)
            place += NAME.size
            values = []
            for _ in range(items):
                (length,) = VALUE.unpack_from(raw, place)
                place += VALUE.size
                text = raw[place : place + length].split(b"\0")[0].strip()
                place += -(-length // 4) * 4
                if length < 0 or place > len(raw):
                    raise HeldError(Reason.FACE_GEOMETRY, "the mosaic's private header is cut")
                values.append(text)
            found[name.split(b"\0")[0].decode("latin-1")] = _numbers(values)
    except struct.error:
        raise HeldError(Reason.FACE_GEOMETRY, "the mosaic's private header is cut") from None
    return found


def _numbers(values: list[bytes]) -> list[float]:
    """Those of the values that are filled in, if all of them are numbers."""
    try:
        numbers = [float(value) for value in values if value]
    except ValueError:
        return []
    return numbers if np.isfinite(numbers).all() else []
