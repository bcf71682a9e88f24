"""Photographs that Exif says to turn: searched the right way up, masked as they are stored."""

from __future__ import annotations

import io
from typing import BinaryIO

import numpy as np

from pixelscrub.errors import Reason, guarded
from pixelscrub.findings import Box
from pixelscrub.formats.wrapped import wrap_pages


def upright(data: bytes) -> BinaryIO:
    """A JPEG picture as an instance that shows it the right way up.

    Raises:
        HeldError: DAMAGED_FILE.
    """
    from PIL import Image, ImageOps

    with guarded(Reason.DAMAGED_FILE), Image.open(io.BytesIO(data)) as opened:
        turned = ImageOps.exif_transpose(opened)
        return wrap_pages([np.asarray(turned if turned.mode == "L" else turned.convert("RGB"))])


def turned_back(box: Box, orientation: int, columns: int, rows: int) -> Box:
    """A box of the upright picture in the picture as it is stored.

    Args:
        box: in the upright picture.
        orientation: as Exif counts it, 1 to 8 (Exif 2.32 section 4.6.4).
        columns: of the stored picture.
        rows: of the stored picture.
    """
    x0, y0, x1, y1 = box
    if orientation >= 5:  # rows and columns change places
        x0, y0, x1, y1 = y0, x0, y1, x1
    if orientation in (2, 3, 7, 8):
        x0, x1 = columns - x1, columns - x0
    if orientation in (3, 4, 6, 7):
        y0, y1 = rows - y1, rows - y0
    return Box(x0, y0, x1, y1)
