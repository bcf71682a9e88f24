import os
import signal
import subprocess
import sys

import pytest

from pixelscrub.errors import UsageError
from pixelscrub.store.lock import locked

HOLD = """
import sys, time
from pathlib import Path
from pixelscrub.store.lock import locked
with locked(Path(sys.argv[1]), "folder"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_lock_is_held_once_and_let_go_of(tmp_path):
    path = tmp_path / "lock"
    with locked(path, "folder"):
        with pytest.raises(UsageError, match="folder is in use"), locked(path, "folder"):
            pass
        with locked(tmp_path / "other", "folder"):
            pass
    with locked(path, "folder"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_killed_process_leaves_no_lock(tmp_path):
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(UsageError, match="in use"), locked(path, "folder"):
            pass
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        with locked(path, "folder"):
            pass


def test_what_cannot_be_locked_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="cannot be locked"), locked(tmp_path / "link", "folder"):
        pass
    assert not (tmp_path / "elsewhere").exists()

    def unknown(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", unknown)
    with pytest.raises(UsageError, match="cannot be locked"), locked(tmp_path / "lock", "folder"):
        pass
