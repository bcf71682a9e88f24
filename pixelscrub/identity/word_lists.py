"""Read the word lists in `data/lang`: sections of words, and remarks that tell their source."""

from __future__ import annotations

import gzip
import re
from functools import cache

from pixelscrub.identity.tables import DATA

_WORD = re.compile(r"[^\W_]+")


def sections(name: str) -> dict[str, list[str]]:
    """The words of a list by section, in small letters; lines that start with `#` are remarks.

    Args:
        name: of the file, without its ending.
    """
    found: dict[str, list[str]] = {}
    section = found.setdefault("words", [])
    for line in (DATA / "lang" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            section += _WORD.findall(line.lower())
    return found


@cache
def packed_lines(name: str) -> bytes:
    """A compressed list as it is: lines of ASCII letters in order, far too many for a set."""
    return gzip.decompress((DATA / name).read_bytes())


def has_line(lines: bytes, line: str) -> bool:
    """Whether a line is one of `lines`, which are in order and each end with a line feed."""
    wanted, low, high = line.encode(), 0, len(lines)
    while low < high:
        start = lines.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = lines.index(b"\n", start)
        found = lines[start:end]
        if found == wanted:
            return True
        low, high = (end + 1, high) if found < wanted else (low, start)
    return False
