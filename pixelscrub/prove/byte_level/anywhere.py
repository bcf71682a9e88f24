"""Find long values at any place of any bytes: pixel data, and a file as a whole.

Bytes are looked at four at a time, as numbers. Every occurrence of a value holds a whole such word
within its first seven bytes; a table of hashes tells which words may be one of those, and a second
one whether the eight bytes that such a value begins with stand there. What is left is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

FOLD: Final = np.uint32(0x20202020)
"""Makes small letters of capitals; that it makes others alike as well is sorted out at the end."""
FOLD_8: Final = 0x2020202020202020
SPREAD: Final = np.uint32(0x9E3779B1)
SPREAD_8: Final = np.uint64(0x9E3779B97F4A7C15)
"""2^32 and 2^64 by the golden ratio (Knuth, The Art of Computer Programming 3, 6.4)."""
TOP_BITS, AS_DIGITS = np.uint32(0xE0E0E0E0), np.uint32(0x20202020)
"""What digits and points have in common."""
IN_UID: Final = np.isin(np.arange(256), list(b".0123456789"))
UID: Final = re.compile(rb"[0-9]+(?:\.[0-9]+){3,}")
"""Looked up as a whole: a study has thousands that begin alike."""
UID_LENGTH: Final = 64
MANY_PLACES: Final = 1000
"""Places that may hold a UID from which all bytes are searched for them at once."""

Words = npt.NDArray[np.uint32]


class LongValues:
    """Values of eight bytes and more, in small letters; any case of them is found."""

    def __init__(self) -> None:
        self._words = np.zeros(2**16, np.bool_)
        self._starts = np.zeros(2**16, np.bool_)
        self._values: dict[int, list[bytes]] = {}
        self.longest = 0

    def add(self, value: bytes) -> None:
        """Look for `value`, too."""
        start = int.from_bytes(value[:8], "little") | FOLD_8
        if start not in self._values:
            words = [int.from_bytes(value[at : at + 4], "little") for at in range(4)]
            self._words[_hash(np.array(words, np.uint32) | FOLD)] = True
            self._starts[_hash_8(np.array([start], np.uint64))] = True
        self._values.setdefault(start, []).append(value)
        self.longest = max(self.longest, len(value))

    def places(self, data: bytes) -> list[tuple[int, bytes]]:
        """Where in `data` each value stands, whatever is around it."""
        words = np.frombuffer(data, "<u4", len(data) // 4) | FOLD
        at = np.flatnonzero(self._words[_hash(words)]) if self._values else _NOWHERE
        return sorted(self._confirmed(data, words, at)) if at.size else []

    def _confirmed(
        self, data: bytes, words: Words, at: npt.NDArray[np.intp]
    ) -> Iterator[tuple[int, bytes]]:
        for offset, starts in enumerate(_starts_around(data, words, at)):
            for place in np.flatnonzero(self._starts[_hash_8(starts)]):
                begin = int(at[place]) * 4 - offset
                for value in self._values.get(int(starts[place]), ()) if begin >= 0 else ():
                    if data[begin : begin + len(value)].lower() == value:
                        yield begin, value


_NOWHERE: Final = np.zeros(0, np.intp)


def _hash(words: Words) -> Words:
    return (words * SPREAD) >> np.uint32(16)


def _hash_8(starts: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    return (starts * SPREAD_8) >> np.uint64(48)


def _starts_around(
    data: bytes, words: Words, at: npt.NDArray[np.intp]
) -> list[npt.NDArray[np.uint64]]:
    """The eight bytes that begin none to three bytes before each of the words `at`, folded."""
    rest = int.from_bytes(data[len(words) * 4 :].ljust(4, b"\0"), "little")
    padded = np.concatenate([np.zeros(1, "<u4"), words, np.array([rest], "<u4") | FOLD, [FOLD]])
    before, here, after = (padded[at + step].astype(np.uint64) for step in range(3))
    found: list[npt.NDArray[Any]] = []
    for offset in range(4):
        bits = np.uint64(8 * offset)
        earlier = before >> np.uint64(32 - 8 * offset)
        found.append(earlier | here << bits | after << (bits + np.uint64(32)))
    return found


def uid_places(data: bytes, uids: set[bytes]) -> int | None:
    """Where in `data` any of `uids` stands as a whole; None where none does."""
    words = np.frombuffer(data, "<u4", len(data) // 4)
    at = np.flatnonzero((words & TOP_BITS) == AS_DIGITS)
    at = at[IN_UID[words[at].view(np.uint8).reshape(-1, 4)].all(axis=1)]
    if not at.size:
        return None
    breaks = np.flatnonzero(np.diff(at) > UID_LENGTH // 4)
    if breaks.size > MANY_PLACES:
        return _first_uid(data, 0, len(data), uids)
    firsts = at[np.concatenate([[0], breaks + 1])] * 4
    lasts = at[np.concatenate([breaks, [at.size - 1]])] * 4
    spans = ((int(a) - UID_LENGTH, int(b) + UID_LENGTH) for a, b in zip(firsts, lasts, strict=True))
    found = (_first_uid(data, max(start, 0), stop, uids) for start, stop in spans)
    return next((place for place in found if place is not None), None)


def _first_uid(data: bytes, start: int, stop: int, uids: set[bytes]) -> int | None:
    for uid in UID.finditer(data, start, stop):
        if uid[0] in uids:
            return uid.start()
    return None
