"""Readers of bytes that a stranger made: seeds, damaged seeds, and what guided runs found."""

import random
import warnings
import zipfile

import pytest

from tests.faults.ground import encoded, instance
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


def test_member_without_a_name_costs_itself_alone(tmp_path):
    """Found by a guided run: `ZipInfo.is_dir` fails on it, and with it the whole run failed."""
    from pixelscrub.errors import Reason
    from pixelscrub.intake.find import SkippedFile, find

    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("1.dcm", encoded(instance()))
        archive.writestr("X", "no DICOM")
    content = (tmp_path / "x.zip").read_bytes()
    entry = content.rindex(b"PK\x01\x02")
    unnamed = bytearray(content[: entry + 46] + content[entry + 47 :])
    unnamed[entry + 28 : entry + 30] = bytes(2)
    end = unnamed.rindex(b"PK\x05\x06")
    size = int.from_bytes(unnamed[end + 12 : end + 16], "little") - 1
    unnamed[end + 12 : end + 16] = size.to_bytes(4, "little")
    (tmp_path / "x.zip").write_bytes(unnamed)
    one, nameless = sorted(find([tmp_path / "x.zip"]), key=lambda f: isinstance(f, SkippedFile))
    assert one.path == "x.zip/1.dcm"
    assert nameless.reason is Reason.DAMAGED_FILE
