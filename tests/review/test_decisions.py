import json

import pytest

from pixelscrub.errors import UsageError
from pixelscrub.review import decisions
from pixelscrub.review.decisions import Change, Record
from tests.review.samples import SURE, TEXT


@pytest.fixture
def path(tmp_path):
    return tmp_path / "decisions.jsonl"


def change(now=TEXT):
    return Change(plan="study-1", uid="1.1", now=now)


def add(record, verb="box", **values):
    record.append(record.new("ada", verb, "frames", [change(**values)]))


def test_each_line_says_who_did_what_and_when(path):
    record = Record(path)
    add(record)
    (line,) = path.read_text().splitlines()
    told = json.loads(line)
    assert (told["number"], told["who"], told["verb"]) == (1, "ada", "box")
    assert told["when"].endswith("+00:00")
    assert path.stat().st_mode & 0o077 == 0


def test_record_survives_a_restart_and_only_grows(path):
    add(Record(path))
    before = path.read_bytes()
    record = Record(path)
    add(record, now=SURE)
    assert [decision.number for decision in record.decisions] == [1, 2]
    assert path.read_bytes().startswith(before)
    assert Record(path).decisions == record.decisions


def test_undoing_takes_the_last_decision_that_stands(path):
    record = Record(path)
    add(record)
    add(record, now=SURE)
    for was in (SURE, TEXT):
        undoing = Record(path).undoing("ada")
        assert undoing.changes == (Change(plan="study-1", uid="1.1", was=was),)
        Record(path).append(undoing)
    assert Record(path).undoing("ada") is None
    assert list(Record(path).standing()) == []
    assert len(path.read_text().splitlines()) == 4


def test_line_cut_off_by_a_crash_is_dropped(path):
    add(Record(path))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    assert len(Record(path).decisions) == 1
    assert path.read_bytes() == whole


@pytest.mark.parametrize("content", [b"nonsense\n", b'{"number": 1}\n', b"\xff\xfe\n"])
def test_record_that_is_none_is_refused_with_a_way_out(path, content):
    path.write_bytes(content)
    with pytest.raises(UsageError, match="plans are not affected"):
        Record(path)
    assert path.read_bytes() == content


def test_full_disk_leaves_the_record_as_it_was(path, monkeypatch):
    record = Record(path)
    add(record)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(decisions.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        add(record, now=SURE)
    assert path.read_bytes() == before
    assert len(record.decisions) == 1
