"""Measure whole commands, start to end, beside peers: CPU seconds, medians, all in one run.

Usage: python -m benchmarks.commands [--environment VENV] [--tree FOLDER] [--slices N] [--times N]

VENV holds the peers that can be installed: dicom-anonymizer, dcm-anonymizer, dcmanon. FOLDER is
another checkout of ours, such as an earlier one. Tools take turns, so that all have the same
machine; seconds count what a command and all its children use (user and system).
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import archives

ROOT = Path(__file__).resolve().parents[1]
SLICES, ENHANCED, SMALL = 600, 8, 1000
TIMES = 5
LOOP = """
import sys
from pathlib import Path
from dcmanon import Anonymizer
tool, source, out = Anonymizer(), *map(Path, sys.argv[1:])
for number, path in enumerate(p for p in sorted(source.rglob("*")) if p.is_file()):
    (out / f"{number}.dcm").write_bytes(tool.anonymize(str(path)))
"""
EACH = """
import sys
from pathlib import Path
from dicomanonymizer import anonymize_dicom_file
source, out = map(Path, sys.argv[1:])
for number, path in enumerate(p for p in sorted(source.rglob("*")) if p.is_file()):
    anonymize_dicom_file(str(path), str(out / f"{number}.dcm"))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--environment", type=Path)
    parser.add_argument("--tree", type=Path)
    parser.add_argument("--slices", type=int, default=SLICES)
    parser.add_argument("--enhanced", type=int, default=ENHANCED)
    parser.add_argument("--small", type=int, default=SMALL)
    parser.add_argument("--times", type=int, default=TIMES)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pixelscrub-commands-") as name:
        folder = Path(name)
        archives.ct_series(folder / "ct", asked.slices)
        archives.enhanced_mr(folder / "enhanced", asked.enhanced)
        archives.ct_series(folder / "one", 1, 128)
        archives.ct_series(folder / "small", asked.small, 128)
        sets = {
            f"{asked.slices} CT slices of 512²": folder / "ct",
            f"{asked.enhanced} enhanced MR of 800 frames": folder / "enhanced",
            "one CT slice of 128²": folder / "one",
            f"{asked.small} CT slices of 128²": folder / "small",
        }
        tools = dict(commands(asked.environment, asked.tree))
        print("| CPU seconds, median | " + " | ".join(sets) + " |", flush=True)
        print("| --- " * (1 + len(sets)) + "|", flush=True)
        rows: dict[str, list[str]] = {tool: [] for tool in tools}
        for source in sets.values():
            for tool, seconds in measure(tools, source, folder, asked.times).items():
                rows[tool].append(f"{seconds:.2f}")
        for tool, cells in rows.items():
            print(f"| {tool} | {' | '.join(cells)} |", flush=True)


def commands(environment: Path | None, tree: Path | None) -> Iterator[tuple[str, list[str]]]:
    """Names of tools, and their commands without input and output."""
    for workers in (1, 2):
        yield f"pixelscrub tags, workers: {workers}", ours(ROOT, workers)
    if tree is not None:
        yield "pixelscrub of another checkout, workers: 1", ours(tree, 1)
    yield "cp", ["cp", "-r"]
    if environment is None:
        return
    python = str(environment.absolute() / "bin" / "python")
    yield "dcmanon, in a loop", [python, "-c", LOOP]
    yield "dicom-anonymizer, in a loop", [python, "-c", EACH]
    yield "dcm-anonymizer", [str(environment.absolute() / "bin" / "dcm-anon"), "--quiet"]


def ours(tree: Path, workers: int) -> list[str]:
    program = "import sys; from pixelscrub.commands.cli import main; main()"
    paths = f"PYTHONPATH={tree.absolute()}"
    return ["env", paths, sys.executable, "-P", "-c", program, "tags", "--workers", str(workers)]


def measure(
    tools: dict[str, list[str]], source: Path, folder: Path, times: int
) -> dict[str, float]:
    """Seconds of each tool over one archive; the first go of each warms the cache of files."""
    spent: dict[str, list[float]] = {tool: [] for tool in tools}
    for _ in range(times):
        for tool, command in tools.items():
            out = folder / "out"
            spent[tool].append(seconds([*command, str(source)], out))
            shutil.rmtree(out, ignore_errors=True)
            shutil.rmtree(folder / "out-private", ignore_errors=True)
    return {tool: statistics.median(each) for tool, each in spent.items()}


def seconds(command: list[str], out: Path) -> float:
    """CPU seconds of a command and all that it starts; not a number where it fails."""
    command = [*command, *(["-o"] if "tags" in command else []), str(out)]
    if command[0] != "cp":
        out.mkdir()
    process = subprocess.Popen(
        command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime if process.returncode in (0, 2) else float("nan")


if __name__ == "__main__":
    main()
