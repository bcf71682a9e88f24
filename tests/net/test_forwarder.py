import time
from dataclasses import replace

import pytest

from pixelscrub.net.gateway.forwarder import Forwarder, Patience
from pixelscrub.net.gateway.receipts import Receipt, State
from pixelscrub.net.peer import UnreachableError

NOW = Patience(first=0.0, longest=0.0, commitment=0.0)
LATER = Patience(first=100.0, longest=1000.0, commitment=100.0)


class FakePeer:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self, errors=(), there=(), commits=False):
        self.errors, self.there, self.commits = list(errors), set(there), commits
        self.sent, self.asked, self.requests = [], [], []

    def send(self, items):
        for item in items:
            self.sent.append(item.instance.uid)
            error = self.errors.pop(0) if self.errors else None
            if isinstance(error, Exception):
                raise error
            yield item, error

    def holds(self, items):
        self.asked += [item.instance.uid for item in items]
        return self.there

    def ask_commitment(self, references, request, report):
        self.requests.append((list(references), request))
        if isinstance(self.commits, Exception):
            raise self.commits
        return self.commits


@pytest.fixture
def clean(make_study, receipts, tmp_path):
    """Three clean instances with their receipts; gives their UIDs by name."""
    from pydicom import dcmread

    files = make_study(3, "out")
    receipts.put(
        *(
            Receipt(str(n), "study", "", "", 0.0, State.SCRUBBED, output=file.name)
            for n, file in enumerate(files)
        )
    )
    return {str(n): str(dcmread(file).SOPInstanceUID) for n, file in enumerate(files)}


@pytest.fixture
def changed():
    """Names of files that are not what was proved."""
    return set()


@pytest.fixture
def make_courier(receipts, tmp_path, changed):
    return lambda peer, patience=NOW: Forwarder(
        receipts, tmp_path / "out", peer, lambda name: name not in changed, patience
    )


def states(receipts):
    return {r.name: str(r.state) for r in receipts.of_study("study")}


def test_each_is_sent_once(receipts, clean, make_courier):
    peer = FakePeer()
    courier = make_courier(peer)
    courier.work()
    courier.work()
    assert sorted(peer.sent) == sorted(clean.values())
    assert receipts.counts() == {"sent": 3}
    assert receipts.get("0").uid == clean["0"]
    assert peer.asked == []


def test_failure_is_tried_again_with_growing_waits(receipts, clean, make_courier):
    courier = make_courier(FakePeer(errors=["status_a700"]), LATER)
    courier.work()
    failed = next(r for r in receipts.of_study("study") if r.error)
    assert (failed.state, failed.attempts, failed.error) == (State.SENDING, 1, "status_a700")
    assert 90 < failed.due - time.time() <= 100
    receipts.put(replace(failed, due=0.0))
    make_courier(FakePeer(errors=["status_a700"]), LATER).work()
    again = receipts.get(failed.name)
    assert 190 < again.due - time.time() <= 200
    receipts.put(replace(again, due=0.0))
    make_courier(FakePeer()).work()
    done = receipts.get(failed.name)
    assert (done.state, done.attempts, done.error) == (State.SENT, 0, None)


def test_what_was_changed_after_it_was_proved_is_not_sent(receipts, clean, make_courier, changed):
    changed.add(receipts.get("1").output)
    peer = FakePeer()
    make_courier(peer, LATER).work()
    assert sorted(peer.sent) == sorted([clean["0"], clean["2"]])
    assert (receipts.get("1").state, receipts.get("1").error) == (State.SCRUBBED, "output_changed")


def test_waits_have_an_end():
    assert Patience(5.0, 3600.0).after(10**6) == 3600.0


def test_what_may_have_arrived_is_asked_after_and_not_sent_twice(receipts, clean, make_courier):
    for name in ("0", "1"):
        receipts.put(replace(receipts.get(name), state=State.SENDING))
    peer = FakePeer(there=[clean["0"]])
    make_courier(peer).work()
    assert sorted(peer.asked) == sorted([clean["0"], clean["1"]])
    assert sorted(peer.sent) == sorted([clean["1"], clean["2"]])
    assert receipts.counts() == {"sent": 3}


def test_broken_connection_leaves_nothing_behind(receipts, clean, make_courier):
    peer = FakePeer(errors=[None, UnreachableError("no_answer")])
    make_courier(peer, LATER).work()
    assert sorted(states(receipts).values()) == ["sending", "sending", "sent"]
    assert {r.error for r in receipts.of_study("study")} == {None, "no_answer"}


def test_peer_that_cannot_be_asked_gets_nothing_twice(receipts, clean, make_courier):
    receipts.put(replace(receipts.get("0"), state=State.SENDING))
    peer = FakePeer()
    peer.holds = lambda items: (_ for _ in ()).throw(UnreachableError("no_association"))
    make_courier(peer, LATER).work()
    assert peer.sent == []
    assert states(receipts) == {"0": "sending", "1": "scrubbed", "2": "scrubbed"}


def test_missing_file_stops_no_other(receipts, clean, make_courier, tmp_path):
    (tmp_path / "out" / "1.dcm").unlink()
    make_courier(FakePeer(), LATER).work()
    assert receipts.counts() == {"scrubbed": 1, "sent": 2}
    assert receipts.get("0").error == "FileNotFoundError"


def test_stop_ends_after_the_instance_in_hand(receipts, clean, make_courier):
    peer = FakePeer()
    courier = make_courier(peer)
    send = peer.send

    def stopping(items):
        for result in send(items):
            courier.stop.set()
            yield result

    peer.send = stopping
    courier.work()
    assert len(peer.sent) == 1
    assert receipts.counts() == {"sending": 2, "sent": 1}
    assert peer.requests == []


def test_commitment_is_asked_for_and_reported(receipts, clean, make_courier):
    peer = FakePeer(commits=True)
    courier = make_courier(peer, LATER)
    courier.work()
    ((references, request),) = peer.requests
    assert {uid for _, uid in references} == set(clean.values())
    assert {sop_class for sop_class, _ in references} == {"1.2.840.10008.5.1.4.1.1.7"}
    courier.committed("another", frozenset(clean.values()), frozenset())
    assert receipts.counts() == {"sent": 3}
    courier.committed(request, frozenset([clean["0"], clean["1"]]), frozenset([clean["2"]]))
    assert states(receipts) == {"0": "committed", "1": "committed", "2": "scrubbed"}
    assert receipts.get("2").error == "not_committed"
    courier.committed(request, frozenset([clean["2"]]), frozenset())
    assert states(receipts)["2"] == "scrubbed"


def test_report_that_does_not_come_is_asked_for_again(receipts, clean, make_courier):
    peer = FakePeer(commits=True)
    courier = make_courier(peer)
    courier.work()
    courier.work()
    assert len({request for _, request in peer.requests}) == 2
    courier.committed(peer.requests[-1][1], frozenset(clean.values()), frozenset())
    assert receipts.counts() == {"committed": 3}


def test_peer_without_commitment_is_asked_once(receipts, clean, make_courier):
    peer = FakePeer(commits=False)
    courier = make_courier(peer)
    courier.work()
    courier.work()
    assert len(peer.requests) == 1
    assert receipts.counts() == {"sent": 3}


def test_peer_that_fails_to_commit_is_asked_later(receipts, clean, make_courier):
    peer = FakePeer(commits=UnreachableError("status_0110"))
    courier = make_courier(peer, LATER)
    courier.work()
    courier.work()
    assert len(peer.requests) == 1
    assert {r.error for r in receipts.of_study("study")} == {"status_0110"}
    assert receipts.counts() == {"sent": 3}
