"""How well and how fast text is found beside other tools: one run, the same images, one core each.

Usage: python -m benchmarks.text_beside [--ink] ENVIRONMENT [IMAGES TRUTH.json]

With --ink nothing is read in the results, which takes most of the time; the columns stay empty.

ENVIRONMENT is a virtual environment of its own that holds presidio-image-redactor (with a spaCy
model of English), rapidocr-onnxruntime and deid; what it lacks is left out. Tesseract runs here, at
three times the size. A tool that fails on an image leaves its texts. The last table is from folder
to folder, start and end of the whole command included, over the files that Presidio can write.
Prints tables in Markdown.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.text import SHARED, plain_tesseract
from pixelscrub.compat.quiet import hush
from pixelscrub.evaluate.figures import Figures
from pixelscrub.evaluate.measure import evaluate, read_truth
from pixelscrub.evaluate.readers import Reader
from pixelscrub.findings import Box, Finding
from pixelscrub.recipe import TextSettings

PEERS = Path(__file__).with_name("peers_text.py")
NAMES = {"presidio": "Presidio's redactor", "rapidocr": "RapidOCR, all lines", "deid": "deid"}
ONE_CORE = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}
COLUMNS = (
    *("tool", "identifying unread", "by ink", "all unread", "by ink"),
    *("wrong area", "in boxes without text", "on picture", "images without text", "untouched"),
)
Finder = Callable[[Path], list[Finding]]


def main() -> None:
    """Print both tables."""
    arguments = [Path(argument) for argument in sys.argv[1:] if argument != "--ink"]
    if len(arguments) not in {1, 3}:
        raise SystemExit(__doc__)
    readers: list[Reader] | None = [] if "--ink" in sys.argv else None
    python = arguments[0] / "bin" / "python"
    images, truth = arguments[1:] or (SHARED, SHARED / "truth.json")
    hush()
    files = sorted({images / one.file for one in read_truth(truth).values()})
    print("| " + " | ".join(COLUMNS) + " |\n" + "| --- " * len(COLUMNS) + "|")
    ours = evaluate(images, truth, TextSettings(), readers=readers).figures
    print("| " + " | ".join(["pixelscrub", *row(ours)]) + " |", flush=True)
    peers: dict[str, Finder] = {"Tesseract ×3": read_by_tesseract}
    written: list[Path] = []
    for tool, name in NAMES.items():
        found = asked(python, tool, files)
        if found is None:
            continue
        peers[name] = by_file(found)
        if tool == "presidio":
            written = [path for path, boxes in found.items() if boxes is not None]
            print(f"\nPresidio fails on {len(files) - len(written)} of {len(files)}.\n", flush=True)
    for name, finder in peers.items():
        figures = evaluate(images, truth, finder=finder, readers=readers).figures
        print("| " + " | ".join([name, *row(figures)]) + " |", flush=True)
    if written:
        speed(python, written)


def asked(python: Path, tool: str, files: list[Path]) -> dict[Path, list[Box] | None] | None:
    """What a tool finds in each file; None where it is not installed."""
    answer = subprocess.run(
        [python, PEERS, tool],
        input="\n".join(map(str, files)),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **ONE_CORE},
        check=False,
    )
    lines = [json.loads(x[1:]) for x in answer.stdout.splitlines() if x.startswith("@")]
    if answer.returncode or len(lines) != len(files):
        return None
    boxes = ([Box(*box) for box in found] if found is not None else None for found in lines)
    return dict(zip(files, boxes, strict=True))


def read_by_tesseract(path: Path) -> list[Finding]:
    """All words that Tesseract reads in the first frame, enlarged three times."""
    from pixelscrub.pixels.image import Image
    from pixelscrub.pixels.show import show

    with path.open("rb") as file:
        picture = show(Image(file), 0)
    return [Finding(kind="text", box=word.box) for word in plain_tesseract(picture)]


def row(figures: Figures) -> list[str]:
    """The figures in the order of the columns."""
    values = (
        *(figures.identifying_unread, figures.identifying_gone),
        *(figures.all_unread, figures.all_gone, figures.wrong_with_text),
        *(figures.wrong_in_empty_boxes, figures.wrong_on_picture),
        *(figures.wrong_without_text, figures.untouched),
    )
    return ["–" if value is None else f"{100 * value:.2f} %" for value in values]


def by_file(found: dict[Path, list[Box] | None]) -> Finder:
    """Findings of what a tool has found; none where it failed."""
    return lambda path: [Finding(kind="text", box=box) for box in found[path] or []]


def speed(python: Path, files: list[Path]) -> None:
    """Images a second from folder to folder, ours and Presidio's, twice by turns."""
    print("\n| from folder to folder | images | seconds | CPU s | images a CPU s |")
    print("| --- " * 5 + "|")
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "in"
        source.mkdir()
        for k, path in enumerate(files):
            shutil.copy(path, source / f"{k:04}.dcm")
        scrub = Path(sys.executable).with_name("pixelscrub")
        for turn in ("first", "second"):
            ours, theirs = folder / f"ours-{turn}", folder / f"theirs-{turn}"
            commands: dict[str, list[str | Path]] = {
                "pixelscrub": [scrub, "text", source, "-o", ours, "--workers", "1"],
                "Presidio": [python, PEERS, "presidio", "folder", source, theirs],
            }
            for tool, command in commands.items():
                began, spent = time.perf_counter(), used()
                subprocess.run(
                    command,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={**os.environ, **ONE_CORE},
                    check=False,
                )
                seconds, spent = time.perf_counter() - began, used() - spent
                cells = [f"{tool}, {turn}", str(len(files)), f"{seconds:.1f}", f"{spent:.1f}"]
                print(f"| {' | '.join(cells)} | {len(files) / spent:.2f} |", flush=True)


def used() -> float:
    """CPU seconds of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
