"""Measure `verify`: leaks found of those planted, and false alarms on clean files.

Usage: python -m benchmarks.verify [ENVIRONMENT]

ENVIRONMENT is the folder of a virtual environment that has dicom-anonymizer and deid; without it
only our own outputs are seeded. Every leak is planted in files of an output of each tool, one in
a file at a time, and counts as found where the audit, without our private folder, tells something
of the expected kind of this file (or of the whole) that it did not tell before. False alarms are
issues told of outputs of our own: the files that pydicom ships, the demo and generated files.
Prints tables in Markdown.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from pydicom import dcmread

from pixelscrub.api import scrub, verify
from pixelscrub.audit.issues import Issue
from pixelscrub.commands.demo import make_study
from pixelscrub.compat.quiet import hush
from pixelscrub.recipe import Recipe
from tests.audit.all_seeds import EVERY_SEED as SEEDS
from tests.audit.seeds import PACKAGED, original, write_originals

FILES = 2
"""Files of each output in which every leak is planted."""
LOOSE = ("copy.dcm", "notes.txt")
"""Names that are planted beside a file."""
ALONE = ("broken reference",)
"""Leaks that another one hides where it takes the original of what is referred to."""
GENERATED = 120
DEID = """
import sys
from deid.dicom import get_files, replace_identifiers
files = sorted(map(str, get_files(sys.argv[1])))
replace_identifiers(dicom_files=files, save=True, output_folder=sys.argv[2], overwrite=True,
                    remove_private=True)
"""

Counts = Counter[tuple[str, str]]
"""Leaks by tool and kind."""


def main() -> None:
    hush()
    rivals = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(prefix="pixelscrub-benchmark-") as folder:
        scratch = Path(folder)
        write_originals(scratch / "in")
        outputs = make_outputs(scratch, rivals)
        planted: Counts = Counter()
        found: Counts = Counter()
        start = time.process_time()
        for tool, out in outputs.items():
            plant_all(scratch, tool, out, planted, found)
        show(outputs, planted, found, time.process_time() - start)
        show_false_alarms(scratch)


def make_outputs(scratch: Path, rivals: Path | None) -> dict[str, Path]:
    """What each tool makes of the originals."""
    tags = Recipe().with_steps("tags")
    scrub(scratch / "in", scratch / "pixelscrub", recipe=tags, workers=1)
    outputs = {"pixelscrub": scratch / "pixelscrub"}
    if rivals is None:
        return outputs
    for tool in ("dicom-anonymizer", "deid"):
        outputs[tool] = scratch / tool
        outputs[tool].mkdir()
    run(rivals / "bin" / "dicom-anonymizer", scratch / "in", outputs["dicom-anonymizer"])
    run(rivals / "bin" / "python", "-c", DEID, scratch / "in", outputs["deid"])
    return outputs


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def plant_all(scratch: Path, tool: str, out: Path, planted: Counts, found: Counts) -> None:
    """Plant every leak in files of one tool's output, one in each file at a time."""
    before = issues(scratch / "in", out)
    headers = {path: dcmread(path, stop_before_pixels=True) for path in files_of(out)}
    waiting = [
        (kind, path)
        for kind, seed in SEEDS.items()
        for path in sorted((p for p in headers if seed.fits(headers[p])), key=hash_of(kind))[:FILES]
    ]
    while waiting:
        chosen = {path: kind for kind, path in reversed(waiting)}
        chosen = {path: kind for path, kind in chosen.items() if kind in ALONE} or chosen
        waiting = [(kind, path) for kind, path in waiting if chosen.get(path) != kind]
        new = planted_at_once(scratch, out, chosen) - before
        for path, kind in chosen.items():
            name = path.relative_to(out).as_posix()
            kinds = SEEDS[kind].kinds
            if any(issue.kind in kinds and issue.file == name for issue in before):
                continue  # the tool left this very leak itself, and it is told already
            told = any(
                issue.kind in kinds and (issue.file in ("", name) or Path(issue.file).name in LOOSE)
                for issue in new
            )
            planted[tool, kind] += 1
            found[tool, kind] += told
            if not told:
                print(f"missed: {kind}, {path.name} of {tool}", file=sys.stderr)


def hash_of(kind: str) -> Callable[[Path], bytes]:
    """An order of files that differs from kind to kind."""
    return lambda path: hashlib.sha256(f"{kind} {path.name}".encode()).digest()


def planted_at_once(scratch: Path, out: Path, chosen: dict[Path, str]) -> set[Issue]:
    """What is told of a copy of an output with these leaks."""
    seeded = scratch / "seeded"
    shutil.rmtree(seeded, ignore_errors=True)
    shutil.copytree(out, seeded)
    for path, kind in chosen.items():
        SEEDS[kind].plant(seeded / path.relative_to(out))
    return issues(scratch / "in", seeded)


def issues(originals: Path, out: Path) -> set[Issue]:
    return set(verify(originals, out).issues)


def files_of(out: Path) -> list[Path]:
    return sorted(path for path in out.rglob("*") if path.is_file())


def show(outputs: dict[str, Path], planted: Counts, found: Counts, seconds: float) -> None:
    print(f"| leak | {' | '.join(outputs)} |\n| --- {'| --- ' * len(outputs)}|")
    for kind in SEEDS:
        cells = (f"{found[tool, kind]} of {planted[tool, kind]}" for tool in outputs)
        print(f"| {kind} | {' | '.join(cells)} |")
    print(f"\n{found.total()} of {planted.total()} leaks of {len(SEEDS)} kinds found, "
          f"{seconds / planted.total():.1f} CPU seconds an audit\n")  # fmt: skip


def show_false_alarms(scratch: Path) -> None:
    make_study(scratch / "demo")
    generate(scratch / "generated")
    total = alarms = 0
    for name, folder in (
        ("packaged", PACKAGED), ("demo", scratch / "demo"), ("generated", scratch / "generated"),
    ):  # fmt: skip
        out = scratch / f"clean-{name}"
        scrub(folder, out)
        for private in (None, scratch / f"clean-{name}-private"):
            result = verify(folder, out, private=private)
            kinds = Counter(issue.kind for issue in result.issues)
            alarms += kinds.total()
            way = "with the private folder" if private else "without it"
            print(f"{name}, {way}: {len(result.pairs)} clean files, {dict(kinds) or 'no alarm'}")
        total += len(result.pairs)
    print(f"{alarms} false alarms on {total} clean files")


def generate(folder: Path) -> None:
    """Instances of several studies, patients and kinds."""
    names = ("CT_small.dcm", "MR_small_RLE.dcm", "examples_palette.dcm", "SC_rgb_jpeg_dcmtk.dcm")
    folder.mkdir()
    for number in range(1, GENERATED + 1):
        study = number % 10
        dataset = original(names[number % len(names)], number)
        dataset.PatientID, dataset.PatientName = f"GEN-{study}0815", f"Vorlage{study}^Berta"
        dataset.StudyInstanceUID += f".{study}"
        dataset.SeriesInstanceUID += f".{study}.{number % len(names)}"
        dataset.save_as(folder / f"{number}.dcm")


if __name__ == "__main__":
    main()
