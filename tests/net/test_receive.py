"""The gateway as a whole, before real peers."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread

from pixelscrub import api
from pixelscrub.errors import Reason, UsageError
from pixelscrub.net import address
from pixelscrub.net.gateway.forwarder import Forwarder, Patience
from pixelscrub.net.gateway.listen import ListenerConfig
from pixelscrub.net.gateway.receipts import Receipts, State
from pixelscrub.net.gateway.receive import Waits, receive
from pixelscrub.study.run import write_record

from .peers import GATEWAY_PORT, free_port, is_open, store, until
from .test_listen import dcmtk

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
PLANTED = (b"PLANTED-4711", b"Quixote", b"Panza", b"15470929")


@pytest.fixture
def gateway(tags_only, tmp_path, port):
    """Runs a gateway in a thread while the block lasts; gives its counts by state."""

    @contextlib.contextmanager
    def run(to, port=port, quiet=0.0, patience=Patience(first=0.2)):  # noqa: B008
        stop, counts = threading.Event(), []
        with ThreadPoolExecutor(1) as thread:
            running = thread.submit(
                receive,
                ListenerConfig("PIXELSCRUB", port),
                address.parse(to),
                tmp_path / "out",
                recipe=tags_only,
                private=tmp_path / "private",
                workers=1,
                waits=Waits(quiet, patience),
                told=counts.append,
                stop=stop,
            )
            try:
                until(lambda: running.done() or is_open(port))
                yield counts
            finally:
                stop.set()
                running.result(60)

    return run


def outputs(folder):
    return sorted(folder.rglob("*.dcm"))


def uid(dataset):
    return dataset.SOPInstanceUID


def is_unclean(content):
    return [word for word in PLANTED if word in content]


def test_study_comes_clean_to_orthanc_once_and_is_committed_to(
    gateway, orthanc, make_study, tmp_path
):
    files = make_study(4)
    with gateway(f"ORTHANC@127.0.0.1:{orthanc.dicom}", GATEWAY_PORT) as counts:
        call = ("-aec", "PIXELSCRUB", "127.0.0.1", GATEWAY_PORT)
        assert dcmtk("storescu", *call, *files).returncode == 0
        until(lambda: counts and counts[-1] == {"committed": 4})
        assert store(GATEWAY_PORT, files) == [0x0000] * 4
    assert counts[-1] == {"committed": 4}
    changes = json.loads(orthanc.get("/changes?limit=1000"))["Changes"]
    new = [c["ID"] for c in changes if c["ChangeType"] == "NewInstance"]
    assert sorted(set(new) & set(orthanc.instances)) == sorted(orthanc.instances)
    assert len([name for name in new if name in orthanc.instances]) == 4
    there = orthanc.download(tmp_path / "there")
    assert len(outputs(there)) == 4
    assert not any(is_unclean(file.read_bytes()) for file in outputs(there))
    originals, out = tmp_path / "private" / "spool", tmp_path / "out"
    assert api.verify(originals, out, private=tmp_path / "private").issues == []
    released, arrived = (sorted(map(dcmread, outputs(f)), key=uid) for f in (out, there))
    assert released == arrived
    summary = json.loads((tmp_path / "private" / "summary.json").read_text())
    assert (summary["instances"], summary["clean"]) == (4, 4)


def test_study_comes_clean_to_a_dicomweb_service(gateway, orthanc, make_study, tmp_path, port):
    with gateway(orthanc.web) as counts:
        store(port, make_study(3))
        until(lambda: counts and counts[-1] == {"sent": 3})
    there = outputs(orthanc.download(tmp_path / "there"))
    assert len(there) == 3
    assert not any(is_unclean(file.read_bytes()) for file in there)


def test_study_that_grows_is_sent_in_part(gateway, orthanc, make_study, tmp_path, port):
    files = make_study(3)
    with gateway(orthanc.web) as counts:
        store(port, files[:1])
        until(lambda: counts and counts[-1] == {"sent": 1})
        store(port, files[1:])
        until(lambda: counts[-1] == {"sent": 3})
    names = [file.name for file in outputs(tmp_path / "out")]
    assert names == ["0001.dcm", "0002.dcm", "0003.dcm"]
    assert len({dcmread(f).SeriesInstanceUID for f in outputs(tmp_path / "out")}) == 1


def test_study_waits_for_its_association_and_quiet_time(gateway, make_study, port):
    with gateway("NOBODY@127.0.0.1:1", quiet=3600.0) as counts:
        store(port, make_study(1))
        until(lambda: counts and counts[-1] == {"spooled": 1})


def test_what_is_held_is_not_sent_and_in_the_audit(gateway, orthanc, make_study, tmp_path, port):
    good, bad = make_study(2)
    damaged, other = dcmread(bad), dcmread(good)
    damaged.BitsAllocated = 13
    damaged.save_as(bad)
    other.PatientID = "ANOTHER"
    other.save_as(tmp_path / "other.dcm")
    with gateway(orthanc.web) as counts:
        store(port, [good, bad])
        until(lambda: counts and counts[-1] == {"held": 1, "sent": 1})
        store(port, [tmp_path / "other.dcm"])
        until(lambda: counts[-1] == {"held": 2, "sent": 1})
    audit = (tmp_path / "private" / "audit.jsonl").read_text().splitlines()
    reasons = {line["reason"] for line in map(json.loads, audit)}
    assert reasons == {None, "bad_pixel_description", "conflicting_instances"}
    assert len(orthanc.instances) == 1


def test_record_is_written_while_the_gateway_runs(gateway, make_study, tmp_path, port, monkeypatch):
    """A person need not end the gateway to see what it did; and a full disk does not end it."""
    tells, private = [], tmp_path / "private"

    def full_at_first(*given):
        tells.append(given)
        if len(tells) == 1:
            raise OSError(28, "No space left on device")
        return write_record(*given)

    def is_told(count):
        audit = private / "audit.jsonl"
        return audit.exists() and len(audit.read_text().splitlines()) == count

    monkeypatch.setattr("pixelscrub.net.gateway.service.write_record", full_at_first)
    with gateway("NOBODY@127.0.0.1:1"):
        store(port, make_study(2))
        until(lambda: is_told(2))
        until((private / "report" / "index.html").exists)
        assert json.loads((private / "summary.json").read_text())["clean"] == 2
        store(port, make_study(1, "other"))
        until(lambda: is_told(3))
    assert len(tells) >= 3


def test_peer_that_is_away_gets_it_later(gateway, make_inbox, make_study, port):
    away = free_port()
    with gateway(f"INBOX@127.0.0.1:{away}") as counts:
        store(port, make_study(2))
        until(lambda: counts and counts[-1] == {"sending": 2})
        peer = [sys.executable, "-m", "pynetdicom", "storescp", str(away), "-aet", "INBOX", "-q"]
        process = subprocess.Popen([*peer, "--ignore"])
        until(lambda: counts[-1] == {"sent": 2})
        process.kill()
        process.wait()


def test_defect_of_the_courier_ends_the_gateway(gateway, monkeypatch):
    def fail(self):
        raise ZeroDivisionError

    monkeypatch.setattr(Forwarder, "work", fail)
    with pytest.raises(ZeroDivisionError), gateway("NOBODY@127.0.0.1:1"):
        until(lambda: False, seconds=0.5)


def test_gateway_that_cannot_start_says_why(gateway, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "foreign").touch()
    with pytest.raises(UsageError, match="other files"), gateway("NOBODY@127.0.0.1:1"):
        pass


def test_what_was_held_is_looked_at_anew_when_its_study_grows(
    gateway, orthanc, make_study, tmp_path, port
):
    """A face that was partial may be whole with the slices that come later."""
    files = make_study(2)
    with gateway(orthanc.web) as counts:
        store(port, files[:1])
        until(lambda: counts and counts[-1] == {"sent": 1})
    with sqlite3.connect(tmp_path / "private" / "journal.sqlite") as rows:
        (line,) = rows.execute("SELECT line FROM files").fetchone()
        held = json.loads(line) | {"outcome": "held", "reason": "face_partial", "output": None}
        rows.execute("UPDATE files SET line = ?, output = NULL", (json.dumps(held),))
    rows.close()
    with Receipts(tmp_path / "private" / "receipts.sqlite") as receipts:
        (first,) = receipts._select("")
        receipts.put(replace(first, state=State.HELD, reason=Reason.FACE_PARTIAL, output=None))
    with gateway(orthanc.web) as counts:
        until(lambda: counts and counts[-1] == {"held": 1})
        store(port, files[1:])
        until(lambda: counts[-1] == {"sent": 2})


class Killable:
    """A gateway in a process of its own."""

    def __init__(self, port, to, folder):
        recipe = folder / "recipe.toml"
        recipe.write_text("[steps]\ntext = false\nface = false\n")
        self.receipts = folder / "private" / "receipts.sqlite"
        arguments = ["--port", port, "--to", to, "-o", folder / "out", "--quiet-time", 0]
        arguments += ["--private", folder / "private", "--recipe", recipe, "--workers", 1]
        self.command = [sys.executable, "-m", "pixelscrub", "receive", *map(str, arguments)]
        self.port = port

    def start(self):
        self.process = subprocess.Popen(
            self.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).parents[2],
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        until(lambda: is_open(self.port))

    def counts(self):
        rows = sqlite3.connect(self.receipts)
        with contextlib.closing(rows), contextlib.suppress(sqlite3.Error):
            return dict(rows.execute("SELECT state, count(*) FROM receipts GROUP BY state"))
        return {}

    def end(self, number):
        os.kill(self.process.pid, number)
        output = self.process.communicate(timeout=60)[0].decode()
        return self.process.returncode, output


MOMENTS = {
    "while receiving": lambda gate, inbox: sum(gate.counts().values()) >= 3,
    "while scrubbing": lambda gate, inbox: gate.counts().get("spooled", 0) >= 8,
    "while sending first": lambda gate, inbox: gate.counts().get("sending", 0) >= 1,
    "while sending": lambda gate, inbox: len(inbox.received) >= 3,
    "between storing and its receipt": lambda gate, inbox: len(inbox.received) >= 6,
}


def test_killed_at_any_moment_loses_doubles_and_leaks_nothing(
    make_inbox, make_study, tmp_path, port
):
    inbox, files = make_inbox(delay=0.05), make_study(8)
    gate = Killable(port, f"INBOX@127.0.0.1:{inbox.port}", tmp_path)
    for is_now in MOMENTS.values():
        gate.start()
        with ThreadPoolExecutor(1) as sender:
            sending = sender.submit(store, port, files)
            until(lambda: is_now(gate, inbox))  # noqa: B023
            gate.end(signal.SIGKILL)
            with contextlib.suppress(AttributeError, RuntimeError, ValueError):
                sending.result()
    gate.start()
    assert store(port, files) == [0x0000] * 8
    until(lambda: gate.counts() == {"sent": 8})
    code, output = gate.end(signal.SIGTERM)
    assert code == 130
    assert output.splitlines()[-1] == "sent 8"
    assert len(inbox.received) == len(set(inbox.uids)) == 8
    originals = {dcmread(file).SOPInstanceUID for file in files}
    assert not originals & set(inbox.uids)
    assert not any(is_unclean(dataset.to_json().encode()) for dataset in inbox.received)
    assert {dcmread(file).SOPInstanceUID for file in outputs(tmp_path / "out")} == set(inbox.uids)


def test_nothing_that_identifies_leaves_the_private_folder(make_study, tmp_path, port):
    """Not in what is printed, and not in a file elsewhere, while and after it runs."""
    gate = Killable(port, "NOBODY@127.0.0.1:1", tmp_path)
    elsewhere = tmp_path / "tmp"
    elsewhere.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(elsewhere))
        gate.start()
    store(port, make_study(2, StudyDescription="PLANTED-4711"))
    store(port, make_study(1, "bad", StudyInstanceUID="", PatientComments="PLANTED-4711"))
    until(lambda: gate.counts() == {"sending": 3})
    assert not any(file.is_file() for file in elsewhere.rglob("*"))
    _, output = gate.end(signal.SIGINT)
    assert output.splitlines()[-1] == "sending 3"
    shared = [output.encode(), *(file.read_bytes() for file in outputs(tmp_path / "out"))]
    assert not any(map(is_unclean, shared))
