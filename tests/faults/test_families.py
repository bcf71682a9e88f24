"""A short run of each family; `scripts/faults` runs all of them."""

import gc
import importlib
import shutil
import warnings

import pytest

from tests.faults.ground import Tally


@pytest.mark.parametrize("family", ["malformed", "structure", "frames", "hiding", "identity"])
def test_family_is_survived(family, tmp_path):
    tally = Tally(family)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library that writes what is wrong
        importlib.import_module(f"tests.faults.{family}").run(tmp_path, tally, short=True)
    assert tally.tried > 15
    assert tally.failures == []


def test_hostile_peers_are_survived(tmp_path):
    pytest.importorskip("pynetdicom")
    from tests.faults import hostile_peer

    tally = Tally("hostile peer")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pynetdicom leaves sockets of refused calls open
        hostile_peer.run(tmp_path, tally, short=True)
        gc.collect()
    assert tally.tried > 15
    assert tally.failures == []


@pytest.mark.parametrize("family", ["hostile_folder", "hostile_private"])
def test_hostile_folders_are_survived(family, tmp_path):
    tally = Tally(family)
    importlib.import_module(f"tests.faults.{family}").run(tmp_path, tally, short=True)
    assert tally.tried > 8
    assert tally.failures == []


def test_odd_names_and_links_are_survived(tmp_path):
    from tests.faults import file_system

    tally = Tally("file system")
    for trial in (file_system._names, file_system._links):
        trial(file_system._fresh(tmp_path, trial), tally)
    assert tally.failures == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_errors_while_reading_are_survived(tmp_path):
    from tests.faults import file_system

    tally = Tally("file system")
    file_system._read_error(file_system._fresh(tmp_path, file_system._read_error), tally)
    assert tally.failures == []


def test_run_that_is_killed_ends_as_one_that_was_not(tmp_path):
    from tests.faults import processes

    tally = Tally("processes")
    processes._kill_parent(processes._archive(tmp_path), tally, 2)
    assert tally.failures == []


def test_worker_that_is_killed_while_writing_costs_its_instance_alone(tmp_path):
    from tests.faults import processes

    tally = Tally("processes")
    processes._kill_worker("write", processes._archive(tmp_path), tally)
    assert tally.failures == []
