import os
import sys

import pytest

from pixelscrub.errors import HeldError, MissingComponentError, Reason
from pixelscrub.jobs.pool import Pool


def work(item):
    if item == "die":
        os._exit(1)
    if item == "held":
        raise HeldError(Reason.BAD_PIXEL_DATA, "detail")
    if item == "missing":
        raise MissingComponentError("tesseract", "install it")
    if item == "secret":
        raise ValueError("PLANTED-4711")
    return item * 2


@pytest.fixture(scope="module")
def pool():
    with Pool(2) as opened:
        yield opened


def test_results_come_in_order_and_errors_as_values(pool):
    results = [result for _, result in pool.map(work, ["a", "held", "missing", "secret", "b"])]
    assert (results[0], results[4]) == ("aa", "bb")
    assert (results[1].reason, results[1].detail) == (Reason.BAD_PIXEL_DATA, "detail")
    assert results[2].component == "tesseract"
    assert results[3].reason is Reason.INTERNAL_ERROR
    assert "PLANTED" not in str(results[3])


def test_worker_that_dies_costs_its_own_item_alone(pool):
    results = [result for _, result in pool.map(work, ["a", "die", "b", "held"])]
    assert (results[0], results[2]) == ("aa", "bb")
    assert results[1].reason is Reason.WORKER_DIED
    assert results[3].reason is Reason.BAD_PIXEL_DATA
    assert pool.call(work, "still alive") == "still alivestill alive"


def test_missing_dask_names_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingComponentError, match=r"pixelscrub\[cluster\]"):
        Pool(dask="tcp://127.0.0.1:1")
