"""File system: full and read-only disks, errors while reading, odd names, links and pipes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.ground import CLEAN, Ran, Tally, encoded, instance, judge, scrub, snapshot

OBEDIENT = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Root without the right to pass over permissions."""
FEW = 6


def run(folder: Path, tally: Tally, short: bool) -> None:
    """Each fault has a folder and runs of its own."""
    for trial in (_names, _links, _collision, _directory_as_file):
        trial(_fresh(folder, trial), tally)
    if shutil.which("strace"):
        _read_error(_fresh(folder, _read_error), tally)
    if os.geteuid() == 0:
        for trial in (_no_permission, _full_output, _full_private, _read_only):
            trial(_fresh(folder, trial), tally)


def _fresh(folder: Path, trial: Callable[..., object]) -> Path:
    """A folder with a few good files to scrub."""
    place = folder / trial.__name__.strip("_")
    (place / "in").mkdir(parents=True)
    for number in range(FEW):
        (place / "in" / f"{number}.dcm").write_bytes(encoded(instance()))
    return place


def _judge(name: str, ran: Ran, folder: Path, before: dict[str, str], **expect: str) -> list[str]:
    """What is wrong with a run, and with the outcomes of these files (`_` stands for others)."""
    wrong = list(judge(ran, before, folder))
    for source in ran.lines:
        right = expect.get(Path(source).stem, expect.get("_", CLEAN))
        if ran.outcome(source) != right:
            wrong.append(f"{ran.outcome(source)} instead of {right}")
    return wrong


def _names(folder: Path, tally: Tally) -> None:
    """Names of 255 bytes, of other characters, of no known encoding, and deep folders."""
    data = {name: encoded(instance()) for name in ("a" * 251 + ".dcm", "ü ß 患者", "-rf", "a\nb")}
    for name, content in data.items():
        (folder / "in" / name).write_bytes(content)
    with open(os.fsencode(folder / "in") + b"/\xff\xfe.dcm", "wb") as file:  # noqa: PTH123
        file.write(encoded(instance()))
    deep = folder / "in" / "/".join(["d" * 100] * 30)
    deep.mkdir(parents=True)
    (deep / "x.dcm").write_bytes(encoded(instance()))
    before = snapshot(folder / "in")
    ran = scrub(folder)
    for name in data:
        tally.count(f"name {name[:9]!r}", *[ran.outcome(name)] * (ran.outcome(name) != CLEAN))
    held = [line["reason"] for line in ran.lines.values() if line["reason"]]
    tally.count("name of no encoding", *[f"{held}"] * (held != ["unsupported_file_name"]))
    tally.count("names, the run", *judge(ran, before, folder))


def _links(folder: Path, tally: Tally) -> None:
    """Links in a circle, out of INPUT, to nothing; a pipe, a socket's place, a device."""
    outside = folder / "outside"
    outside.mkdir()
    (outside / "secret.dcm").write_bytes(encoded(instance()))
    inside = folder / "in"
    (inside / "circle").symlink_to(inside)
    (inside / "out.dcm").symlink_to(outside / "secret.dcm")
    (inside / "outdir").symlink_to(outside)
    (inside / "nothing.dcm").symlink_to(inside / "missing")
    os.mkfifo(inside / "pipe.dcm")
    before = snapshot(inside)
    ran = scrub(folder)
    for name in ("circle", "out.dcm", "outdir", "nothing.dcm", "pipe.dcm"):
        outcome = ran.outcome(name)
        tally.count(name, *[outcome] * (outcome != "not_a_file"))
    wrong = judge(ran, before, folder)
    tally.count("links, the run", *wrong, *["more was read"] * (len(ran.contents()) != FEW))


def _collision(folder: Path, tally: Tally) -> None:
    """Somebody put other files, and links, where ours would go."""
    first = scrub(folder)
    names = sorted(first.contents())
    shutil.rmtree(folder / "out", ignore_errors=True)
    patient = names[0].partition("/")[0]
    (folder / "out").mkdir()
    (folder / "outside").mkdir()
    (folder / "out" / patient).symlink_to(folder / "outside")
    before = snapshot(folder / "in")
    ran = scrub(folder, "--resume")
    wrong = [] if ran.code == 2 else [f"exit code {ran.code}"]
    wrong += ["written through a link"] * bool(list((folder / "outside").rglob("*")))
    wrong += ["an input changed"] * (snapshot(folder / "in") != before)
    tally.count("link in OUT", *wrong)
    (folder / "out" / patient).unlink()
    again = scrub(folder, "--resume")
    tally.count("link in OUT, re-run", *["differs"] * (again.contents() != first.contents()))


