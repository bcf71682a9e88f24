#!/usr/bin/env python3
"""Fold the fragments in changelog.d into CHANGELOG.md, as keepachangelog.com has it.

Usage: scripts/changelog.py            prints what the next version's part would be
       scripts/changelog.py VERSION    writes it below the title, and removes the fragments
"""

from __future__ import annotations

import datetime
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADINGS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
TITLE = "# Changelog\n"


def main(root: Path = ROOT) -> None:
    fragments = sorted((root / "changelog.d").glob("*.md"))
    version = sys.argv[1] if len(sys.argv) > 1 else ""
    made = part(version, [path.read_text(encoding="utf-8") for path in fragments])
    if not version:
        print(made, end="")
        return
    log = root / "CHANGELOG.md"
    log.write_text(fold(log.read_text(encoding="utf-8"), made), encoding="utf-8")
    for path in fragments:
        path.unlink()


def part(version: str, fragments: list[str], today: datetime.date | None = None) -> str:
    """The part of one version: its bullets under the headings that they begin with."""
    day = today or datetime.datetime.now(tz=datetime.UTC).date()
    found: dict[str, list[str]] = {heading: [] for heading in HEADINGS}
    for bullet in (bullet for text in fragments for bullet in bullets(text)):
        heading, rest = split(bullet)
        found[heading].append(f"- {rest}")
    lines = [f"## [{version}] - {day}" if version else "## [Unreleased]"]
    for heading, told in found.items():
        if told:
            lines += ["", f"### {heading}", "", *told]
    return "\n".join(lines) + "\n"


def bullets(text: str) -> list[str]:
    """Each bullet of a fragment as one line, whether or not it was broken into several."""
    parts = re.split(r"^- ", text, flags=re.MULTILINE)
    return [" ".join(one.split()) for one in parts if one.strip()]


def split(bullet: str) -> tuple[str, str]:
    """Heading of a bullet and its text; `Added` where it names none."""
    first, colon, rest = bullet.partition(": ")
    return (first, rest) if colon and first in HEADINGS else ("Added", bullet)


def fold(log: str, made: str) -> str:
    """The changelog with a part above all others, below what it says of itself."""
    if not log.startswith(TITLE):
        raise SystemExit("CHANGELOG.md has another title than expected")
    before, mark, after = log.partition("\n## ")
    return f"{before.rstrip()}\n\n{made}\n" + (f"## {after}" if mark else "")


if __name__ == "__main__":
    main()
