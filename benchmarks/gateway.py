"""Measure the gateway beside plain receivers, as Markdown; everything on loopback.

The same instances are sent by dcmtk's storescu to dcmtk's storescp, to pynetdicom's storescp and
to the gateway, which answers only when instance and receipt are on the disk. Then: how long the
gateway takes, tags only and one worker, until the last of them is clean and at its destination.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from tests.faults.ground import installed

PYTHON = [sys.executable, "-P", "-m"]
STORESCP, STORESCU = installed("storescp"), installed("storescu")


def main() -> None:
    if STORESCP is None or STORESCU is None:
        raise SystemExit("dcmtk is not installed")
    print("| instances | received by | instances/s | beside storescp | CPU ms an instance |")
    print("| --- | --- | --- | --- | --- |")
    for count, size in ((200, 128), (100, 512)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make(folder / "in", count, size)
            for line in table(folder, count, size):
                print(line, flush=True)


def table(folder: Path, count: int, size: int) -> Iterator[str]:
    plain = None
    for name in ("dcmtk storescp", "pynetdicom storescp", "gateway"):
        port = free_port()
        with receiver(name, port, folder) as process:
            before = cpu(process)
            seconds = send(folder / "in", port)
            plain = plain or seconds
            spent = 1000 * (cpu(process) - before) / count
            rate = f"{count / seconds:.0f} | {plain / seconds:.2f} | {spent:.1f}"
            yield f"| {count} of {size}×{size} | {name} | {rate} |"
            if name == "gateway":
                began = time.perf_counter()
                while sent(folder / "private" / "receipts.sqlite") < count:
                    time.sleep(0.05)
                whole = seconds + time.perf_counter() - began
                yield (
                    f"| {count} of {size}×{size} | gateway, to the last one sent on "
                    f"| {count / whole:.0f} | {plain / whole:.2f} | |"
                )


@contextlib.contextmanager
def receiver(name: str, port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    out = folder / name.replace(" ", "-")
    out.mkdir()
    if name == "dcmtk storescp":
        with running([STORESCP, "-od", out, "-aet", "PIXELSCRUB", port], port) as process:
            yield process
    elif name == "pynetdicom storescp":
        command = [*PYTHON, "pynetdicom", "storescp", port, "-q", "-aet", "PIXELSCRUB", "-od", out]
        with running(command, port) as process:
            yield process
    else:
        recipe, onward = folder / "recipe.toml", free_port()
        recipe.write_text("[steps]\ntext = false\nface = false\n")
        command = [*PYTHON, "pixelscrub", "receive", "--port", port, "--quiet-time", 0]
        command += ["--to", f"ANY@127.0.0.1:{onward}", "-o", folder / "out", "--workers", 1]
        command += ["--private", folder / "private", "--recipe", recipe]
        with (
            running([STORESCP, "--ignore", onward], onward),
            running(command, port) as process,
        ):
            yield process


@contextlib.contextmanager
def running(command: list[object], port: int) -> Iterator[subprocess.Popen[bytes]]:
    words = [str(word) for word in command]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not is_open(port):
            if process.poll() is not None:
                raise SystemExit(f"{words[0]} does not start")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait()


def send(folder: Path, port: int) -> float:
    command = [str(STORESCU), "-aec", "PIXELSCRUB", "127.0.0.1", str(port), "+sd", str(folder)]
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - began


def cpu(process: subprocess.Popen[bytes]) -> float:
    """Seconds of CPU that a process has used, without its children."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sent(receipts: Path) -> int:
    with contextlib.closing(sqlite3.connect(receipts)) as rows:
        found = rows.execute("SELECT count(*) FROM receipts WHERE state = 'sent'").fetchone()
        return int(found[0])


def make(folder: Path, count: int, size: int) -> None:
    folder.mkdir()
    slice_ = dcmread(str(get_testdata_file("CT_small.dcm", download=False)))
    slice_.Rows = slice_.Columns = size
    noise = np.random.default_rng(0)
    for number in range(count):
        uid = generate_uid()
        slice_.SOPInstanceUID = slice_.file_meta.MediaStorageSOPInstanceUID = uid
        slice_.InstanceNumber = number + 1
        slice_.PixelData = noise.integers(-1000, 2000, (size, size), np.int16).tobytes()
        slice_.save_as(folder / f"{number}.dcm")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    main()
