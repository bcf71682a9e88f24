import errno
import os
import shutil
import stat
from contextlib import nullcontext
from pathlib import Path

import pytest

from pixelscrub.errors import HeldError, Reason
from pixelscrub.net.gateway import spool as spool_module
from pixelscrub.net.gateway.receipts import State
from pixelscrub.net.gateway.spool import Spool


@pytest.fixture
def arrive(spool, save):
    """Has an instance arrive; gives its receipt."""

    def take(instance, **options):
        file = save(instance, spool.new_file())
        return spool.take(file, "SENDER", **options)

    return take


def files(spool):
    return sorted(
        p.relative_to(spool.incoming.parent) for p in spool.incoming.parent.rglob("*.dcm")
    )


def test_instance_lies_under_pseudonyms_and_has_a_receipt(spool, receipts, arrive, make_instance):
    instance = make_instance()
    receipt = arrive(instance)
    assert receipts.get(receipt.name) == receipt
    assert (receipt.state, receipt.sender) == (State.SPOOLED, "SENDER")
    source = spool.source(receipt)
    assert source.path == f"studies/{receipt.study}/{receipt.name}.dcm"
    assert str(instance.SOPInstanceUID) not in source.path
    assert not list(spool.incoming.iterdir())
    assert stat.S_IMODE((source.root / source.path).parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "uid", ["1.2.840.10008./../../../x", "/etc/passwd", "..", "a\0b", "ü" * 99]
)
def test_no_uid_becomes_a_path(spool, arrive, make_instance, uid):
    receipt = arrive(make_instance(StudyInstanceUID=uid))
    assert len(receipt.study) == 64
    assert files(spool) == [
        spool.source(receipt)
        .root.joinpath(spool.source(receipt).path)
        .relative_to(spool.incoming.parent)
    ]


def test_equal_content_again_is_the_same_instance(spool, receipts, arrive, make_instance):
    instance = make_instance()
    first = arrive(instance)
    instance.file_meta.ImplementationVersionName = "ANOTHER DAY"
    assert arrive(instance) == first
    assert receipts.counts() == {"spooled": 1}
    assert len(files(spool)) == 1


def test_other_content_under_one_uid_is_kept_and_held(spool, receipts, arrive, make_instance):
    instance = make_instance()
    first = arrive(instance)
    instance.PatientID = "ANOTHER"
    second = arrive(instance)
    assert (second.state, second.reason) == (State.HELD, Reason.CONFLICTING_INSTANCES)
    assert arrive(instance) == second
    assert receipts.get(first.name) == first
    assert receipts.counts() == {"spooled": 1, "held": 1}
    assert len(files(spool)) == 2


def test_uid_of_request_and_data_set_must_agree(spool, receipts, arrive, make_instance):
    instance = make_instance()
    with pytest.raises(HeldError, match="damaged_file"):
        arrive(instance, uid="1.2.3")
    assert receipts.counts() == {}
    assert arrive(instance, uid=f"{instance.SOPInstanceUID}\0").state is State.SPOOLED


def test_what_cannot_be_read_is_not_taken(spool, receipts):
    file = spool.new_file()
    file.write_bytes(b"DICM" * 100)
    with pytest.raises(HeldError):
        spool.take(file, "SENDER")
    assert receipts.counts() == {}


def test_crash_between_file_and_receipt_loses_nothing(
    spool, receipts, arrive, make_instance, tmp_path
):
    one, other = make_instance(), make_instance()
    kept = arrive(one)
    one.PatientID = "ANOTHER"
    conflict, lost = arrive(one), arrive(other)
    (spool.incoming / "half.dcm").write_bytes(b"half")
    receipts._rows.execute("DELETE FROM receipts WHERE name != ?", (kept.name,))
    namer = spool._namer
    again = Spool(tmp_path / "spool", receipts, namer)
    assert receipts.get(lost.name).state is State.SPOOLED
    assert receipts.get(conflict.name).reason is Reason.CONFLICTING_INSTANCES
    assert not list(again.incoming.iterdir())
    assert len(files(again)) == 3


def test_damaged_stray_in_the_spool_stops_no_start(
    spool, receipts, arrive, make_instance, tmp_path
):
    folder = (tmp_path / "spool" / spool.source(arrive(make_instance())).path).parent
    (folder / "stray.dcm").write_bytes(b"DICM" * 100)
    Spool(tmp_path / "spool", receipts, spool._namer)
    assert receipts.counts() == {"spooled": 1}


def test_file_that_is_gone_has_no_source(spool, arrive, make_instance):
    receipt = arrive(make_instance())
    source = spool.source(receipt)
    (source.root / source.path).unlink()
    assert spool.source(receipt) is None


def test_file_and_names_are_on_the_disk_before_the_receipt(
    spool, receipts, make_instance, save, monkeypatch
):
    synced = []
    real = os.fsync

    def fsync(descriptor):
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    file = save(make_instance(), spool.new_file())
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(receipts, "put", lambda receipt: synced.append(receipt.state))
    receipt = spool.take(file, "SENDER")
    root = spool.incoming.parent
    assert synced == [
        str(file),
        str(root / "studies"),
        str(root / "studies" / receipt.study),
        State.SPOOLED,
    ]


def test_full_disk_takes_nothing(spool, receipts, make_instance, save, monkeypatch):
    file = save(make_instance(), spool.new_file())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pixelscrub.net.gateway.spool._sync", full)
    with pytest.raises(OSError, match="space"):
        spool.take(file, "SENDER")
    assert receipts.counts() == {}
    shutil.rmtree(spool.incoming)


def test_study_is_complete_when_nothing_came_for_a_while_whatever_the_time_of_day(
    spool, arrive, make_instance, monkeypatch
):
    now = 1000.0
    monkeypatch.setattr("pixelscrub.net.gateway.spool.time.monotonic", lambda: now)
    instance = make_instance()
    study = arrive(instance).study
    for time_of_day in (0.0, 1e10):
        monkeypatch.setattr("pixelscrub.net.gateway.spool.time.time", lambda at=time_of_day: at)
        assert not spool.begin(study, quiet=30)
    now += 20
    arrive(instance)
    now += 20
    assert not spool.begin(study, quiet=30)
    now += 10
    assert spool.begin(study, quiet=30)
    arrive(make_instance(StudyInstanceUID=instance.StudyInstanceUID))
    assert not spool.begin(study, quiet=30)


def test_study_of_an_earlier_process_waits_from_the_start(
    spool, receipts, arrive, make_instance, tmp_path, monkeypatch
):
    study = arrive(make_instance()).study
    again = Spool(tmp_path / "spool", receipts, spool._namer)
    began = again._opened
    monkeypatch.setattr("pixelscrub.net.gateway.spool.time.monotonic", lambda: began + 20)
    assert not again.begin(study, quiet=30)
    assert again.begin(study, quiet=20)


def test_leftovers_go_at_the_start_though_the_clock_was_put_back(spool, receipts, tmp_path):
    half = spool.new_file()
    half.write_bytes(b"half of an instance")
    os.utime(half, (4e9, 4e9))
    Spool(tmp_path / "spool", receipts, spool._namer)
    assert not half.exists()


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.EIO])
def test_file_system_that_syncs_no_folders_is_told_from_a_disk_that_fails(
    tmp_path, monkeypatch, code
):
    def fails(descriptor):
        raise OSError(code, "of the disk")

    (tmp_path / "new").write_bytes(b"bytes")
    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(OSError, match="of the disk") if code == errno.EIO else nullcontext():
        spool_module._move(tmp_path / "new", tmp_path / "instances" / "name")
