"""A real Dask scheduler and workers, each a process of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("distributed")
ROOT = Path(__file__).resolve().parents[2]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
COUNT = 12


class Cluster:
    """A scheduler on loopback and two workers."""

    def __init__(self, folder):
        self.file = folder / "scheduler.json"
        self.processes = [self.start("scheduler", "--host", "127.0.0.1", "--port", "0")]
        self.workers = [
            self.start("worker", "--nthreads", "1", "--no-nanny", "--local-directory", folder)
            for _ in range(2)
        ]
        self.processes += self.workers
        try:
            self.address = self.told()
        except TimeoutError:
            self.stop()
            raise

    def told(self):
        """The scheduler's address, when it has written its file to the end."""
        end = time.monotonic() + 180
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError):
                return json.loads(self.file.read_text())["address"]
            time.sleep(0.05)
        raise TimeoutError("the scheduler did not start")

    def start(self, kind, *options):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--no-dashboard"]
        command += ["--scheduler-file", self.file, *options]
        return subprocess.Popen(list(map(str, command)), cwd=ROOT, start_new_session=True, **QUIET)

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    started = Cluster(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def inputs(make_instance, save, tmp_path):
    for number in range(COUNT):
        save(make_instance(InstanceNumber=number), tmp_path / "in" / f"{number}.dcm")
    (tmp_path / "key").write_bytes(b"0" * 32)
    (tmp_path / "key").chmod(0o600)
    return tmp_path / "in"


def scrub(inputs, out, *options):
    command = [sys.executable, "-m", "pixelscrub", "scrub", inputs, "-o", out]
    command += ["--key", inputs.parent / "key", *options]
    return subprocess.Popen(
        list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def contents(out):
    return {p.relative_to(out): p.read_bytes() for p in out.rglob("*.dcm")}


def test_cluster_gives_what_this_machine_gives(cluster, inputs, tmp_path):
    there = scrub(inputs, tmp_path / "there", "--dask", cluster.address)
    output, errors = there.communicate(timeout=120)
    assert there.returncode == 0
    assert all(line.startswith(b'{"done": ') for line in errors.splitlines())
    assert b"clean 12" in output
    here = scrub(inputs, tmp_path / "here", "--workers", "1")
    here.communicate(timeout=120)
    assert here.returncode == 0
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_worker_of_the_cluster_that_is_killed_costs_nothing(cluster, inputs, tmp_path):
    run = scrub(inputs, tmp_path / "out", "--dask", cluster.address)
    while run.poll() is None and not contents(tmp_path / "out"):
        time.sleep(0.02)
    os.killpg(cluster.workers[0].pid, signal.SIGKILL)
    _, errors = run.communicate(timeout=120)
    assert b"Quixote" not in errors
    assert b"PLANTED" not in errors
    assert run.returncode == 0
    assert len(contents(tmp_path / "out")) == COUNT
