"""Numbers, VRs and UIDs of PS3.5 and PS3.10 that every reader and writer of bytes needs."""

from __future__ import annotations

from typing import Final

PREAMBLE: Final = bytes(128) + b"DICM"
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
UNDEFINED: Final = 0xFFFFFFFF
"""Length of what a delimiter ends."""
LONG: Final = frozenset(
    {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
)
"""VRs whose length takes four bytes in explicit VR (PS3.5 7.1.2)."""
SHORT: Final = frozenset(
    {"AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO"}
    | {"LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"}
)
"""VRs whose length takes two."""
IMPLICIT_LITTLE_UID: Final = "1.2.840.10008.1.2"
EXPLICIT_LITTLE_UID: Final = "1.2.840.10008.1.2.1"
DEFLATED_UID: Final = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG_UID: Final = "1.2.840.10008.1.2.2"
NATIVE_UIDS: Final = (IMPLICIT_LITTLE_UID, EXPLICIT_LITTLE_UID, EXPLICIT_BIG_UID)
"""Transfer syntaxes of pixel data that are not compressed; the deflated one is apart."""
PIXEL_TAGS: Final = {
    0x7FE00008: "FloatPixelData",
    0x7FE00009: "DoubleFloatPixelData",
    0x7FE00010: "PixelData",
}
