import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError

import pytest

from pixelscrub.errors import MissingComponentError
from pixelscrub.jobs.pool import Pool
from pixelscrub.recipe import Recipe
from pixelscrub.study.run import drive, open_run

COUNT = 60
"""Instances of a run that is interrupted: more than are in hand at any moment."""


@pytest.fixture
def run(tmp_path):
    with open_run(Recipe(), tmp_path / "private", None, 1, None) as opened:
        yield opened


def test_items_are_driven_and_their_results_come_back(run):
    assert drive(lambda item, _: item * 2, [1, 2, 3], run) == [2, 4, 6]


def test_error_of_one_item_ends_the_run_and_is_raised(run):
    def work(item, run):
        raise MissingComponentError("tesseract", "install it")

    with pytest.raises(MissingComponentError):
        drive(work, [1, 2, 3], run)
    assert run.pool.is_stopped


def test_ctrl_c_finishes_what_is_in_hand_and_leaves_the_rest(run, monkeypatch):
    done = []

    def interrupt(*_, **__):
        while not done:
            time.sleep(0.01)
        raise KeyboardInterrupt

    def work(item, run):
        for _, result in run.pool.map(str, [item]):
            done.append(result)

    monkeypatch.setattr("pixelscrub.study.run.wait_for", interrupt)
    drive(work, list(range(10000)), run)
    assert 1 <= len(done) < 10000
    assert run.pool.is_stopped


def test_stopped_pool_takes_no_more_work():
    with Pool(1) as pool:
        pool.stop()
        with pytest.raises(CancelledError):
            list(pool.map(str, [1]))


def test_interrupted_scrub_exits_130_and_resumes(make_instance, save, tmp_path):
    """A real process, a real signal."""
    for number in range(COUNT):
        save(make_instance(), tmp_path / "in" / f"{number}.dcm")
    command = [sys.executable, "-m", "pixelscrub", "scrub", tmp_path / "in", "-o", tmp_path / "out"]
    command += ["--workers", "1"]
    process = subprocess.Popen(  # a shell's background jobs ignore the signal; this one must not
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    while process.poll() is None and not list((tmp_path / "out").rglob("*.dcm")):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert b"Traceback" not in errors
    assert process.returncode == 130
    written = len(list((tmp_path / "out").rglob("*.dcm")))
    assert 1 <= written < COUNT
    assert subprocess.run([*command, "--resume"], check=False, capture_output=True).returncode == 0
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == COUNT
