import subprocess

import pytest
from pydicom import dcmread
from pynetdicom import evt

from pixelscrub.intake.read import read_instance
from pixelscrub.net.address import DicomAddress
from pixelscrub.net.gateway.dimse import DimsePeer
from pixelscrub.net.gateway.spool import source
from pixelscrub.net.peer import QueuedInstance, UnreachableError
from pixelscrub.net.tls import Tls

from .peers import collect, free_port, is_open, of_dcmtk, until

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def peer_of(port, host="127.0.0.1", context=None, title="INBOX"):
    return DimsePeer(DicomAddress(title, host, port, context is not None), "GATE", context)


def items_of(files):
    return [QueuedInstance(file.name, read_instance(source(file))) for file in files]


def test_files_arrive_byte_for_byte(make_inbox, make_study):
    inbox, files = make_inbox(), make_study(3)
    items = items_of(files)
    assert list(peer_of(inbox.port).send(items)) == [(item, None) for item in items]
    assert inbox.received == [dcmread(file) for file in files]


def test_each_status_goes_with_its_instance(make_inbox, make_study):
    inbox = make_inbox(statuses=[0xA700, 0xB000])
    results = [error for _, error in peer_of(inbox.port).send(items_of(make_study(3)))]
    assert results == ["status_a700", None, None]


def test_file_without_a_context_stops_no_other(make_inbox, make_study, packaged):
    inbox = make_inbox()
    files = [packaged / "CT_small.dcm", *make_study(1)]
    results = [error for _, error in peer_of(inbox.port).send(items_of(files))]
    assert results == ["no_presentation_context", None]
    assert len(inbox.received) == 1


def test_peer_that_takes_nothing_of_this_is_not_unreachable(make_inbox, packaged):
    items = items_of([packaged / "CT_small.dcm"])
    assert list(peer_of(make_inbox().port).send(items)) == [(items[0], "no_presentation_context")]


def test_unreachable_peers_say_why(make_inbox, make_study, port):
    items = items_of(make_study(1))
    with pytest.raises(UnreachableError, match="no_association"):
        list(peer_of(port).send(items))
    inbox = make_inbox()
    inbox.server.ae.require_calling_aet = ["ANOTHER"]
    with pytest.raises(UnreachableError, match="association_rejected"):
        list(peer_of(inbox.port).send(items))


@pytest.mark.parametrize("fail", ["abort", "kill"])
def test_connection_that_breaks_off_is_told(make_inbox, make_study, monkeypatch, fail):
    monkeypatch.setattr("pixelscrub.net.gateway.dimse.ANSWER", 1.0)
    inbox = make_inbox()
    inbox.server.bind(evt.EVT_C_STORE, lambda event: getattr(event.assoc, fail)() or 0)
    sending = peer_of(inbox.port).send(items_of(make_study(2)))
    with pytest.raises(UnreachableError, match=r"no_answer|association_lost"):
        list(sending)


def test_peer_says_what_it_has(make_inbox, make_study):
    inbox, items = make_inbox(), items_of(make_study(3))
    peer = peer_of(inbox.port)
    assert peer.holds(items) == set()
    list(peer.send(items[:2]))
    assert peer.holds(items) == {item.instance.uid for item in items[:2]}


def test_peer_without_queries_says_nothing(make_inbox, make_study):
    inbox, items = make_inbox(finds=False), items_of(make_study(1))
    list(peer_of(inbox.port).send(items))
    assert peer_of(inbox.port).holds(items) == set()


@pytest.mark.parametrize("keeps", [True, False])
def test_commitment_is_reported_on_the_same_association(make_inbox, keeps):
    inbox, told = make_inbox(commits=True, keeps=keeps), []
    references = [("1.2.840.10008.5.1.4.1.1.7", "1.2.3"), ("1.2.840.10008.5.1.4.1.1.7", "1.2.4")]
    offers = peer_of(inbox.port).ask_commitment(
        references, "2.25.1", lambda *said: told.append(said)
    )
    assert offers
    uids = frozenset({"1.2.3", "1.2.4"})
    assert told == [("2.25.1", uids, frozenset()) if keeps else ("2.25.1", frozenset(), uids)]


def test_report_that_overtakes_the_answer_is_taken(make_inbox):
    told = []
    peer = peer_of(make_inbox(commits=True, early=True).port)
    references = [("1.2.840.10008.5.1.4.1.1.7", "1.2.3")]
    assert peer.ask_commitment(references, "2.25.1", lambda *said: told.append(said))
    assert told == [("2.25.1", frozenset({"1.2.3"}), frozenset())]


def test_peer_without_commitment_says_so(make_inbox):
    references = [("1.2.840.10008.5.1.4.1.1.7", "1.2.3")]
    assert not peer_of(make_inbox().port).ask_commitment(references, "2.25.1", lambda *_: None)


@pytest.fixture
def storescp(tmp_path):
    """Starts dcmtk's storescp; gives its port and the folder that it writes to."""
    program, started = of_dcmtk("storescp"), []

    def start(*options):
        port, folder = free_port(), tmp_path / "storescp"
        folder.mkdir()
        command = [program, "-od", folder, "+B", "+xa", *map(str, options), str(port)]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE))
        until(lambda: is_open(port) or started[-1].poll() is not None)
        return port, folder

    yield start
    for process in started:
        process.kill()
        process.communicate()
    collect()


def test_dcmtk_takes_what_is_sent(storescp, make_study, packaged):
    port, folder = storescp()
    items = items_of([*make_study(2), packaged / "CT_small.dcm", packaged / "JPEG2000.dcm"])
    assert [error for _, error in peer_of(port).send(items)] == [None] * 4
    assert len(list(folder.iterdir())) == 4


def test_tls_is_spoken_with_whom_the_ca_knows(storescp, make_study, certificates):
    keys = ("+tls", certificates / "own.key", certificates / "own.pem")
    port, folder = storescp(*keys, "+cf", certificates / "ca.pem")
    if not is_open(port):
        pytest.skip("dcmtk was built without TLS")
    items = items_of(make_study(1))
    own = Tls(certificates / "own.pem", certificates / "own.key", certificates / "ca.pem")
    assert list(peer_of(port, "localhost", own.client()).send(items)) == [(items[0], None)]
    for context in (Tls(ca=certificates / "stranger.pem").client(), None):
        with pytest.raises(UnreachableError):
            list(peer_of(port, "localhost", context).send(items))
    assert len(list(folder.iterdir())) == 1
