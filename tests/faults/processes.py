"""Processes: workers killed at each step, and the parent at random moments, then resumed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import numpy as np

from tests.faults.ground import (
    CLEAN,
    Ran,
    Tally,
    command,
    encoded,
    environment,
    instance,
    judge,
    scrub,
    snapshot,
)

SABOTAGE = Path(__file__).parent / "sabotage"
STEPS = {
    "read": "pixelscrub.study.worker:read_instances",
    "terms": "pixelscrub.study.worker:read_terms",
    "look": "pixelscrub.study.worker:look_instance",
    "frames": "pixelscrub.pixels.show:show",
    "tags": "pixelscrub.tags.deidentify:deidentify",
    "write": "pixelscrub.pixels.write:write",
    "prove": "pixelscrub.prove.release:release",
}
KILLS = 20
STUDIES = 4
IN_STUDY = 6


def run(folder: Path, tally: Tally, short: bool) -> None:
    """Kill workers at every step, and then the whole run again and again."""
    for step in list(STEPS)[:: 3 if short else 1]:
        _kill_worker(step, _archive(folder / f"worker-{step}"), tally)
    _kill_parent(_archive(folder / "parent"), tally, 3 if short else KILLS)


def _archive(folder: Path) -> Path:
    """Several studies with text in some pictures, and a key."""
    import cv2

    for study in range(STUDIES):
        first = instance()
        for number in range(IN_STUDY):
            pixels = np.full((120, 300), 40, np.uint8)
            cv2.putText(pixels, "OTTOKAR", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1, 255, 2)
            made = instance(pixels if number % 3 == 0 else pixels[80:], InstanceNumber=number)
            made.StudyInstanceUID = first.StudyInstanceUID
            made.SeriesInstanceUID = first.SeriesInstanceUID
            path = folder / "in" / f"study {study}" / f"{number}.dcm"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encoded(made))
    (folder / "key").write_bytes(b"0" * 32)
    (folder / "key").chmod(0o600)
    return folder


def _kill_worker(step: str, folder: Path, tally: Tally) -> None:
    """First the worker dies once, and is to be forgiven; then always on one file."""
    before = snapshot(folder / "in")
    path = f"{SABOTAGE}{os.pathsep}{environment(folder)['PYTHONPATH']}"
    env = {"PYTHONPATH": path, "SABOTAGE_STEP": STEPS[step], "SABOTAGE_FLAG": str(folder / "flag")}
    once = scrub(folder, "--key", folder / "key", env=env | {"SABOTAGE_FILE": "once"})
    wrong = [f"{s} is held" for s, line in once.lines.items() if line["outcome"] != CLEAN]
    wrong += ["nothing was killed"] * (not (folder / "flag").exists())
    tally.count(f"worker killed once, {step}", *wrong, *judge(once, before, folder))
    _empty(folder)
    always = scrub(folder, "--key", folder / "key", env=env | {"SABOTAGE_FILE": "study 1/3.dcm"})
    held = {s: line["reason"] for s, line in always.lines.items() if line["reason"]}
    right = {"study 1/3.dcm": "worker_died"}
    wrong = [f"held: {held}"] * (held != right)
    tally.count(f"worker killed always, {step}", *wrong, *judge(always, before, folder))
    again = scrub(folder, "--key", folder / "key", "--resume")
    same = sorted(again.contents().values()) == sorted(once_contents(folder).values())
    tally.count(f"resumed, {step}", *["differs"] * (not same), *judge(again, before, folder))


def once_contents(folder: Path) -> dict[str, bytes]:
    """What a run that nobody disturbs gives; made in a folder beside."""
    beside = folder / "undisturbed"
    beside.mkdir(exist_ok=True)
    if not (beside / "in").exists():
        (beside / "in").symlink_to(folder / "in")
    if not (beside / "out").exists():
        scrub(beside, "--key", folder / "key")
    return Ran(0, "", beside / "out", beside / "out-private").contents()


def _empty(folder: Path) -> None:
    import shutil

    for name in ("out", "out-private"):
        shutil.rmtree(folder / name)


def _kill_parent(folder: Path, tally: Tally, kills: int) -> None:
    """One run, killed again and again at random moments, ends as one that was not."""
    before = snapshot(folder / "in")
    began = time.monotonic()
    wanted = once_contents(folder)
    longest = time.monotonic() - began
    random_numbers = random.Random(7)
    arguments = [*command(folder), "--key", str(folder / "key"), "--resume"]
    for number in range(kills):
        process = subprocess.Popen(
            arguments, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        moment = random_numbers.uniform(0.3, 1) * longest
        try:
            process.communicate(timeout=moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        there = Ran(0, "", folder / "out", folder / "out-private").contents()
        wrong = [name for name, content in there.items() if wanted.get(name) != content]
        tally.count(f"parent killed, {number + 1}", *["OUT holds something else"] * bool(wrong))
    last = scrub(folder, "--key", folder / "key", "--resume")
    same = last.contents() == wanted
    tally.count("killed and resumed", *["differs"] * (not same), *judge(last, before, folder))
