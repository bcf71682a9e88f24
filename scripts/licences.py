#!/usr/bin/env python3
"""List the licences of all locked dependencies, as Markdown.

Usage: scripts/licences > docs/licences.md

Says what each installed package declares of itself; ends with 1 where one is under a licence that
asks for more than Apache-2.0 does of those who ship it (GPL, AGPL), or says nothing.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
REFUSED = re.compile(r"(?<!L)(?<!Lesser )\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)
LONGEST = 60


def main() -> int:
    wrong = 0
    print("# Licences of the locked dependencies\n\nPrinted by `scripts/licences`.\n")
    print("| package | version | licence |\n| --- | --- | --- |")
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        found = re.match(r"([A-Za-z0-9_.-]+)==([^\s;]+)\s*(;.*)?", line)
        if found is None or found[3]:
            continue
        licence = licence_of(found[1])
        wrong += licence == "unknown" or bool(REFUSED.search(licence))
        print(f"| {found[1]} | {found[2]} | {licence} |")
    return int(wrong > 0)


def licence_of(package: str) -> str:
    """What the package says of itself: an SPDX expression, a classifier, or its first line."""
    try:
        told = metadata.metadata(package)
    except metadata.PackageNotFoundError:
        return "not installed"
    if told.get("License-Expression"):
        return str(told["License-Expression"])
    classifiers = [c.rpartition(" :: ")[2] for c in told.get_all("Classifier") or []
                   if c.startswith("License :: ") and c != "License :: OSI Approved"]  # fmt: skip
    if classifiers:
        return ", ".join(classifiers)
    first = (told.get("License") or "").strip().splitlines()
    return first[0][:LONGEST] if first else "unknown"


if __name__ == "__main__":
    sys.exit(main())