def _directory_as_file(folder: Path, tally: Tally) -> None:
    """A folder stands where an output would go."""
    first = scrub(folder)
    name = sorted(first.contents())[0]
    (first.out / name).unlink()
    (first.out / name).mkdir()
    ran = scrub(folder, "--resume")
    held = [line["reason"] for line in ran.lines.values() if line["reason"]]
    tally.count("folder in place of a file", *[f"{held}"] * (held != ["write_failed"]))
    (first.out / name).rmdir()
    again = scrub(folder, "--resume")
    tally.count("folder gone, re-run", *["differs"] * (again.contents() != first.contents()))


def _read_error(folder: Path, tally: Tally) -> None:
    """The disk gives errors (EIO) whenever one file is read."""
    before = snapshot(folder / "in")
    path = (folder / "in" / "3.dcm").resolve()
    trace = ("strace", "-f", "-qq", "-o", "/dev/null", "-P", str(path))
    for calls in ("read", "openat", "mmap"):
        inject = f"inject={calls}:error=EIO"
        ran = scrub(folder, "--resume", prefix=(*trace, "-e", f"trace={calls}", "-e", inject))
        right = CLEAN if calls == "mmap" else "unreadable"
        wrong = _judge(calls, ran, folder, before, **{"3": right})
        tally.count(f"EIO on {calls}", *wrong)
    again = scrub(folder, "--resume")
    tally.count("EIO gone, re-run", *_judge("again", again, folder, before))


@contextmanager
def _disk(place: Path, size: str) -> Iterator[None]:
    """A small disk in memory at `place`."""
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(place)]
    subprocess.run(command, check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


def _full_output(folder: Path, tally: Tally) -> None:
    """OUT has room for some of the files."""
    before = snapshot(folder / "in")
    with _disk(folder / "out", "20k"):
        ran = scrub(folder, "--private", str(folder / "out-private"))
        reasons = {line["reason"] for line in ran.lines.values()}
        wrong = [f"{reasons}"] * (reasons - {None} != {"write_failed"})
        tally.count("OUT full", *wrong, *judge(ran, before, folder))
        left = list((folder / "out").rglob(".*.part"))
        tally.count("OUT full, nothing half", *["parts were left"] * bool(left))
    again = scrub(folder, "--resume")
    tally.count("OUT with room, re-run", *_judge("again", again, folder, before))


def _full_private(folder: Path, tally: Tally) -> None:
    """The private folder has no room: for scratch files, or for the journal itself."""
    before = snapshot(folder / "in")
    for size in ("1m", "700k", "400k", "250k", "150k", "100k", "60k", "30k", "8k"):
        with _disk(folder / "out-private", size):
            ran = scrub(folder)
            clean = {line["output"] for line in ran.lines.values() if line["outcome"] == CLEAN}
            wrong = ["a traceback was printed"] * ("Traceback" in ran.printed)
            wrong += [f"exit code {ran.code}"] * (ran.code not in {0, 1, 2})
            wrong += ["exit code 0 with files missing"] * (ran.code == 0 and len(clean) != FEW)
            wrong += ["an input changed"] * (snapshot(folder / "in") != before)
            tally.count(f"PRIVATE of {size}", *wrong)
        shutil.rmtree(folder / "out", ignore_errors=True)
    again = scrub(folder)
    tally.count("PRIVATE with room, re-run", *_judge("again", again, folder, before))


def _read_only(folder: Path, tally: Tally) -> None:
    """OUT lies on a disk that takes no writing."""
    with _disk(folder / "out", "100k"):
        subprocess.run(["mount", "-o", "remount,ro", str(folder / "out")], check=True)
        ran = scrub(folder)
        wrong = [f"exit code {ran.code}"] * (ran.code not in {1, 2})
        wrong += ["a traceback was printed"] * ("Traceback" in ran.printed)
        tally.count("OUT read-only", *wrong)


def _no_permission(folder: Path, tally: Tally) -> None:
    """We may not read a file and a folder, or may not write to OUT."""
    inside = folder / "in"
    (inside / "closed").mkdir()
    (inside / "closed" / "x.dcm").write_bytes(encoded(instance()))
    before = snapshot(inside)
    (inside / "3.dcm").chmod(0)
    (inside / "closed").chmod(0)
    ran = scrub(folder, prefix=OBEDIENT)
    wrong = _judge("closed", ran, folder, before, **{"3": "unreadable", "closed": "unreadable"})
    tally.count("EACCES on a file and a folder", *wrong)
    (inside / "3.dcm").chmod(0o600)
    (inside / "closed").chmod(0o700)
    again = scrub(folder, "--resume", prefix=OBEDIENT)
    wrong = [name for name, line in again.lines.items() if line["outcome"] != CLEAN]
    tally.count("EACCES gone, re-run", *[f"{len(wrong)} held"] * bool(wrong))
    (folder / "out").chmod(0o500)
    refused = scrub(folder, "--resume", prefix=OBEDIENT)
    tally.count("EACCES on OUT", *[f"exit code {refused.code}"] * (refused.code != 1))
    (folder / "out").chmod(0o700)
