"""Values in bytes: decode text, encode it again, and dummies for every value representation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from pydicom.charset import convert_encodings, decode_bytes, encode_string

TEXTS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
OTHERS = frozenset({"OB", "OW", "OF", "OD", "OL", "OV", "UN"})
CHARACTER_SET = 0x00080005
SINGLE = frozenset({"LT", "ST", "UT", "UR"})
DUMMY_TEXT = "REMOVED"
_DUMMIES = {
    "AE": "REMOVED",
    "AS": "000Y",
    "CS": "REMOVED",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101000000",
    "IS": "0",
    "TM": "000000",
    "UR": "urn:removed",
}
_DELIMITERS = {0x0A, 0x0C, 0x0D, 0x09}
STRINGS = TEXTS | frozenset(_DUMMIES) | {"UI"}


class ElementValue(NamedTuple):
    """The value of one element.

    Attributes:
        tag, vr: of the element.
        data: bytes as they stand in the file.
        charsets: Python encodings of the data set's Specific Character Set.
    """

    tag: int
    vr: str
    data: bytes
    charsets: tuple[str, ...]

    def text(self) -> str:
        """The value as text, without padding; what cannot be decoded becomes U+FFFD."""
        return decode(self.data, self.vr, self.charsets)

    def encoded(self, text: str) -> bytes:
        """Bytes of another text for the same element, in the charsets of the data set."""
        if text.isascii() or self.vr not in TEXTS:
            return encode(text, self.vr)
        try:
            data = bytes(encode_string(text, list(self.charsets)))
        except (LookupError, UnicodeError, ValueError):
            return encode(text, self.vr)
        return data + b" " * (len(data) % 2)

    def parts(self) -> list[str]:
        """The values of a multi-valued text."""
        text = self.text()
        return [text] if self.vr in SINGLE else [part.strip() for part in text.split("\\")]

    def shown(self) -> str:
        """The value for a person to read, in one line; empty where it is binary.

        Control characters go: they could speak to the terminal.
        """
        if self.vr not in STRINGS:
            return ""
        return "".join(c for c in " ".join(self.text().split()) if c.isprintable())


@lru_cache(maxsize=64)
def charsets_of(data: bytes) -> tuple[str, ...]:
    """Python encodings for a value of Specific Character Set; Latin-1 where it is unknown."""
    names = [name.strip() for name in data.decode("ascii", "replace").strip(" \0").split("\\")]
    return tuple(str(name) for name in convert_encodings(names))


def decode(data: bytes, vr: str, charsets: Sequence[str]) -> str:
    """Text of bytes, in the charsets of the data set where the VR uses them."""
    if vr not in TEXTS or (data.isascii() and b"\x1b" not in data):
        return data.decode("ascii", "replace").strip(" \0")
    delimiters = {0x5E, 0x3D, 0x5C} if vr == "PN" else _DELIMITERS | {0x5C}
    return decode_bytes(data, list(charsets), delimiters).strip(" \0")


def encode(text: str, vr: str) -> bytes:
    """ASCII bytes of even length; what ASCII lacks is dropped."""
    data = text.encode("ascii", "ignore")
    return data + (b"\0" if vr == "UI" else b" ") * (len(data) % 2)


def dummy(vr: str, size: int) -> bytes:
    """A value that is not empty and says nothing, for an element of `size` bytes."""
    if vr in STRINGS:
        return encode(_DUMMIES.get(vr, DUMMY_TEXT), vr)
    return bytes(max(size, 2) if vr in OTHERS else size)
