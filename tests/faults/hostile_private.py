"""A private folder that somebody else wrote into: plans, masks, journal, links, key."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydicom.uid import generate_uid

from tests.faults.ground import (
    CLEAN,
    Ran,
    Tally,
    encoded,
    environment,
    files,
    holds_word,
    instance,
    place_of,
    snapshot,
)

RECORDS: dict[str, dict[str, Any]] = {
    "output above OUT": {"output": "../ESCAPED/evil.dcm"},
    "output elsewhere": {"output": "/tmp/ESCAPED/evil.dcm"},
    "output of another": {"output": "TWIN"},
    "output that names": {"output": "ZWYRTKOWSKI/1/2/0001.dcm"},
    "output with a new line": {"output": "a\nb/1.dcm"},
    "source above its root": {"source": {"path": "../../../etc/passwd"}},
    "root that is none": {"source": {"root": "in"}},
    "findings of another type": {"findings": {"all": True}},
    "box beyond numbers": {"findings": [{"kind": "text", "box": [0, 0, 2**80, 9]}]},
    "size beyond numbers": {"source": {"size": 2**80}},
    "source that is a path": {"source": "../../../etc/passwd"},
    "unknown key": {"command": "rm -rf /"},
    "no record": {},
}
OTHERS = 3


def run(folder: Path, tally: Tally, short: bool) -> None:
    """Change what `inspect` left, then `apply`; or what a run left, then resume it."""
    start = folder / "start"
    _write_inputs(start / "in")
    _command(start, "inspect", start / "in", "--private", start / "out-private")
    _records(_copy(start, folder / "records"), tally)
    whole: dict[str, Callable[[Path], object]] = {
        "plan.json is no plan": lambda p: _plan(p).write_text("[" * 100_000),
        "plan.json is a pipe": _pipe_as_plan,
        "plan.json links elsewhere": _link_as_plan,
        "report links elsewhere": _link_as_report,
        "key is endless": _endless_key,
        "journal has a trigger": _trigger,
        "journal is noise": lambda p: (p / "journal.sqlite").write_bytes(os.urandom(9000)),
        "record to be written is a link": _link_as_audit,
    }
    for name, change in list(whole.items())[:: 4 if short else 1]:
        _whole(name, change, _copy(start, folder / place_of(name)), tally)
    _journal_names(_copy(start, folder / "journal"), tally)


def _write_inputs(inside: Path) -> None:
    inside.mkdir(parents=True)
    study = generate_uid()
    for number in range(len(RECORDS) + OTHERS):
        made = instance(InstanceNumber=number + 1, StudyInstanceUID=study)
        (inside / f"{number:02}.dcm").write_bytes(encoded(made))


def _copy(start: Path, place: Path) -> Path:
    """The same ready to be changed; plans name the inputs of the first."""
    shutil.copytree(start, place)
    return place


def _command(place: Path, *words: str | Path) -> Ran:
    temporary = place / "tmp"
    temporary.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pixelscrub", *map(str, words), "--workers", "2"]
    result = subprocess.run(
        command, env=environment(temporary), capture_output=True, text=True, check=False,
        timeout=600,
    )  # fmt: skip
    printed = result.stdout + result.stderr
    return Ran(result.returncode, printed, place / "out", place / "out-private")


def _plan(private: Path) -> Path:
    return next(private.glob("plans/*/plan.json"))


def _outside(place: Path) -> dict[str, str]:
    """Every file that is neither in OUT nor in the private folder."""
    found = snapshot(place)
    return {k: v for k, v in found.items() if k.split("/")[0] not in {"out", "out-private", "tmp"}}


def _judge(ran: Ran, place: Path, before: dict[str, str]) -> list[str]:
    wrong = ["a file outside was written or removed"] * (_outside(place) != before)
    wrong += ["written elsewhere"] * Path("/tmp/ESCAPED").exists()
    wrong += ["a traceback was printed"] * ("Traceback" in ran.printed)
    wrong += ["a planted word was printed"] * holds_word(ran.printed.encode())
    wrong += [f"exit code {ran.code}"] * (ran.code not in {0, 1, 2})
    names = [n for n, c in ran.contents().items() if holds_word(c) or holds_word(n.encode())]
    return wrong + ["a planted word in OUT"] * bool(names)


def _changed(old: dict[str, Any], values: dict[str, Any], twin: str) -> object:
    """A record of the plan with other values; those of its source one by one."""
    if not values:
        return "nonsense"
    new = old | {k: twin if v == "TWIN" else v for k, v in values.items()}
    if isinstance(values.get("source"), dict):
        new["source"] = old["source"] | values["source"]
    return new


def _records(place: Path, tally: Tally) -> None:
    """Each instance of one plan is changed in another way; all others are done."""
    before = _outside(place)
    path = _plan(place / "out-private")
    plan = json.loads(path.read_text())
    twin = plan["instances"][-1]["output"]
    sources = []
    for number, values in enumerate(RECORDS.values()):
        sources.append(plan["instances"][number]["source"]["path"])
        plan["instances"][number] = _changed(plan["instances"][number], values, twin)
    plan["instances"].insert(0, plan["instances"].pop())  # the first of two with one output stays
    path.write_text(json.dumps(plan))
    ran = _command(place, "apply", place / "out-private", "-o", place / "out")
    clean = {source for source, line in ran.lines.items() if line["outcome"] == CLEAN}
    reasons = {"plan_invalid", "identifier_left"}
    held = [line for line in ran.lines.values() if line["reason"] in reasons]
    for name, source in zip(RECORDS, sources, strict=True):
        tally.count(f"record: {name}", *["was released"] * (source in clean))
    wrong = _judge(ran, place, before)
    wrong += [f"{len(clean)} clean"] * (len(clean) != OTHERS)
    wrong += [f"{len(held)} held"] * (len(held) != len(RECORDS))
    tally.count("records, the run", *wrong)


def _whole(name: str, change: Callable[[Path], object], place: Path, tally: Tally) -> None:
    before = _outside(place)
    change(place / "out-private")
    after = _outside(place)
    ran = _command(place, "apply", place / "out-private", "-o", place / "out")
    wrong = _judge(ran, place, before | after)
    if ran.code == 1:
        wrong += ["OUT holds something"] * bool(ran.contents())
    tally.count(name, *wrong)


def _pipe_as_plan(private: Path) -> None:
    path = _plan(private)
    path.unlink()
    os.mkfifo(path)


def _link_as_plan(private: Path) -> None:
    path = _plan(private)
    path.rename(private.parent / "plan elsewhere")
    path.symlink_to(private.parent / "plan elsewhere")


def _link_as_report(private: Path) -> None:
    (private.parent / "elsewhere").mkdir()
    shutil.rmtree(private / "report")
    (private / "report").symlink_to(private.parent / "elsewhere")


def _link_as_audit(private: Path) -> None:
    (private.parent / "precious").write_text("kept")
    for name in ("audit.jsonl.new", "summary.json.new", "report/index.part"):
        (private / name).symlink_to(private.parent / "precious")


def _endless_key(private: Path) -> None:
    (private / "key").unlink()
    (private / "key").symlink_to("/dev/zero")


def _trigger(private: Path) -> None:
    _change(private, "CREATE TRIGGER evil AFTER INSERT ON files BEGIN DELETE FROM files; END")


def _change(private: Path, statement: str, *values: str) -> None:
    rows = sqlite3.connect(private / "journal.sqlite")
    with rows:
        rows.execute(statement, values)
    rows.close()


def _journal_names(place: Path, tally: Tally) -> None:
    """A journal that names files outside as outputs of earlier runs, then a run that resumes."""
    words = ("scrub", place / "in", "-o", place / "out", "--resume")
    first = _command(place, *words)
    precious = place / "precious.dcm"
    precious.write_bytes(b"kept")
    before = _outside(place)
    for output in ("../precious.dcm", str(precious)):
        _change(first.private, "UPDATE files SET size = -1, output = ?", output)
        ran = _command(place, *words)
        wrong = _judge(ran, place, before)
        wrong += ["OUT differs"] * (ran.contents().keys() != first.contents().keys())
        tally.count(f"journal names {place_of(output)[:9]}", *wrong)
    _change(first.private, "UPDATE files SET line = 'nonsense'")
    ran = _command(place, *words)
    wrong = _judge(ran, place, before) + [f"exit code {ran.code}"] * (ran.code != 0)
    tally.count("journal of damaged rows", *wrong)
    modes = {path.stat().st_mode & 0o077 for path in files(first.private)}
    tally.count("modes of what was written", *[f"{modes}"] * (modes != {0}))
