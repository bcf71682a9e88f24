"""Measure the statement: seconds and memory of the whole command over many instances.

Usage: python -m benchmarks.statement [INSTANCES...]

Makes a release of one CT slice of 8×8 pixels by scrubbing it, then copies of its audit line under
other names, 200 instances a series and 5 series a patient; each file is a hard link, so that the
disk holds few bytes. Prints a table in Markdown: CPU seconds of the whole command, of hashing
alone (`verify OUT --statement` does little else), and the most memory that the command held.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from pixelscrub import api
from pixelscrub.recipe import Recipe
from pixelscrub.statement.tree import hash_files
from tests.faults.ground import instance

INSTANCES = 100_000
A_SERIES, A_PATIENT = 200, 1000
LINKS = 30_000
"""Names of one file; file systems allow 65,000 (ext4) or less."""


def main() -> None:
    print("| instances | whole command, CPU s | hashing alone, CPU s | most memory, MB |")
    print("| --- | --- | --- | --- |")
    for count in [int(number) for number in sys.argv[1:]] or [INSTANCES]:
        with tempfile.TemporaryDirectory(prefix="pixelscrub-statement-") as folder:
            out = _release(Path(folder), count)
            seconds, memory = _state(out)
            began = time.process_time()
            hash_files(out)
            hashing = time.process_time() - began
            print(f"| {count:,} | {seconds:.1f} | {hashing:.1f} | {memory:.0f} |", flush=True)


def _release(folder: Path, count: int) -> Path:
    """An output of so many instances, and its private folder."""
    file = instance(np.full((8, 8), 7, np.uint8))
    (folder / "in").mkdir()
    file.save_as(folder / "in" / "a.dcm")
    out = folder / "out"
    api.scrub(folder / "in", out, recipe=Recipe().with_steps("tags"), workers=1)
    audit = folder / "out-private" / "audit.jsonl"
    line = json.loads(audit.read_text())
    first = (out / line["output"]).rename(folder / "first.dcm")
    with audit.open("w") as written:
        for number in range(count):
            if number % LINKS == 0:
                first = _copy(first, folder / f"file-{number}.dcm")
            series = f"P{number // A_PATIENT:06d}/1/{number // A_SERIES}"
            name = f"{series}/{number:07d}.dcm"
            if number % A_SERIES == 0:
                (out / series).mkdir(parents=True)
            os.link(first, out / name)
            written.write(json.dumps(line | {"source": f"{number}.dcm", "output": name}) + "\n")
    return _without_empty(out)


def _copy(source: Path, target: Path) -> Path:
    target.write_bytes(source.read_bytes())
    return target


def _without_empty(out: Path) -> Path:
    for folder in sorted(out.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return out


def _state(out: Path) -> tuple[float, float]:
    """CPU seconds and megabytes of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(Path(sys.executable).with_name("pixelscrub")), "statement", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, after.ru_maxrss / 1024


if __name__ == "__main__":
    main()
