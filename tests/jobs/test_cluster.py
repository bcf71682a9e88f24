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

from pixelscrub.errors import UsageError
from pixelscrub.jobs.cluster import connect, require_closed
from tests.certificates import make_certificates

pytest.importorskip("distributed")
ROOT = Path(__file__).resolve().parents[2]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
COUNT = 12


class Cluster:
    """A scheduler on loopback and its workers."""

    def __init__(self, folder, workers=2, tls=()):
        self.file = folder / "scheduler.json"
        protocol = ("--protocol", "tls") if tls else ()
        self.processes = [
            self.start("scheduler", "--host", "127.0.0.1", "--port", "0", *protocol, *tls)
        ]
        options = ("--nthreads", "1", "--no-nanny", "--local-directory", folder, *tls)
        self.workers = [self.start("worker", *options) for _ in range(workers)]
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


def scrub(inputs, out, *options, env=None):
    command = [sys.executable, "-m", "pixelscrub", "scrub", inputs, "-o", out]
    command += ["--key", inputs.parent / "key", *options]
    return subprocess.Popen(
        list(map(str, command)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | (env or {}),
    )


def contents(out):
    return {p.relative_to(out): p.read_bytes() for p in out.rglob("*.dcm")}


def test_cluster_gives_what_this_machine_gives(cluster, inputs, tmp_path):
    there = scrub(inputs, tmp_path / "there", "--dask", cluster.address, "--progress", "json")
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


def test_cluster_with_tls_takes_who_has_a_certificate(inputs, tmp_path):
    made = make_certificates(tmp_path / "tls")
    files = {"ca-file": "ca.pem", "cert": "own.pem", "key": "own.key"}
    tls = [part for name, file in files.items() for part in (f"--tls-{name}", made / file)]
    started = Cluster(tmp_path, workers=1, tls=tls)
    try:
        assert started.address.startswith("tls://")
        stranger = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(made / "ca.pem")}
        refused = scrub(inputs, tmp_path / "x", "--dask", started.address, env=stranger)
        _, errors = refused.communicate(timeout=120)
        assert refused.returncode == 1
        assert b"no Dask cluster answers" in errors
        ours = stranger | {
            "DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT": str(made / "own.pem"),
            "DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY": str(made / "own.key"),
        }
        run = scrub(inputs, tmp_path / "out", "--dask", started.address, env=ours)
        output, _ = run.communicate(timeout=120)
        assert run.returncode == 0
        assert b"clean 12" in output
    finally:
        started.stop()


@pytest.mark.parametrize(
    "address",
    ["tls://10.0.0.7:8786", "tcp://127.0.0.1:1", "127.0.0.9:1", "[::1]:1", "localhost:8786"],
)
def test_cluster_with_tls_or_of_this_machine_is_closed(address):
    require_closed([address, "inproc://10.0.0.7/1/2"])


@pytest.mark.parametrize(
    "address",
    [
        "tcp://10.0.0.7:8786",
        "10.0.0.7:8786",
        "scheduler.example:8786",
        "ws://10.0.0.7:8786",
        "wss://10.0.0.7:8786",
        "ucx://10.0.0.7:8786",
        "tcp://0.0.0.0:8786",
        "tcp://[::]:8786",
        "tcp://localhost.example:1",
        "tcp://[",
        "",
    ],
)
def test_cluster_that_others_can_reach_is_refused_before_anything_is_sent(address, monkeypatch):
    monkeypatch.setattr("distributed.Client", None)
    with pytest.raises(UsageError, match="tls://"):
        connect(address)


class Told:
    """A client of a cluster that tells where its scheduler and workers listen."""

    is_closed = False

    def __init__(self, *addresses):
        self.addresses = addresses

    def __call__(self, address, **_):
        self.asked = address
        return self

    def wait_for_workers(self, *_, **__):
        pass

    def scheduler_info(self, **_):
        return {"address": self.addresses[0], "workers": dict.fromkeys(self.addresses[1:])}

    def close(self):
        self.is_closed = True


@pytest.mark.parametrize(
    "addresses",
    [
        ("tcp://10.0.0.7:8786", "tcp://127.0.0.1:2"),
        ("tcp://127.0.0.1:8786", "tcp://127.0.0.1:2", "tcp://10.0.0.8:3"),
    ],
)
def test_scheduler_or_worker_that_listens_to_others_is_refused(addresses, monkeypatch):
    client = Told(*addresses)
    monkeypatch.setattr("distributed.Client", client)
    with pytest.raises(UsageError, match="tls://"):
        connect("tcp://127.0.0.1:8786")
    assert client.is_closed
    assert connect("insecure+tcp://10.0.0.7:8786") is client
    assert client.asked == "tcp://10.0.0.7:8786"
