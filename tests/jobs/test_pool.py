import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from pixelscrub.errors import HeldError, MissingComponentError, Reason, UsageError
from pixelscrub.jobs.limits import LEAST_MEMORY, Limits
from pixelscrub.jobs.pool import Pool

LIMITS = Limits(seconds=12, seconds_a_megabyte=0, memory=LEAST_MEMORY)


def work(item):
    if item == "die":
        os._exit(1)
    if item == "abort":
        os.abort()
    if item == "hang":
        time.sleep(600)
    if item == "grow":
        return len(bytearray(4 * LEAST_MEMORY))
    if item == "held":
        raise HeldError(Reason.BAD_PIXEL_DATA, "detail")
    if item == "missing":
        raise MissingComponentError("tesseract", "install it")
    if item == "secret":
        raise ValueError("PLANTED-4711")
    if item == "unpicklable":
        return threading.Lock()
    return item * 2


def once_only(path):
    """Dies the first time that it is called, as under a passing shortage."""
    first = not path.exists()
    path.touch()
    if first:
        os.kill(os.getpid(), signal.SIGKILL)
    return "second"


def process_of(_):
    return os.getpid()


def threads(_):
    """Threads that OpenCV and SimpleITK would work with."""
    import cv2
    import SimpleITK

    return cv2.getNumThreads(), SimpleITK.ProcessObject.GetGlobalDefaultNumberOfThreads()


def start_and_tell(path):
    """A program of its own, as Tesseract is; then hang."""
    path.write_text(str(subprocess.Popen(["sleep", "600"]).pid))
    time.sleep(600)


def lives(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


@pytest.fixture(scope="module")
def pool():
    with Pool(2, limits=LIMITS) as opened:
        yield opened


def reason(result):
    return result.reason if isinstance(result, HeldError) else result


def test_results_come_in_order_and_errors_as_values(pool):
    results = [result for _, result in pool.map(work, ["a", "held", "missing", "secret", "b"])]
    assert (results[0], results[4]) == ("aa", "bb")
    assert (results[1].reason, results[1].detail) == (Reason.BAD_PIXEL_DATA, "detail")
    assert results[2].component == "tesseract"
    assert results[3].reason is Reason.INTERNAL_ERROR
    assert "PLANTED" not in str(results[3])


def test_worker_computes_in_one_thread(pool):
    assert pool.call(threads, None) == (1, 1)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("die", Reason.WORKER_DIED),
        ("abort", Reason.WORKER_DIED),
        ("hang", Reason.TIMEOUT),
        ("grow", Reason.OUT_OF_MEMORY),
        ("unpicklable", Reason.INTERNAL_ERROR),
    ],
)
def test_one_that_dies_hangs_or_grows_costs_itself_alone(pool, item, expected):
    results = [reason(result) for _, result in pool.map(work, ["a", item, "b", "held"])]
    assert results == ["aa", expected, "bb", Reason.BAD_PIXEL_DATA]
    assert pool.call(work, "still alive") == "still alivestill alive"


def test_what_was_lost_once_is_tried_again(pool, tmp_path):
    assert pool.call(once_only, tmp_path / "tried") == "second"


def test_item_that_cannot_be_sent_is_held(pool):
    assert reason(pool.call(work, threading.Lock())) is Reason.INTERNAL_ERROR


def test_program_of_a_worker_that_hangs_is_ended_with_it(pool, tmp_path):
    assert reason(pool.call(start_and_tell, tmp_path / "pid")) is Reason.TIMEOUT
    assert not lives((tmp_path / "pid").read_text())


def test_larger_input_may_take_longer():
    limits = Limits(seconds=10, seconds_a_megabyte=2)
    assert limits.time_for(0) == 10
    assert limits.time_for(5_000_000) == 20
    assert Limits().shared_by(10**9).memory == LEAST_MEMORY
    assert limits.shared_by(1).memory > LEAST_MEMORY


def test_worker_is_replaced_after_so_many_calls():
    with Pool(1, limits=Limits(calls=2)) as pool:
        pids = [pid for _, pid in pool.map(process_of, range(4))]
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_workers_end_with_the_pool_and_with_a_parent_that_is_killed(tmp_path):
    with Pool(1) as pool:
        pid = pool.call(process_of, 0)
        assert lives(pid)
    assert not lives(pid)
    code = (
        "import os, time; from pathlib import Path; from pixelscrub.jobs.pool import Pool\n"
        "from tests.jobs.test_pool import process_of\n"
        f"Path({str(tmp_path / 'pid')!r}).write_text(str(Pool(1).call(process_of, 0)))\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2])
    end = time.monotonic() + 60
    while lives((tmp_path / "pid").read_text()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not lives((tmp_path / "pid").read_text())


def test_error_in_the_run_ends_workers_at_once(tmp_path):
    began = time.monotonic()
    results = []
    with pytest.raises(KeyboardInterrupt), Pool(1) as pool:  # noqa: PT012
        thread = threading.Thread(target=lambda: results.append(pool.call(work, "hang")))
        thread.start()
        time.sleep(1)
        raise KeyboardInterrupt
    thread.join()
    assert time.monotonic() - began < 300
    assert reason(results[0]) is Reason.WORKER_DIED


def test_stopped_pool_finishes_what_is_in_hand(pool):
    with Pool(1) as own:
        seen = []
        with pytest.raises(CancelledError):  # noqa: PT012
            for item, _ in own.map(work, "abcdefgh"):
                seen.append(item)
                own.stop()
        assert seen[0] == "a"
        assert len(seen) < 4
        with pytest.raises(CancelledError):
            own.call(work, "more")


def test_missing_dask_names_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingComponentError, match=r"pixelscrub\[cluster\]"):
        Pool(dask="tcp://127.0.0.1:1")


def test_cluster_that_does_not_answer_is_an_error(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("pixelscrub.jobs.cluster.PATIENCE", "1s")
    with pytest.raises(UsageError, match="no Dask cluster"):
        Pool(dask="tcp://127.0.0.1:1")
