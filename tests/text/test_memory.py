"""A folder in memory that is gone however its process ends, and pytesseract's files in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pixelscrub.text.reading import memory, tesseract
from pixelscrub.text.reading.memory import MEMORY, memory_folder

pytestmark = pytest.mark.skipif(not MEMORY.is_dir(), reason="no file system in memory")

READS = """
import sys, time
import numpy as np
from pixelscrub.text.reading import tesseract
from pixelscrub.text.reading.memory import memory_folder
print(memory_folder(), flush=True)
{then}
"""
Start = Callable[[str], tuple[subprocess.Popen[bytes], Path]]
SLOW = "tesseract.words(np.eye(400, dtype=np.uint8) * 200, 11)"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts processes with a folder each, that read with a program which takes long."""
    program = tmp_path / "tesseract"
    program.write_text('#!/bin/sh\nsleep 1.5\necho SECRET > "$2.tsv"\nsleep 1\n')
    program.chmod(0o755)
    (tmp_path / "tmp").mkdir()
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "TMPDIR": str(tmp_path / "tmp"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    running = []

    def one(then: str) -> tuple[subprocess.Popen[bytes], Path]:
        process = subprocess.Popen(
            [sys.executable, "-c", READS.format(then=then)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        running.append(process)
        assert process.stdout is not None
        folder = Path(process.stdout.readline().decode().strip())
        assert folder.parent == MEMORY
        assert until(lambda: not folder.exists() or folder.stat().st_mode & 0o777 == 0o700)
        return process, folder

    yield one
    for process in running:
        with process:
            process.kill()


def until(happens, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if happens():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSEGV]
)
def test_nothing_stays_of_a_process_that_is_killed_while_it_reads(tmp_path, start, number) -> None:
    process, folder = start(SLOW)
    assert until(lambda: any(folder.iterdir())), "the picture is in the folder while it is read"
    process.send_signal(number)
    process.wait()
    assert until(lambda: not folder.exists())
    time.sleep(2)  # the program, which was not killed, has written its answer by now
    assert not folder.exists()
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("then", ["", "raise SystemExit(3)", "1 / 0", "import os; os._exit(0)"])
def test_nothing_stays_of_a_process_that_ends(start, then) -> None:
    process, folder = start(then)
    process.wait()
    assert until(lambda: not folder.exists())


def test_what_both_leave_goes_with_the_next_folder(start) -> None:
    process, folder = start("time.sleep(60)")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for number in (*map(int, children), process.pid):
        os.kill(number, signal.SIGKILL)
    process.wait()
    (folder / "tess_x_input.PNG").write_bytes(b"left")
    memory._forget()
    assert memory_folder() is not None
    assert not folder.exists()


def test_a_folder_of_a_living_process_stays(start) -> None:
    _, folder = start("time.sleep(60)")
    memory._forget()
    assert memory_folder() not in {None, folder}
    assert folder.exists()


def test_one_folder_serves_a_process_until_its_reaper_dies() -> None:
    first = memory_folder()
    assert memory_folder() == first
    memory._kept[0].reaper.kill()
    memory._kept[0].reaper.wait()
    second = memory_folder()
    assert second != first
    assert first is not None
    assert not first.exists()


def test_without_memory_pictures_go_through_a_pipe(monkeypatch, tmp_path) -> None:
    memory._forget()
    monkeypatch.setattr(memory, "MEMORY", tmp_path)
    assert memory_folder() is None
    if shutil.which("tesseract"):
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        tesseract.words(np.full((40, 90), 255, np.uint8), 11)
    monkeypatch.setattr(memory, "MEMORY", tmp_path / "absent")
    assert memory_folder() is None
    assert list(tmp_path.iterdir()) == []


def test_without_a_reaper_there_is_no_folder(monkeypatch) -> None:
    memory._forget()
    monkeypatch.setattr(memory, "REAPER", "raise SystemExit")
    assert memory_folder() is None
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert memory_folder() is None
    assert not list(MEMORY.glob(f"{memory.PREFIX}{os.getpid()}-*"))


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_the_library_leaves_nothing_and_the_process_as_it_was(monkeypatch, tmp_path) -> None:
    """The seam of `compat.pytesseract`: pytesseract 0.3.13."""
    import pytesseract

    assert pytesseract.__version__.startswith("0.3.")
    assert callable(pytesseract.pytesseract.run_and_get_output)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    tesseract.words(np.full((40, 90), 255, np.uint8), 11)
    folder = memory_folder()
    assert folder is not None
    assert list(folder.iterdir()) == list(tmp_path.iterdir()) == []
    assert tempfile.tempdir is None
    assert pytesseract.pytesseract.environ is os.environ
    assert pytesseract.pytesseract.tesseract_cmd == "tesseract"
