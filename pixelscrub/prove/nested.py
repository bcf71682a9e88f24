"""Pictures inside sequences, found by the proof's own way through a header."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

PIXELS: Final = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
MARKS: Final = (b"\xe0\x7f\x10\0", b"\xe0\x7f\x08\0", b"\xe0\x7f\x09\0", b"\x7f\xe0\0")
"""Bytes that a tag of pixel data starts with, in either order."""


def items_with_pictures(header: Dataset) -> Iterator[Dataset]:
    """The items of sequences, at any depth, that hold pixel data.

    Args:
        header: of an instance; only sequences with a mark of pixel data are read.
    """
    for tag in header.keys():  # noqa: SIM118
        raw: Any = header.get_item(tag)
        if isinstance(raw, RawDataElement) and not any(m in (raw.value or b"") for m in MARKS):
            continue
        element = header[tag]
        for item in element.value or () if element.VR == "SQ" else ():
            if any(keyword in item for keyword in PIXELS):
                yield item
            yield from items_with_pictures(item)


def frames_of(item: Dataset, syntax: UID) -> npt.NDArray[Any]:
    """The frames of a picture in an item: (frames, rows, columns[, samples]).

    Args:
        item: with pixel data.
        syntax: transfer syntax of the instance, which holds for compressed ones.

    Raises:
        Exception: whatever pydicom raises of what cannot be decoded.
    """
    from pydicom.pixels.utils import pixel_array

    picture = Dataset()
    picture.update(item)
    keyword = next(keyword for keyword in PIXELS if keyword in item)
    picture.file_meta = FileMetaDataset()
    is_native = not getattr(item[keyword], "is_undefined_length", False)
    picture.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if is_native else syntax
    picture.set_original_encoding(False, True)
    frames = np.asarray(pixel_array(picture))
    return frames if int(picture.get("NumberOfFrames") or 1) > 1 else frames[None]
