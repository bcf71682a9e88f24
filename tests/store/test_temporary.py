"""A temporary private folder leaves nothing, whatever ends the process that has it."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from pixelscrub.store.temporary import LOCK, PREFIX, remove_abandoned, temporary_folder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_folder_is_closed_and_gone_at_the_end(temporary):
    with temporary_folder() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "key").write_text("secret")
        remove_abandoned()
        assert (folder / "key").exists()
    assert not list(temporary.iterdir())


def test_killed_process_leaves_nothing(temporary):
    code = (
        "import os, signal\n"
        "from pixelscrub.store.temporary import temporary_folder\n"
        "with temporary_folder() as folder:\n"
        "    (folder / 'key').write_text('secret')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    variables = os.environ | {"TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", code], check=False, env=variables)
    assert ran.returncode == -signal.SIGKILL
    end = time.monotonic() + 60
    while list(temporary.iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not list(temporary.iterdir())


def test_next_start_removes_what_nobody_holds(temporary):
    left = temporary / f"{PREFIX}left"
    left.mkdir(mode=0o700)
    (left / LOCK).touch()
    (left / "key").write_text("secret")
    other = temporary / f"{PREFIX}other"
    other.mkdir()
    (other / "file").write_text("of somebody else")
    (temporary / f"{PREFIX}link").symlink_to(left)
    with temporary_folder(is_watched=False):
        assert not left.exists()
        assert (other / "file").exists()
