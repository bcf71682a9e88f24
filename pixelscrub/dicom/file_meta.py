"""What stands before the data set: preamble and file meta information, made anew."""

from __future__ import annotations

import struct
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from pixelscrub.dicom.elements import EXPLICIT_LITTLE, head_of
from pixelscrub.dicom.values import encode

IMPLEMENTATION = "2.25.191029485216203317264860417903310451278"


def new_file_meta(sop_class: str, instance: str, syntax: str) -> bytes:
    """File meta information of the de-identified instance (PS3.10 7.1), without preamble.

    Only the transfer syntax is taken over; application entities, private information and the
    implementation that wrote the original are not.

    Args:
        sop_class: SOP Class UID.
        instance: SOP Instance UID as it is now.
        syntax: UID of the transfer syntax; left out where it is empty.
    """
    elements = [_element(0x00020001, "OB", b"\0\1"), _text(0x00020002, "UI", sop_class)]
    elements.append(_text(0x00020003, "UI", instance))
    if syntax:
        elements.append(_text(0x00020010, "UI", syntax))
    elements.append(_text(0x00020012, "UI", IMPLEMENTATION))
    elements.append(_text(0x00020013, "SH", f"PIXELSCRUB_{_version()}"[:16]))
    body = b"".join(elements)
    return _element(0x00020000, "UL", struct.pack("<L", len(body))) + body


def _text(tag: int, vr: str, text: str) -> bytes:
    return _element(tag, vr, encode(text, vr))


def _element(tag: int, vr: str, data: bytes) -> bytes:
    return head_of(tag, vr, len(data), EXPLICIT_LITTLE) + data


@cache
def _version() -> str:
    try:
        return version("pixelscrub").replace(".", "")
    except PackageNotFoundError:
        return "0"
