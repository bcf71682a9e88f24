"""Native pixel data in items, such as icons: frames and no more, values and no other bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

PIXEL_DATA: Final = 0x7FE00010
SAMPLES, FRAMES, ROWS, COLUMNS = 0x00280002, 0x00280008, 0x00280010, 0x00280011
ALLOCATED, STORED, HIGH_BIT, SIGNED = 0x00280100, 0x00280101, 0x00280102, 0x00280103


def cleaned_cells(value: bytes, number: Callable[[int], int], *, little: bool) -> bytes:
    """The cells of native pixel data, with bits of values alone.

    Args:
        value: of the pixel data element.
        number: gives the value of another element of the same item, 0 where there is none.
        little: whether cells are little endian.

    Returns:
        The cells, padded to even length; nothing where the item does not describe them.
    """
    allocated, stored = number(ALLOCATED), number(STORED) or number(ALLOCATED)
    count = number(ROWS) * number(COLUMNS) * (number(SAMPLES) or 1) * (number(FRAMES) or 1)
    length = -(-count * allocated // 8)
    if allocated not in (1, 8, 16, 32) or not 0 < length <= len(value) or stored > allocated:
        return b""
    kept = value[:length]
    if stored < allocated:
        kept = _values_only(kept, allocated, stored, number, little=little)
    return kept + bytes(length % 2)


def _values_only(
    data: bytes, allocated: int, stored: int, number: Callable[[int], int], *, little: bool
) -> bytes:
    size = allocated // 8
    kind = np.dtype(("<" if little else ">") + f"u{size}")
    cells = np.frombuffer(data, kind).astype(f"u{size}")
    high = number(HIGH_BIT)
    low = high + 1 - stored if stored - 1 <= high < allocated else 0
    up = cells.dtype.type(allocated - stored - low)
    shifted = (cells << up).view(f"i{size}" if number(SIGNED) == 1 else f"u{size}")
    values = shifted >> shifted.dtype.type(allocated - stored)
    kept: bytes = (values << values.dtype.type(low)).view(f"u{size}").astype(kind).tobytes()
    return kept
