"""Measure runs: workers, a Dask cluster, resuming, the journal, and memory over many instances.

Usage: python -m benchmarks.scale [--counts N,N,...] [journal|workers|resume|memory ...]

Prints tables in Markdown. Seconds on the clock depend on what else the machine does; CPU seconds
hardly do. `ms at best` is what an image would take on a machine of two cores that does nothing
else: the most of the main process's CPU time, a worker's, and half of all.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np
from pydicom.uid import generate_uid

from pixelscrub.compat.quiet import hush
from pixelscrub.intake.instance import Source
from pixelscrub.outcome import AuditLine, Outcome
from pixelscrub.store.journal import Journal
from tests.faults.ground import encoded, fresh, instance

ROOT = Path(__file__).resolve().parents[1]
SOME, MOST = 80, 480
A_STUDY = 20
FEW, MORE, MANY = 40, 160, 1760
TIMES = 3
CORES = 2
CPU = {"main, CPU ms": "self", "workers": "children", "cluster": "cluster", "ms at best": "least"}
ROWS = 50_000
RUN = """
import json, resource, sys, time
from pixelscrub import api
began = time.monotonic()
summary = api.scrub(**json.loads(sys.argv[1]))
used = {name: resource.getrusage(getattr(resource, "RUSAGE_" + name)) for name in ("SELF", "CHILDREN")}
print(json.dumps({
    "clean": summary.clean, "held": summary.held, "seconds": time.monotonic() - began,
    **{n.lower(): u.ru_utime + u.ru_stime for n, u in used.items()},
    **{n.lower() + "_mb": u.ru_maxrss / 1024 for n, u in used.items()},
}))
"""  # noqa: E501


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--counts", default="1000,10000,30000", help="instances to measure memory with"
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    arguments = parser.parse_args()
    hush()
    for name in arguments.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="pixelscrub-scale-") as folder:
            for line in PARTS[name](Path(folder), [int(n) for n in arguments.counts.split(",")]):
                print(line, flush=True)


def scrub(inputs: Path, out: Path, **options: object) -> dict[str, float]:
    """One run in a process of its own; what it took."""
    settings = {"inputs": str(inputs), "out": str(out), **options}
    command = [sys.executable, "-P", "-c", RUN, json.dumps(settings)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    took: dict[str, float] = json.loads(result.stdout)
    return took


def journal(folder: Path, _: list[int]) -> Iterator[str]:
    line = AuditLine(source="a/b/c.dcm", outcome=Outcome.CLEAN, output="p/s/r/0001.dcm")
    sources = [Source(folder, f"a/b/{n}.dcm", n, n, digest=f"{n:032x}") for n in range(ROWS)]
    with Journal(folder / "journal.sqlite", b"0" * 32) as opened:

        def record_all() -> None:
            for source in sources:
                opened.record(source, "recipe", line)

        written = rates(record_all)
        read = rates(lambda: [opened.done(source, "recipe") for source in sources])
    yield "| journal | rows a CPU second | rows a second |\n| --- | --- | --- |"
    yield f"| written, each durable on its own | {written} |\n| looked up | {read} |\n"


def rates(work: Callable[[], object]) -> str:
    """Rows by CPU time and by the clock, as two cells."""
    cpu, clock = time.process_time(), time.perf_counter()
    work()
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    return f"{ROWS / cpu:,.0f} | {ROWS / clock:,.0f}"


def workers(folder: Path, _: list[int]) -> Iterator[str]:
    """What an image costs once a run is going, and apart from that what starting costs."""
    pictures(folder / "in", SOME)
    pictures(folder / "more", MOST)
    yield f"| images of 512 x 512, {A_STUDY} a study | images/s | s to start | {' | '.join(CPU)} |"
    yield f"| --- | --- | --- |{' --- |' * len(CPU)}"
    for kind, run in (("worker", here), ("Dask worker", there)):
        each = [steady(folder, count, run) for count in (1, 2)]
        for count, took in enumerate(each, 1):
            yield row(f"{count} {kind}{'s' * (count > 1)}", took)
        clock, least = (each[0][name] / each[1][name] for name in ("seconds", "least"))
        yield f"| two against one | {clock:.2f} times | | | | | {least:.2f} times at best |"
    ceiling = steady(folder, 2, apart)
    ceiling["seconds"] /= 2
    yield row("two runs at once, a worker each: what this machine can do", ceiling) + "\n"


def row(name: str, took: dict[str, float]) -> str:
    cells = [f"{1 / took['seconds']:.2f}", f"{took['start']:.1f}"]
    cells += [f"{1000 * took[kind]:.1f}" for kind in CPU.values()]
    return f"| {name} | {' | '.join(cells)} |"


def steady(folder: Path, count: int, run: Callable[..., dict[str, float]]) -> dict[str, float]:
    """Seconds an image by the clock and of CPU, from runs over few and many images."""
    few = run(folder, folder / "in", count)
    more = run(folder, folder / "more", count)
    took = {name: (more[name] - few[name]) / (MOST - SOME) for name in more}
    took["start"] = few["seconds"] - SOME * took["seconds"]
    working = took["cluster"] or took["children"]
    whole = took["self"] + took["children"] + took["cluster"]
    took["least"] = max(took["self"], working / count, whole / CORES)
    return took


def here(folder: Path, archive: Path, count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=folder) as out:
        return scrub(archive, Path(out) / "out", workers=count) | {"cluster": 0.0}


def apart(folder: Path, archive: Path, count: int) -> dict[str, float]:
    """As many runs at once, each over the whole archive, with a worker each; what one took."""
    with ThreadPoolExecutor(count) as threads:
        runs = list(threads.map(lambda _: here(folder, archive, 1), range(count)))
    return {name: sum(run[name] for run in runs) / count for name in runs[0]} | {
        "seconds": max(run["seconds"] for run in runs)
    }


def there(folder: Path, archive: Path, count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=folder) as out, cluster(Path(out), count) as started:
        address, processes = started
        before = cpu(processes)
        took = scrub(archive, Path(out) / "out", dask=address)
        return took | {"cluster": cpu(processes) - before}


def cpu(processes: set[int]) -> float:
    """Seconds of CPU of some processes, their children and what those waited for."""
    spent = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rsplit(")", 1)[1].split()
            if processes & {int(path.parent.name), int(fields[1])}:
                spent += sum(map(int, fields[11:15]))
    return spent / os.sysconf("SC_CLK_TCK")


def resume(folder: Path, _sizes: list[int]) -> Iterator[str]:
    """What a run costs that has nothing to do: to start, and for each image to read and digest."""
    recipe = tags_alone(folder)
    for count in (FEW, MORE, MANY):
        pictures(folder / f"in-{count}", count)
    for count in (MORE, MANY):
        scrub(folder / f"in-{count}", folder / f"out-{count}", workers=2, recipe=recipe)
    again = {"workers": 2, "recipe": recipe, "resume": True}
    least, each = fitted(folder, "out", (MORE, MANY), **again)
    _start, whole = fitted(folder, "whole", (FEW, MORE), workers=2)
    yield "| resuming a finished run | CPU |\n| --- | --- |"
    yield f"| to start | {least:.1f} s |"
    yield f"| an image of 512 x 512 | {1000 * each:.2f} ms |"
    yield f"| of what it costs to scrub the image ({whole:.2f} s) | {each / whole:.2%} |\n"


def fitted(
    folder: Path, out: str, counts: tuple[int, int], **options: object
) -> tuple[float, float]:
    """CPU seconds to start, and of each image, from runs over few and many that use all workers.

    What is resumed is run several times, and the least counts: a busy machine only ever adds.
    """
    few, many = counts
    spent: dict[int, list[float]] = {few: [], many: []}
    for _ in range(TIMES if options.get("resume") else 1):
        for count, seconds in spent.items():
            run = scrub(folder / f"in-{count}", folder / f"{out}-{count}", **options)
            seconds.append(run["self"] + run["children"])
    first, last = map(min, spent.values())
    each = (last - first) / (many - few)
    return first - few * each, each


def tags_alone(folder: Path) -> str:
    """A recipe that only de-identifies headers."""
    recipe = folder / "tags.toml"
    recipe.write_text("[steps]\ntext = false\nface = false\n", encoding="utf-8")
    return str(recipe)


def pictures(archive: Path, count: int) -> None:
    """Grey scenes of tissue-like noise, some with text."""
    archive.mkdir()
    studies = [(generate_uid(), generate_uid()) for _ in range(0, count, A_STUDY)]
    rng = np.random.default_rng(3)
    for number in range(count):
        picture = cv2.GaussianBlur(rng.integers(0, 200, (512, 512), np.uint8), (0, 0), 5)
        if number % 3 == 0:
            cv2.putText(picture, "OTTOKAR 4711", (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
        study, series = studies[number // A_STUDY]
        made = instance(
            picture, InstanceNumber=number, StudyInstanceUID=study, SeriesInstanceUID=series
        )
        (archive / f"{number}.dcm").write_bytes(encoded(made))


@contextmanager
def cluster(folder: Path, count: int) -> Iterator[tuple[str, set[int]]]:
    """A Dask scheduler on loopback and its workers, each a process of its own: where, and which."""
    file = folder / f"scheduler-{count}.json"
    kinds = ["scheduler"] + ["worker"] * count
    options = {"scheduler": ["--host", "127.0.0.1", "--port", "0"],
               "worker": ["--nthreads", "1", "--no-nanny"]}  # fmt: skip
    started = [
        subprocess.Popen(
            [sys.executable, "-P", "-m", f"distributed.cli.dask_{kind}", "--no-dashboard",
             "--scheduler-file", str(file), *options[kind]],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )
        for kind in kinds
    ]  # fmt: skip
    while not file.exists():
        time.sleep(0.1)
    time.sleep(3)
    try:
        yield json.loads(file.read_text())["address"], {process.pid for process in started}
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def memory(folder: Path, counts: list[int]) -> Iterator[str]:
    recipe = tags_alone(folder)
    yield "| instances of 16 x 16, tags alone | seconds | CPU ms an instance | main MB | worker MB | disk KB an instance |"  # noqa: E501
    yield "| --- | --- | --- | --- | --- | --- |"
    for count in counts:
        archive, out = folder / "in", folder / "out"
        replicate(archive, count)
        took = scrub(archive, out, workers=2, recipe=recipe)
        private = sum(p.stat().st_size for p in (folder / "out-private").rglob("*") if p.is_file())
        cpu = 1000 * (took["self"] + took["children"]) / count
        cells = (f"{count:,}", f"{took['seconds']:.0f}", f"{cpu:.1f}",
                 f"{took['self_mb']:.0f}", f"{took['children_mb']:.0f}",
                 f"{private / count / 1024:.1f}")  # fmt: skip
        yield f"| {' | '.join(cells)} |"
        for path in (archive, out, folder / "out-private"):
            shutil.rmtree(path)


def replicate(archive: Path, count: int) -> None:
    """The same header again and again, 100 instances a study and 1,000 files a folder."""
    template = encoded(instance(np.zeros((16, 16), np.uint8)))
    for number in range(count):
        if number % 100 == 0:
            template = fresh(template)
            uid = template[template.index(b"\x08\x00\x18\x00UI") + 8 :][:64].rstrip(b"\0")
        other = uid[:-3] + f"{number % 1000:03d}".encode()
        path = archive / f"{number // 1000:04d}" / f"{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(template.replace(uid, other))


PARTS: dict[str, Callable[[Path, list[int]], Iterator[str]]] = {
    "journal": journal,
    "workers": workers,
    "resume": resume,
    "memory": memory,
}

if __name__ == "__main__":
    main()
