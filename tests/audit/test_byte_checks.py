"""The audit finds what is hidden in bytes, by its own reading, and nothing in clean files."""

from __future__ import annotations

import pytest

from pixelscrub.audit.byte_checks import check_bytes
from pixelscrub.audit.pairs import File, read_header
from pixelscrub.intake.instance import Source
from tests.audit.seeds_bytes import SEEDS, clean
from tests.streams import TEXT


def found_in(data, tmp_path):
    path = tmp_path / "1.dcm"
    path.write_bytes(data)
    source = Source(tmp_path, "1.dcm", len(data), path.stat().st_mtime_ns)
    header = read_header(source)
    return [] if header is None else list(check_bytes(File(source, header), "1.dcm"))


@pytest.mark.parametrize("seed", SEEDS)
def test_planted_bytes_are_found(seed, make_instance, tmp_path):
    plant, kind = SEEDS[seed]
    found = found_in(plant(make_instance), tmp_path)
    assert kind in {issue.kind for issue in found}
    assert not any(TEXT.decode()[4:12] in issue.place + issue.detail for issue in found)


@pytest.mark.parametrize("number", range(9))
def test_clean_files_raise_nothing(number, make_instance, tmp_path):
    assert found_in(clean(make_instance)[number], tmp_path) == []


def test_a_file_that_cannot_be_followed_is_said(make_instance, tmp_path):
    data = clean(make_instance)[0]
    assert [i.kind for i in found_in(data[:-9], tmp_path)] == ["unreadable"]
