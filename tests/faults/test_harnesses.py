"""Readers of bytes that a stranger made: seeds, damaged seeds, and what guided runs found."""

import random
import warnings

import pytest

from tests.faults.harnesses import HARNESSES, feed
from tests.faults.malformed import damaged

DAMAGED = 40


@pytest.mark.parametrize("name", HARNESSES)
def test_reader_survives_its_seeds_and_damage_to_them(name, tmp_path):
    harness, random_numbers = HARNESSES[name], random.Random(name)
    seeds = list(harness.seeds())
    assert seeds
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in seeds:
            harness.read(tmp_path, seed)
        for number in range(DAMAGED):
            seed = seeds[number % len(seeds)]
            feed(harness, tmp_path, damaged(seed, seeds, random_numbers))


@pytest.mark.parametrize("name", HARNESSES)
@pytest.mark.parametrize("data", [b"", b"\0", b"\xff" * 200, b"[" * 5000, b"{" * 5000])
def test_reader_survives_nothing_and_nonsense(name, data, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        feed(HARNESSES[name], tmp_path, data)
