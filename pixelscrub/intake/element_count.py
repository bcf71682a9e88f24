"""How many elements a header has, before a library makes objects of them.

300 MB of zeros after a preamble are 37 million elements without a value, and pack to 0.3 MB. They
are counted here without being kept: PS3.5 section 7.1 (elements), 7.5 (sequences), A.4 (fragments).
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Final

from pixelscrub.dicom.constants import LONG, UNDEFINED
from pixelscrub.errors import HeldError, Reason

MAX_ELEMENTS: Final = 1_000_000
"""An enhanced instance of 10,000 frames has about half as many."""
LONG_VRS: Final = frozenset(vr.encode() for vr in LONG)
ITEMS: Final = 0xFFFE
SEQUENCE_END: Final = 0xE0DD
PIXELS: Final = 0x7FE0


class _Walk:
    """Where a walk over elements is: sequences of undefined length that are open."""

    def __init__(self, is_explicit: bool, order: str) -> None:
        self.open: list[bool] = []
        """Whether what surrounds each of them is explicit."""
        self.is_explicit = is_explicit
        self.in_fragments = False
        self.tag = struct.Struct(f"{order}HH")
        self.short = struct.Struct(f"{order}H")
        self.long = struct.Struct(f"{order}I")

    def step(self, head: bytes, file: BinaryIO) -> bool:
        """Go over one element, whose first eight bytes are `head`; false at its end."""
        group, element = self.tag.unpack_from(head)
        if group == ITEMS:
            self._mark(element, self.long.unpack_from(head, 4)[0], file)
            return True
        if group >= PIXELS and not self.open:
            return False
        vr, length = head[4:6], self._length(head, file)
        if length != UNDEFINED:
            file.seek(length, 1)
            return True
        self.in_fragments = (group == PIXELS) or (self.is_explicit and vr in {b"OB", b"OW"})
        self.open.append(self.is_explicit)
        self.is_explicit = self.is_explicit and vr != b"UN"  # its content is implicit (6.2.2)
        return True

    def _mark(self, element: int, length: int, file: BinaryIO) -> None:
        if element == SEQUENCE_END:
            self.is_explicit = self.open.pop() if self.open else self.is_explicit
            self.in_fragments = False
        elif self.in_fragments and length != UNDEFINED:
            file.seek(length, 1)

    def _length(self, head: bytes, file: BinaryIO) -> int:
        if not self.is_explicit or not head[4:6].isalpha():
            return int(self.long.unpack_from(head, 4)[0])
        if head[4:6] not in LONG_VRS:
            return int(self.short.unpack_from(head, 6)[0])
        rest = file.read(4)
        return int(self.long.unpack(rest)[0]) if len(rest) == 4 else 0


def check_element_count(file: BinaryIO, *, is_explicit: bool, is_big_endian: bool) -> None:
    """Make sure that a data set has no more elements than can be believed.

    Args:
        file: at the start of the data set; it is elsewhere afterwards.
        is_explicit: whether elements name their value representation.
        is_big_endian: the order of bytes.

    Raises:
        HeldError: DAMAGED_FILE.
    """
    walk = _Walk(is_explicit, ">" if is_big_endian else "<")
    for _ in range(MAX_ELEMENTS):
        head = file.read(8)
        if len(head) < 8 or not walk.step(head, file):
            return
    raise HeldError(Reason.DAMAGED_FILE, "more elements than can be believed")
