"""An input folder that wants to be executed, printed or unpacked without end."""

from __future__ import annotations

import copy
import io
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

from tests.faults.ground import (
    CLEAN,
    ROOT,
    Ran,
    Tally,
    encoded,
    environment,
    instance,
    judge,
    snapshot,
)

MARK = "import pathlib; pathlib.Path(__file__).with_name('EXECUTED').write_text(__name__)\n"
MODULES = (
    "resource",
    "signal",
    "pickle",
    "sqlite3",
    "multiprocessing",
    "numpy",
    "pydicom",
    "typer",
)
PROGRAMS = ("tesseract", "dciodvfy", "python")
SECONDS = 300
ODD = "\x1b[31m\n.dcm"
READS = '[text]\ndetectors = ["strokes", "tesseract"]\n'


def run(folder: Path, tally: Tally, short: bool) -> None:
    """Start in the folder in every way there is; then look at what its names and archives do."""
    ways = {
        "python -m": {"PYTHONPATH": str(ROOT)},
        "an empty entry of PYTHONPATH": {"PYTHONPATH": f"{os.pathsep}{ROOT}"},
        "an empty entry of PATH": {"PATH": f"{os.pathsep}{os.environ['PATH']}"},
    }
    for name, variables in list(ways.items())[: 1 if short else None]:
        _code(name, variables, folder / name.replace(" ", "-"), tally)
    _archives(folder / "archives", tally)
    _printed(folder / "printed", tally)


def _run(place: Path, inside: Path, *words: str, **variables: str) -> Ran:
    (place / "tmp").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pixelscrub", *words, "--workers", "1"]
    result = subprocess.run(
        command, cwd=inside, env=environment(place / "tmp") | variables, capture_output=True,
        text=True, errors="replace", check=False, timeout=SECONDS,
    )  # fmt: skip
    printed = result.stdout + result.stderr
    return Ran(result.returncode, printed, place / "out", place / "out-private")


def _code(name: str, variables: dict[str, str], place: Path, tally: Tally) -> None:
    """Modules and programs that say when they are executed."""
    inside = place / "in"
    inside.mkdir(parents=True)
    (inside / "a.dcm").write_bytes(encoded(instance()))
    (place / "reads.toml").write_text(READS)
    for module in MODULES:
        (inside / f"{module}.py").write_text(MARK)
    for program in PROGRAMS:
        (inside / program).write_text(f"#!/bin/sh\ntouch {inside}/EXECUTED\n")
        (inside / program).chmod(0o755)
    before = snapshot(inside)
    words = ("scrub", ".", "-o", "../out", "--recipe", "../reads.toml")
    ran = _run(place, inside, *words, **variables)
    wrong = ["code of the folder was executed"] * (inside / "EXECUTED").exists()
    wrong += ["the image is not clean"] * (ran.outcome("a.dcm") != CLEAN)
    tally.count(f"code, {name}", *wrong, *judge(ran, before, place))


def _archives(place: Path, tally: Tally) -> None:
    """Small archives that unpack to much, members of one name, names that lead out."""
    inside = place / "in"
    inside.mkdir(parents=True)
    zeros = bytes(128) + b"DICM" + bytes(200_000_000)
    data = encoded(instance())
    cases = {
        "zeros.zip": (_zip({"bomb.dcm": zeros}), {"zeros.zip/bomb.dcm": "damaged_file"}),
        "nothing.zip": (_zip({"x": bytes(200_000_000)}), {"nothing.zip/x": "not_dicom"}),
        "shared.zip": (_shared(), {"shared.zip": "archive_limit"}),
        "twins.zip": (_twins(data), {"twins.zip/a.dcm": "damaged_file"}),
        "out.zip": (_zip({"../../evil.dcm": data}), {"out.zip/../../evil.dcm": CLEAN}),
        "odd.zip": (_zip({ODD: encoded(instance())}), {f"odd.zip/{ODD}": CLEAN}),
    }  # fmt: skip
    for name, (content, _) in cases.items():
        (inside / name).write_bytes(content)
    os.mkfifo(inside / "pipe.zip")
    before = snapshot(inside)
    ran = _run(place, place, "scrub", "in", "-o", "out")
    for name, (_, right) in cases.items():
        wrong = [f"{s}: {ran.outcome(s)}" for s, r in right.items() if ran.outcome(s) != r]
        tally.count(f"archive {name}", *wrong)
    tally.count("archives, the run", *judge(ran, before, place))


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _twins(data: bytes) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("a.dcm", data)
        archive.writestr("a.dcm", encoded(instance()))
    return out.getvalue()


def _shared() -> bytes:
    """A thousand members that are the same bytes of the archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(1_000_000))
        info = archive.getinfo("a")
        for number in range(1000):
            twin = copy.copy(info)
            twin.filename = f"{number}"
            archive.filelist.append(twin)
    return out.getvalue()


def _printed(place: Path, tally: Tally) -> None:
    """Names that a terminal would obey."""
    inside = place / "in"
    inside.mkdir(parents=True)
    name = "Ottokar\x1b]0;owned\x07\nclean 99, held 0\u202e.dcm"
    (inside / name).write_bytes(encoded(instance()))
    for words in (("inspect", "in"), ("inspect", "in", "--show-names")):
        ran = _run(place, place, *words)
        wrong = ["controls were printed"] * any(c in ran.printed for c in "\x1b\x07\u202e")
        wrong += ["a line was forged"] * ("\nclean 99" in ran.printed)
        wrong += ["a name was printed"] * ("Ottokar" in ran.printed and len(words) == 2)
        tally.count(" ".join(words), *wrong)
