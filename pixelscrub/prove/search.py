"""Look for many values at once in bytes, whatever case and character set they are written in.

Three depths of search keep false alarms away from bytes that are no text: in text any value
counts as a whole word; in binary values only words of some length do; in pixel data and in a
file as a whole only values so long that chance cannot have put them there.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from pixelscrub.prove.byte_level.anywhere import UID, UID_LENGTH, LongValues, uid_places
from pixelscrub.prove.byte_level.known import KnownElements
from pixelscrub.prove.byte_level.strict import Way

ENCODINGS: Final = ("utf-8", "latin-1", "utf-16-le", "utf-16-be")
NATIONAL: Final = ("shift_jis", "iso2022_jp", "euc_kr", "gb18030", "iso8859_2", "iso8859_5",
                   "iso8859_6", "iso8859_7", "iso8859_8", "iso8859_9", "tis_620")  # fmt: skip
"""Character sets of PS3.3 C.12.1.1.2; they matter only for values that are not ASCII."""
RUN: Final = re.compile(rb"[0-9]+|[a-z\x80-\xff]+")
ALPHANUMERIC: Final = re.compile(rb"[0-9a-z\x80-\xff]")
PRINTABLE: Final = re.compile(rb"[\x20-\x7e]{6,}")
CONTROLS: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
DOTTED: Final = re.compile(rb"[0-9.]+")
"""A number with points; one may be the beginning of another."""
INSIDE_UID: Final = re.compile(rb"\.[0-9]+\.[0-9]+\.")
SHORT: Final = 2
IN_BINARY: Final = 5
TEXT_IN_BINARY: Final = 32
"""A run of so many printable bytes is text, whatever surrounds it."""
LONG: Final = 8
LONG_NUMBER: Final = 10
IDEOGRAPHS: Final = "\u2e80"
"""From here on scripts write words without spaces between them."""


@dataclass(frozen=True)
class Needles:
    """Values, ready to be looked for.

    Attributes:
        words: folded bytes of each value by their first run of letters or of digits.
        wide: folded bytes of values in scripts without spaces.
        uids: UIDs.
        long: folded bytes of each value that chance cannot make.
        known: elements that show none of the values, by how they are written; the short proof's
            own (`copied`).
    """

    words: dict[bytes, list[bytes]] = field(default_factory=dict)
    wide: list[bytes] = field(default_factory=list)
    uids: set[bytes] = field(default_factory=set)
    long: LongValues = field(default_factory=LongValues)
    known: dict[Way, KnownElements] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Iterable[str]) -> Needles:
        """Prepare `values`; those of one character are left out, they would match anything."""
        needles = cls()
        for value in {v.strip() for v in values}:
            if len(value) < SHORT:
                continue
            spelled = {value, value.lower(), value.upper()}
            for data in {d.lower() for v in spelled for d in _encoded(v)}:
                needles._add(value, data)
        return needles

    def _add(self, value: str, data: bytes) -> None:
        if UID.fullmatch(data):
            self.uids.add(data)
            return
        run = RUN.search(data)
        if any(character >= IDEOGRAPHS for character in value):
            self.wide.append(data)
        elif b"\0" not in data and run is not None:
            self.words.setdefault(run[0], []).append(data[run.start() :])
        if _is_long(value):
            self.long.add(data)

    @property
    def overlap(self) -> int:
        """Bytes by which pieces have to overlap so that no long value falls between them."""
        return self.long.longest + UID_LENGTH

    def in_text(self, data: bytes, shortest: int = SHORT) -> bool:
        """Whether any value of at least `shortest` bytes stands in `data` as a whole word."""
        folded = data.lower()
        stripped = folded.replace(b"\0", b"")  # UTF-16 of Latin letters becomes Latin-1
        spellings = [folded] if stripped == folded else [folded, stripped]
        return any(self._in_folded(spelling, shortest) for spelling in spellings)

    def _in_folded(self, folded: bytes, shortest: int) -> bool:
        for run in RUN.finditer(folded):
            for data in self.words.get(run[0], ()):
                if len(data) >= shortest and _is_whole(folded, run.start(), data):
                    return True
        return any(data in folded for data in self.wide) or self._uid_in(folded) is not None

    def _uid_in(self, folded: bytes) -> int | None:
        """Where any of the UIDs stands, whole."""
        for inside in INSIDE_UID.finditer(folded) if self.uids else ():
            start = max(inside.start() - UID_LENGTH, 0)
            for uid in UID.finditer(folded, start, inside.end() + UID_LENGTH):
                if uid[0] in self.uids:
                    return uid.start()
        return None

    def in_binary(self, data: bytes) -> bool:
        """Whether any value stands as a whole word in the printable parts of `data`."""
        if not CONTROLS.search(data.rstrip(b"\0")):
            return self.in_text(data)
        return any(
            self.in_text(run[0], SHORT if len(run[0]) >= TEXT_IN_BINARY else IN_BINARY)
            for run in PRINTABLE.finditer(data)
        )

    def offset(self, data: bytes) -> int | None:
        """Where any long value stands in `data`, at whatever place; None where none does."""
        uid = uid_places(data, self.uids) if self.uids else None
        if uid is not None:
            return uid
        for place, value in self.long.places(data):
            if not DOTTED.fullmatch(value) or _is_whole(data, place, value):
                return place
        return None


def _encoded(value: str) -> set[bytes]:
    encodings = ENCODINGS if value.isascii() else ENCODINGS + NATIONAL
    encoded = set()
    for encoding in encodings:
        try:
            encoded.add(value.encode(encoding))
        except UnicodeEncodeError:
            continue  # a value that cannot be written in a character set does not stand in it
    return encoded


def _is_long(value: str) -> bool:
    """Whether chance cannot make the value: long enough, and no even ramp as pictures have."""
    codes = [ord(character) for character in value]
    steps = {b - a for a, b in itertools.pairwise(codes)}
    is_number = all(not character.isalpha() for character in value)
    return len(value) >= (LONG_NUMBER if is_number else LONG) and len(steps) > 2


def _is_whole(folded: bytes, start: int, value: bytes) -> bool:
    """Whether `value` stands at `start` and is not part of a longer word or number."""
    end = start + len(value)
    if not folded.startswith(value, start):
        return False
    before, after = folded[max(0, start - 1) : start], folded[end : end + 1]
    if value[:1].isdigit() and before == b".":
        return False
    if value[-1:].isdigit() and after == b"." and folded[end + 1 : end + 2].isdigit():
        return False
    if len(value) < IN_BINARY:
        return not (ALPHANUMERIC.match(before) or ALPHANUMERIC.match(after))
    return not _is_same_kind(before, value[:1]) and not _is_same_kind(value[-1:], after)


def _is_same_kind(a: bytes, b: bytes) -> bool:
    """Whether both are digits, or both letters."""
    return bool(RUN.fullmatch(a + b)) if a and b else False
