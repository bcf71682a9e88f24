"""Pictures inside sequences: icons, and whatever else holds pixel data in an item.

They show what the picture itself shows, letters too, and nothing needs them: where text is masked
they go, whole sequences of them (PS3.3 C.7.6.1.1.6: an icon may be left out).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

from pydicom.dataelem import RawDataElement

from pixelscrub.dicom.constants import PIXEL_TAGS

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MARKS: Final = tuple(
    struct.pack(order + "HH", tag >> 16, tag & 0xFFFF) for tag in PIXEL_TAGS for order in "<>"
)
"""Tags of pixel data as they stand in the bytes of a sequence."""


def may_hold_picture(value: bytes) -> bool:
    """Whether the bytes of a sequence may hold pixel data; without such a mark they do not."""
    return any(mark in value for mark in MARKS)


def remove_pictures(header: Dataset) -> int:
    """Take out every sequence that holds pixel data in an item, at any depth.

    Elements whose bytes hold no mark of pixel data stay as they were read.

    Args:
        header: of an instance; changed in place.

    Returns:
        How many were taken out.
    """
    gone = 0
    for tag in list(header.keys()):
        raw: Any = header.get_item(tag)
        if isinstance(raw, RawDataElement) and not may_hold_picture(raw.value or b""):
            continue
        element = header[tag]
        if element.VR != "SQ":
            continue
        items = element.value or []
        if any(pixels in item for item in items for pixels in PIXEL_TAGS):
            del header[tag]
            gone += 1
        else:
            gone += sum(remove_pictures(item) for item in items)
    return gone
