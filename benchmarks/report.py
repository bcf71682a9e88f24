"""Measure the report: time to draw and write it, and its size, for 1,000 instances and more.

Usage: python -m benchmarks.report [INSTANCES...]

Half of the instances are pictures with text (800 by 600, noisy, as ultrasound is), a third slices
of heads, the rest unchanged or held. Prints a table in Markdown; seconds are CPU time.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from pixelscrub.findings import Box
from pixelscrub.outcome import AuditLine, FaceLine, Outcome, TextLine
from pixelscrub.report import pictures
from pixelscrub.report.build import build

BOXES = [Box(10, 10, 300, 34), Box(560, 10, 780, 60), Box(20, 560, 200, 590)]
FACE = FaceLine(status="removed", mask="face-1.nii.gz", checks={"fit": 60.0, "face_ml": 500.0})


def main() -> None:
    print("| instances | drawing, s | pages, s | size, MB | pages | largest page, MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for count in [int(n) for n in sys.argv[1:]] or [1000]:
        with tempfile.TemporaryDirectory(prefix="pixelscrub-report-") as folder:
            private = Path(folder)
            start = time.process_time()
            text = "\n".join(line.to_json() for line in lines(private, count))
            drawn = time.process_time()
            (private / "audit.jsonl").write_text(text)
            build(private)
            done = time.process_time()
            files = [path for path in (private / "report").rglob("*") if path.is_file()]
            pages = [path.stat().st_size / 1e6 for path in files if path.suffix == ".html"]
            size = sum(path.stat().st_size for path in files) / 1e6
            print(f"| {count} | {drawn - start:.1f} | {done - drawn:.1f} | {size:.0f} "
                  f"| {len(pages)} | {max(pages):.2f} |")  # fmt: skip


def lines(private: Path, count: int) -> Iterator[AuditLine]:
    folder = private / "report" / "pictures"
    film, head = noise(600, 800), noise(512, 512)
    for number in range(count):
        kind = number % 12
        output = f"P{number % 40}/S{number % 40}/E{number % 40}-{kind < 6}/{number}.dcm"
        line = AuditLine(source=f"in/{number}", output=output, outcome=Outcome.CLEAN)
        if kind < 6:
            shot = np.roll(film, 7 * number, axis=0)
            after = shot.copy()
            for box in BOXES:
                after[box.y0 : box.y1, box.x0 : box.x1] = 0
            line.pictures = [pictures.save(folder, output, shot, after, BOXES, f"Maker {kind}")]
            line.text = [
                TextLine(frames=None, box=box, kind="text", score=0.9, action="mask")
                for box in BOXES
            ]
        elif kind < 10:
            line.pictures = [pictures.save(folder, output, head, np.roll(head, 9), [])]
            line.face = FACE
        elif kind == 11:
            line.output, line.outcome = None, Outcome.HELD
        yield line


def noise(rows: int, columns: int) -> np.ndarray:
    """Speckle with the detail of an ultrasound image."""
    speckle = np.random.default_rng(0).rayleigh(50, (rows, columns))
    return np.asarray(np.clip(cv2.GaussianBlur(speckle, (0, 0), 1.2), 0, 255), np.uint8)


if __name__ == "__main__":
    main()
