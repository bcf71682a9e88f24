"""Read the word lists in `data/lang`: sections of words, and remarks that tell their source."""

from __future__ import annotations

import re

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
