import sqlite3
import stat
from dataclasses import replace

import pytest

from pixelscrub.errors import Reason, UsageError
from pixelscrub.net.gateway.receipts import Receipt, Receipts, State


def receipt(name, **changes):
    return replace(Receipt(name, "study", "digest", "SENDER", 100.0), **changes)


def test_rows_come_back_as_they_were_put_and_outlive_the_process(tmp_path):
    held = receipt("a", state=State.HELD, reason=Reason.FACE_PARTIAL)
    with Receipts(tmp_path / "r") as first:
        first.put(held, receipt("b", output="x/1.dcm", attempts=2, due=7.5, error="no_answer"))
    with Receipts(tmp_path / "r") as second:
        assert second.get("a") == held
        assert second.get("b").due == 7.5
        assert second.get("c") is None
        assert second.counts() == {"spooled": 1, "held": 1}
    assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o600


def test_studies_that_wait_come_in_the_order_in_which_they_came(receipts):
    receipts.put(
        receipt("a"), receipt("b", received=200.0), receipt("c", study="other", received=150.0)
    )
    assert receipts.waiting() == ["study", "other"]
    receipts.put(receipt("c", study="other", state=State.SENT))
    assert receipts.waiting() == ["study"]


def test_what_is_due_comes_study_by_study(receipts):
    receipts.put(
        receipt("a", state=State.SCRUBBED, study="2"),
        receipt("b", state=State.SENDING, study="1"),
        receipt("c", state=State.SCRUBBED, study="2", due=50.0),
        receipt("d", state=State.HELD),
        receipt("e", state=State.SENT),
    )
    assert [r.name for r in receipts.due(10.0, 9)] == ["b", "a"]
    assert [r.name for r in receipts.due(50.0, 1)] == ["b"]
    assert [r.name for r in receipts.unasked(10.0, 9)] == ["e"]


def test_what_was_put_off_before_the_clock_was_put_back_is_due(receipts):
    receipts.put(
        receipt("a", state=State.SCRUBBED, due=1e9),
        receipt("b", state=State.SENT, due=1e9),
        receipt("c", state=State.SCRUBBED, due=1500.0),
    )
    receipts.hasten(1000.0, longest=3600.0)
    assert [r.name for r in receipts.due(1000.0, 9)] == ["a"]
    assert [r.name for r in receipts.unasked(1000.0, 9)] == ["b"]
    assert [r.name for r in receipts.due(1500.0, 9)] == ["a", "c"]


def test_put_is_all_or_nothing(receipts):
    with pytest.raises(UsageError, match="IntegrityError"):
        receipts.put(receipt("a"), receipt("b", study=None))
    assert receipts.get("a") is None


def test_receipts_of_another_version_or_kind_are_refused(tmp_path):
    (tmp_path / "r").write_bytes(b"no database" * 100)
    with pytest.raises(UsageError, match="cannot be used"):
        Receipts(tmp_path / "r")
    with sqlite3.connect(tmp_path / "s") as rows:
        rows.execute("PRAGMA user_version = 99")
    rows.close()
    with pytest.raises(UsageError, match="another version"):
        Receipts(tmp_path / "s")
