"""How much of a folder is released, and what holds the rest: by reason, kind and encoding.

Usage: python -m benchmarks.breadth FOLDER... [--recipe NAME] [--names]

Scrubs each folder in a process of its own and prints, in Markdown, the share that is released of
what pydicom reads and decodes, and held files by reason, by SOP class and by transfer syntax.
`--names` names the held files too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import UID

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = ("not_dicom", "not_a_file", "dicomdir", "duplicate_instance", "superseded_instance")


@dataclass(frozen=True)
class Line:
    """What became of one file."""

    source: str
    is_released: bool
    reason: str
    sop_class: str
    syntax: str
    is_readable: bool


def main() -> None:
    """Measure the folders that are named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--recipe", default="default")
    parser.add_argument("--names", action="store_true", help="name held files")
    given = parser.parse_args()
    for folder in given.folders:
        with tempfile.TemporaryDirectory(prefix="pixelscrub-breadth-") as scratch:
            lines = measure(folder, Path(scratch), given.recipe)
        report(folder.name, lines, names=given.names)


def measure(folder: Path, scratch: Path, recipe: str) -> list[Line]:
    """Scrub a folder, and read its audit."""
    out = scratch / "out"
    command = [sys.executable, "-P", "-m", "pixelscrub", "scrub", str(folder), "-o", str(out)]
    code = subprocess.run([*command, "--recipe", recipe], cwd=ROOT, check=False).returncode
    if code not in (0, 2, 3):
        raise SystemExit(code)
    text = (scratch / "out-private" / "audit.jsonl").read_text(encoding="utf-8")
    return [_line(folder, json.loads(each)) for each in text.splitlines()]


def _line(folder: Path, said: dict[str, object]) -> Line:
    syntax = said["transfer_syntax"]
    name = UID(str(syntax.get("in") or "") if isinstance(syntax, dict) else "").name
    source = str(said["source"])
    is_released = said["outcome"] == "clean"
    return Line(
        source,
        is_released,
        str(said["reason"] or ""),
        UID(str(said["sop_class"] or "")).name or _format(said),
        name or "none",
        is_released or is_readable(folder / source),
    )


def _format(said: dict[str, object]) -> str:
    """What a file without a SOP class is."""
    kind = str(said.get("format", "dicom"))
    return "none" if kind == "dicom" else kind


def is_readable(path: Path) -> bool:
    """Whether pydicom reads a file, and decodes its pixels where it has any."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = dcmread(path, force=True)
            if "PixelData" in header:
                _ = header.pixel_array
            return "SOPClassUID" in header
    except Exception:
        return False


def report(name: str, lines: list[Line], *, names: bool) -> None:
    """Print the tables of one folder."""
    instances = [line for line in lines if line.reason not in SKIPPED]
    readable = [line for line in instances if line.is_readable]
    released = sum(line.is_released for line in readable)
    share = 100 * released / len(readable) if readable else 0.0
    print(f"\n## {name}\n")
    print(f"{released} of {len(readable)} readable instances released ({share:.1f} %);")
    print(f"{len(instances) - len(readable)} that pydicom does not read, {len(lines)} files.\n")
    _table("reason", ((line.reason, line) for line in instances if not line.is_released))
    _table("SOP class", ((line.sop_class, line) for line in instances))
    _table("transfer syntax", ((line.syntax, line) for line in instances))
    for line in instances:
        if names and not line.is_released:
            print(f"- {line.source}: {line.reason} ({line.sop_class}, {line.syntax})")


def _table(title: str, rows: Iterable[tuple[str, Line]]) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for key, line in rows:
        counts[key]["released" if line.is_released else "held"] += 1
    if counts:
        print(f"| {title} | released | held |\n| --- | --- | --- |")
        for key, count in sorted(counts.items(), key=lambda pair: -pair[1]["held"]):
            print(f"| {key} | {count['released']} | {count['held']} |")
        print()


if __name__ == "__main__":
    main()
