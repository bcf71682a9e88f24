"""Environment: programs and codecs that are missing, hang or are old; odd variables and limits."""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path

import cv2
import numpy as np
from imagecodecs import jpegls_encode
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from tests.faults.file_system import _disk as disk
from tests.faults.ground import (
    CLEAN,
    Ran,
    Tally,
    encoded,
    environment,
    instance,
    judge,
    scrub,
    snapshot,
)

SABOTAGE = Path(__file__).parent / "sabotage"
SCRIPTS = {
    "hangs": "sleep 1000",
    "fails": "exit 3",
    "prints nonsense": "echo nonsense",
    "dies": "kill -9 $$",
}
VARIABLES: dict[str, dict[str, str]] = {
    "locale C": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"},
    "locale that is missing": {"LC_ALL": "xx_YY.UTF-8"},
    "no HOME": {"HOME": "/nonexistent"},
    "narrow terminal": {"COLUMNS": "1", "LINES": "1"},
    "another time zone": {"TZ": "Pacific/Kiritimati"},
    "no TMPDIR": {"TMPDIR": "/nonexistent"},
    "dumb terminal": {"TERM": "dumb", "NO_COLOR": "1"},
}


def run(folder: Path, tally: Tally, short: bool) -> None:
    """Each has a run of its own, on a plain file and on one of JPEG-LS."""
    _programs(folder, tally, short)
    _codec(_archive(folder / "codec"), tally)
    for name, variables in list(VARIABLES.items())[:: 3 if short else 1]:
        place = _archive(folder / name.replace(" ", "-"))
        before = snapshot(place / "in")
        ran = scrub(place, env=variables)
        tally.count(name, *_held(ran), *judge(ran, before, place))
    _limits(folder, tally)


def _archive(folder: Path) -> Path:
    page = np.full((60, 240), 40, np.uint8)
    cv2.putText(page, "OTTOKAR", (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, 255, 2)
    made, coded = instance(page), instance(page)
    coded.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.80")
    stream = bytes(jpegls_encode(page))
    coded.PixelData = encapsulate([stream])
    coded["PixelData"].VR, coded["PixelData"].is_undefined_length = "OB", True
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "plain.dcm").write_bytes(encoded(made))
    (folder / "in" / "coded.dcm").write_bytes(encoded(coded))
    return folder


def _held(ran: Ran, **expect: str) -> list[str]:
    names = ("plain.dcm", "coded.dcm")
    found = {n: ran.outcome(n) for n in names}
    right = {n: expect.get(n.removesuffix(".dcm"), CLEAN) for n in names}
    return [f"{found} instead of {right}"] * (found != right)


def _programs(folder: Path, tally: Tally, short: bool) -> None:
    """Tesseract is missing, old, or does not do what it should."""
    place = _archive(folder / "tesseract-missing")
    (place / "bin").mkdir()
    before = snapshot(place / "in")
    recipe = folder / "reading.toml"
    recipe.write_text('[text]\ndetectors = ["strokes", "network", "tesseract"]\n')
    asks = ("--recipe", recipe)
    ran = scrub(place, *asks, env={"PATH": str(place / "bin")})
    wrong = [f"exit code {ran.code}"] * (ran.code != 5)
    wrong += ["OUT is not empty"] * bool(ran.contents())
    wrong += ["not named"] * ("tesseract" not in ran.printed)
    tally.count("Tesseract missing", *wrong)
    again = scrub(place, *asks, "--resume")
    tally.count("Tesseract installed, re-run", *_held(again), *judge(again, before, place))
    for name, script in list(SCRIPTS.items())[:: 4 if short else 1]:
        place = _archive(folder / f"tesseract-{name.replace(' ', '-')}")
        before = snapshot(place / "in")
        _fake(place / "bin" / "tesseract", f"case $* in *--version*) echo tesseract 5.3.0; "
              f"exit;; *--list-langs*) echo eng; exit;; esac; {script}")  # fmt: skip
        path = f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"
        ran = scrub(place, *asks, env={"PATH": path})
        both = dict.fromkeys(("plain", "coded"), "detector_failed")
        tally.count(f"Tesseract {name}", *_held(ran, **both), *judge(ran, before, place))
        again = scrub(place, *asks, "--resume")
        tally.count(f"Tesseract {name} no more", *_held(again), *judge(again, before, place))
    place = _archive(folder / "tesseract-old")
    _fake(place / "bin" / "tesseract", "echo tesseract 3.02; exit")
    path = f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"
    ran = scrub(place, *asks, env={"PATH": path})
    wrong = [f"exit code {ran.code}"] * (ran.code not in {2, 5})
    tally.count("Tesseract old", *wrong, *["OUT is not empty"] * bool(ran.contents()))


def _fake(path: Path, script: str) -> None:
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o700)


def _codec(folder: Path, tally: Tally) -> None:
    """The decoder of JPEG-LS is not installed."""
    before = snapshot(folder / "in")
    path = f"{SABOTAGE}{os.pathsep}{environment(folder)['PYTHONPATH']}"
    ran = scrub(folder, env={"PYTHONPATH": path, "SABOTAGE_MODULE": "jpeg_ls"})
    wrong = _held(ran, coded="missing_codec")
    tally.count("codec missing", *wrong, *judge(ran, before, folder))
    again = scrub(folder, "--resume")
    tally.count("codec installed, re-run", *_held(again), *judge(again, before, folder))


def _limits(folder: Path, tally: Tally) -> None:
    """Few open files, no place for temporary files, nobody reads what is printed."""
    place = _archive(folder / "few-open-files")
    before = snapshot(place / "in")
    few = scrub(place, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
    tally.count("64 open files", *_held(few), *judge(few, before, place))
    place = _archive(folder / "closed-pipe")
    text = f"{' '.join(_command(place))} 2>&1 | true"
    code = subprocess.run(["bash", "-c", f"set -o pipefail; {text}"], check=False,
                          env=environment(place)).returncode  # fmt: skip
    ran = Ran(0, "", place / "out", place / "out-private")
    tally.count("nobody reads", *_held(ran), *[f"exit code {code}"] * (code not in {0, 1}))
    if os.geteuid() == 0:
        place = _archive(folder / "temporary-full")
        before = snapshot(place / "in")
        with disk(place / "small", "4k"):
            (place / "small" / "full").write_bytes(bytes(4096))
            ran = scrub(place, env={"TMPDIR": str(place / "small")})
        reasons = {str(line["reason"]) for line in ran.lines.values()}
        wrong = [f"{reasons}"] * (not reasons <= {"None", "detector_failed", "write_failed"})
        tally.count("TMPDIR full", *wrong, *judge(ran, before, place))
        again = scrub(place, "--resume")
        tally.count("TMPDIR with room, re-run", *_held(again), *judge(again, before, place))


def _command(folder: Path) -> list[str]:
    from tests.faults.ground import command

    return command(folder)
