"""Measure the whole job, from files in to files out.

Usage: python -m benchmarks.whole [FOLDER...]

Without folders it takes the files that pydicom ships, and the real images beside the checkout
where they are there. Prints a table in Markdown: files, outcome, files per second and peak memory
of the whole job, seconds of each step, and conformance errors that dciodvfy finds in an output
and not in its original.
"""

from __future__ import annotations

import json
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pydicom

ROOT = Path(__file__).resolve().parents[1]
PACKAGED = Path(pydicom.__file__).parent / "data" / "test_files"
SHARED = ROOT.parent / "shared" / "data"
DEFAULT = [PACKAGED, SHARED / "text" / "dcm", SHARED / "head" / "dicom"]
STEPS = ("look", "read", "tags", "write", "prove", "pictures")


def main() -> None:
    folders = [Path(argument) for argument in sys.argv[1:]] or [d for d in DEFAULT if d.is_dir()]
    columns = ["input", "files", "clean", "held", "files/s", "peak MB", *(f"{s} s" for s in STEPS)]
    columns.append("new dciodvfy errors")
    print("| " + " | ".join(columns) + " |")
    print("| --- " * len(columns) + "|")
    for folder in folders:
        with tempfile.TemporaryDirectory(prefix="pixelscrub-benchmark-") as scratch:
            print("| " + " | ".join(map(str, measure(folder, Path(scratch)))) + " |", flush=True)


def measure(folder: Path, scratch: Path) -> list[object]:
    """Scrub one folder in a process of its own, and give one row of the table."""
    out = scratch / "out"
    start = time.perf_counter()
    command = [sys.executable, "-m", "pixelscrub", "scrub", folder, "-o", out]
    code = subprocess.run([str(part) for part in command], cwd=ROOT, check=False).returncode
    seconds = time.perf_counter() - start
    if code not in (0, 2):
        raise SystemExit(code)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    private = scratch / "out-private"
    lines = [json.loads(line) for line in (private / "audit.jsonl").read_text().splitlines()]
    summary = json.loads((private / "summary.json").read_text())
    total: Counter[str] = Counter()
    for line in lines:
        total.update(line["seconds"])
    name = folder.name if folder != PACKAGED else "pydicom's packaged files"
    steps = [f"{total[step]:.1f}" for step in STEPS]
    rate = f"{len(lines) / seconds:.1f}"
    errors = new_errors(folder, out, lines)
    return [name, len(lines), summary["clean"], summary["held"], rate, peak, *steps, errors]


def new_errors(folder: Path, out: Path, lines: list[dict[str, Any]]) -> str:
    """Kinds of errors that outputs have more of than their originals, summed over all files."""
    if shutil.which("dciodvfy") is None:
        return "dciodvfy is not installed"
    new = aborted = 0
    for line in lines:
        if line["output"] is None:
            continue
        before, after = errors_of(folder / line["source"]), errors_of(out / line["output"])
        if before is None or after is None:
            aborted += 1
        else:
            new += sum((after - before).values())
    return f"{new} ({aborted} files it cannot read)" if aborted else str(new)


def errors_of(path: Path) -> Counter[str] | None:
    """Errors by kind, with every value taken out; None where dciodvfy gives up (deflated files)."""
    result = subprocess.run(
        ["dciodvfy", "-new", str(path)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode < 0 or "Dicom dataset read failed" in result.stderr:
        return None
    found = (line for line in result.stderr.splitlines() if line.startswith("Error"))
    return Counter(
        re.sub(r"(<[^<>]*>|[\"'].*|\[\d+\]|= .*|\d{2,}[.\d]*)", "", line) for line in found
    )


if __name__ == "__main__":
    main()
