import contextlib
import socket
import subprocess
import time

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, build_context
from pynetdicom.sop_class import (
    SecondaryCaptureImageStorage,
    StorageCommitmentPushModel,
    Verification,
)

from pixelscrub.errors import Reason, UsageError
from pixelscrub.net.gateway.listen import Listener, ListenerConfig
from pixelscrub.net.limits import AdmissionLimits, ListenerLimits, TransportLimits
from pixelscrub.net.tls import Tls

from .peers import let_go, of_dcmtk, store, until

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def listen(spool, port):
    """Opens a door before the spool; gives the listener."""
    started = []

    def start(report=lambda *_: None, partner=None, **options) -> Listener:
        listener = Listener(ListenerConfig("PIXELSCRUB", port, **options), spool, report, partner)
        listener.start()
        started.append(listener)
        return listener

    yield start
    for listener in started:
        let_go(listener._server, listener.stop)


def dcmtk(program, *arguments):
    command = [of_dcmtk(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_dcmtk_may_ask_and_send(listen, receipts, make_study, port):
    listen(allowed=("STORESCU",))
    call = ("-aet", "STORESCU", "-aec", "PIXELSCRUB", "127.0.0.1", port)
    assert dcmtk("echoscu", *call).returncode == 0
    assert dcmtk("storescu", *call, *make_study(3)).returncode == 0
    assert receipts.counts() == {"spooled": 3}


def test_success_is_told_when_file_and_receipt_are_there(listen, spool, receipts, make_study, port):
    listen()
    (file,) = make_study(1)
    assert store(port, [file]) == [0x0000]
    (name,) = (path.stem for path in spool.incoming.parent.glob("studies/*/*.dcm"))
    assert receipts.get(name).sender == "STORESCU"


@pytest.mark.parametrize(
    ("calling", "called"), [("STRANGER", "PIXELSCRUB"), ("STORESCU", "ANOTHER"), ("storescu", "x")]
)
def test_other_titles_are_rejected(listen, receipts, make_study, port, calling, called):
    listen(allowed=("STORESCU",))
    assert store(port, make_study(1), calling, called) is None
    assert receipts.counts() == {}


def test_partner_may_report_and_not_send(listen, receipts, make_study, port):
    told = []
    listen(lambda *said: told.append(said), allowed=("STORESCU",), partner="ARCHIVE")
    assert report_to(port, "1.2.3", kept=["1.2"]) == 0x0000
    assert len(told) == 1
    assert store(port, make_study(1), "ARCHIVE") is None
    both = [build_context(SecondaryCaptureImageStorage), build_context(Verification)]
    association = AE("ARCHIVE").associate("127.0.0.1", port, both, "PIXELSCRUB")
    assert [c.abstract_syntax for c in association.accepted_contexts] == [Verification]
    association.release()
    assert receipts.counts() == {}


def test_storage_is_refused_though_a_peer_sends_it_without_a_context(
    listen, receipts, make_study, port, monkeypatch
):
    monkeypatch.setattr(Listener, "_may_use", lambda *_: True)
    listen(allowed=("STORESCU",), partner="ARCHIVE")
    assert store(port, make_study(1), "ARCHIVE") == [0x0124]
    assert receipts.counts() == {}


def test_nobody_but_the_partner_may_report(listen, port, monkeypatch):
    told = []
    listen(lambda *said: told.append(said), partner="ANOTHER")
    context = build_context(StorageCommitmentPushModel)
    association = AE("ARCHIVE").associate("127.0.0.1", port, [context], "PIXELSCRUB")
    assert association.is_rejected
    monkeypatch.setattr(Listener, "_may_use", lambda *_: True)
    assert report_to(port, "1.2.3", kept=["1.2"]) == 0x0124
    assert told == []


def strangers(port, count, said=b"\x01", host="127.0.0.1"):
    """Opens connections that begin a request and do not end it."""
    opened = [socket.create_connection((host, port)) for _ in range(count)]
    for connection in opened:
        connection.sendall(said)
    return opened


def dribble(peer, said):
    for byte in said:
        peer.sendall(bytes([byte]))
        time.sleep(0.1)


def limits(**changes):
    return ListenerLimits(admission=AdmissionLimits(**changes))


@pytest.mark.parametrize("said", [b"", b"\x01", b"\x01\0\0\0\1\0\0\1"])
def test_strangers_who_say_nothing_whole_keep_nobody_out(listen, make_study, port, said):
    listener = listen(allowed=("STORESCU",))
    opened = strangers(port, 100, said)
    assert store(port, make_study(1)) == [0x0000]
    assert listener._server.admission.half_open <= 32
    assert len(listener._server.active_associations) <= 1
    for connection in opened:
        connection.close()


def test_half_a_request_has_a_bounded_time_however_slowly_it_goes_on(listen, port):
    listen(limits=limits(seconds=1.0))
    with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
        began = time.monotonic()
        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            dribble(peer, b"\x01\0\0\0\0\xff" + bytes(255))
        assert 0.5 < time.monotonic() - began < 5


def test_handshake_has_a_bounded_time_however_slowly_it_goes_on(listen, certificates, port):
    own = Tls(certificates / "own.pem", certificates / "own.key", certificates / "ca.pem")
    listen(tls=own, limits=limits(seconds=1.0))
    with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
        began = time.monotonic()
        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            dribble(peer, b"\x16\x03\x01\x02\x00" + bytes(255))
        assert time.monotonic() - began < 5


def test_address_that_only_knocks_is_shut_out_and_others_are_not(listen, make_study, port):
    listen(limits=limits(burst=5, per_second=0.001))
    knocks = strangers(port, 8, b"\x07nonsense", "127.0.0.1")
    (file,) = make_study(1)
    contexts = [build_context(SecondaryCaptureImageStorage, ExplicitVRLittleEndian)]
    assert store(port, [file]) is None
    other = AE("STORESCU").associate(
        "127.0.0.1", port, contexts, "PIXELSCRUB", bind_address=("127.0.0.2", 0)
    )
    assert other.is_established
    other.release()
    for knock in knocks:
        knock.close()


def test_associations_that_are_accepted_do_not_count_against_an_address(listen, make_study, port):
    listener = listen(limits=limits(burst=9, per_second=0.0, rejected=5))
    files = make_study(1)
    assert [store(port, files) for _ in range(12)] == [[0x0000]] * 12
    assert [store(port, files, "STORESCU", "WRONG") for _ in range(2)] == [None] * 2
    until(lambda: not listener._server.admission._rate._left("127.0.0.1"))
    assert store(port, files) is None


def test_one_address_has_a_share_of_the_associations(listen, port):
    listen(limits=ListenerLimits(associations_per_address=2))
    entity = AE("STORESCU")
    entity.add_requested_context(Verification)
    two = [entity.associate("127.0.0.1", port, ae_title="PIXELSCRUB") for _ in range(2)]
    assert all(association.is_established for association in two)
    assert entity.associate("127.0.0.1", port, ae_title="PIXELSCRUB").is_rejected
    elsewhere = entity.associate(
        "127.0.0.1", port, ae_title="PIXELSCRUB", bind_address=("127.0.0.2", 0)
    )
    assert elsewhere.is_established
    for association in (*two, elsewhere):
        association.release()


@pytest.mark.parametrize("said", [b"\x04", b"\x04\0\0\0\1\0half of the data"])
def test_association_that_stops_within_a_pdu_is_ended(listen, port, said):
    transport = TransportLimits(pdu_seconds=1.0)
    listener = listen(limits=ListenerLimits(transport=transport))
    entity = AE("STORESCU")
    entity.add_requested_context(Verification)
    association = entity.associate("127.0.0.1", port, ae_title="PIXELSCRUB")
    association.dul.socket.socket.sendall(said)
    until(lambda: not listener._server.active_associations, 10)
    until(lambda: not association.is_established, 10)


def test_association_that_is_silent_is_ended_whatever_the_time_of_day_does(
    listen, port, monkeypatch
):
    """pynetdicom's own timer goes by the time of day: a clock that was put back stops it."""
    listener = listen(limits=ListenerLimits(transport=TransportLimits(idle_seconds=0.5)))
    monkeypatch.setattr("pynetdicom.timer.time.time", lambda: 0.0)
    entity = AE("STORESCU")
    entity.add_requested_context(Verification)
    association = entity.associate("127.0.0.1", port, ae_title="PIXELSCRUB")
    assert association.is_established
    until(lambda: not listener._server.active_associations, 10)
    until(lambda: not association.is_established, 10)


def test_door_to_the_network_needs_names():
    for host in ("0.0.0.0", "::", "gateway.example"):
        with pytest.raises(UsageError, match="--allow"):
            ListenerConfig("PIXELSCRUB", 104, host)
    assert ListenerConfig("PIXELSCRUB", 104, "0.0.0.0", ("SCANNER",)).allowed == ("SCANNER",)
    assert ListenerConfig("PIXELSCRUB", 104, "localhost").allowed == ()


@pytest.mark.parametrize(
    "wrong", [{"title": "A\\B"}, {"title": "x" * 17}, {"port": 0}, {"allowed": ("",)}]
)
def test_door_with_bad_names_or_numbers_is_refused(wrong):
    with pytest.raises(UsageError):
        ListenerConfig(**{"title": "PIXELSCRUB", "port": 104} | wrong)


def test_port_that_is_taken_is_refused(listen, spool, port):
    listen()
    with pytest.raises(UsageError, match="cannot listen"):
        Listener(ListenerConfig("PIXELSCRUB", port), spool, lambda *_: None, None).start()


def test_two_associations_with_one_uid(listen, receipts, make_instance, save, tmp_path, port):
    listen()
    instance = make_instance()
    one = save(instance, tmp_path / "1.dcm")
    instance.PatientID = "ANOTHER"
    other = save(instance, tmp_path / "2.dcm")
    assert [store(port, [file]) for file in (one, one, other, other)] == [[0x0000]] * 4
    assert receipts.counts() == {"spooled": 1, "held": 1}
    (held,) = receipts.held_for(Reason.CONFLICTING_INSTANCES)
    assert held.reason is Reason.CONFLICTING_INSTANCES


def test_study_is_busy_while_its_association_is_open(listen, receipts, make_study, port):
    listener = listen()
    (file,) = make_study(1)
    contexts = [build_context("1.2.840.10008.5.1.4.1.1.7", ExplicitVRLittleEndian)]
    association = AE("STORESCU").associate("127.0.0.1", port, contexts, "PIXELSCRUB")
    association.send_c_store(file)
    assert listener.busy() == set(receipts.waiting())
    association.abort()
    until(lambda: listener.busy() == set())


def test_aborted_association_leaves_what_it_sent_and_no_rest(
    listen, spool, receipts, make_study, port, monkeypatch
):
    listener = listen()
    files = make_study(2)
    contexts = [build_context("1.2.840.10008.5.1.4.1.1.7", ExplicitVRLittleEndian)]
    association = AE("STORESCU").associate("127.0.0.1", port, contexts, "PIXELSCRUB")
    association.send_c_store(files[0])
    half = spool.new_file()
    half.write_bytes(b"half of an instance")
    monkeypatch.setattr("pixelscrub.net.gateway.listen.LEFTOVER", 0.0)
    listener.empty_when_idle()
    assert half.exists()
    association.abort()
    until(lambda: not listener._server.active_associations)
    monkeypatch.setattr("pixelscrub.net.gateway.listen.LEFTOVER", 60.0)
    listener.empty_when_idle()
    assert half.exists()
    monkeypatch.setattr("pixelscrub.net.gateway.listen.LEFTOVER", 0.0)
    listener.empty_when_idle()
    assert not half.exists()
    assert receipts.counts() == {"spooled": 1}


def test_association_that_dies_of_an_error_keeps_no_study_busy(
    listen, receipts, make_study, port, monkeypatch
):
    """As on a full disk, where pynetdicom's own thread fails to write what it receives."""
    listener = listen()
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    contexts = [build_context("1.2.840.10008.5.1.4.1.1.7", ExplicitVRLittleEndian)]
    entity = AE("STORESCU")
    entity.dimse_timeout = 1.0
    association = entity.associate("127.0.0.1", port, contexts, "PIXELSCRUB")
    first, second = make_study(2)
    association.send_c_store(first)
    (study,) = listener.busy()
    (acceptor,) = listener._server.active_associations
    acceptor.network_timeout = 1.0

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(acceptor.dimse, "receive_primitive", full)
    assert "Status" not in association.send_c_store(second)
    until(lambda: study not in listener.busy())
    assert receipts.counts() == {"spooled": 1}


def test_data_set_without_a_study_is_taken(listen, receipts, make_study, port):
    listen()
    (file,) = make_study(1, StudyInstanceUID="")
    assert store(port, [file]) == [0]
    assert sum(receipts.counts().values()) == 1


def test_full_disk_is_told_to_the_sender(listen, receipts, make_study, port, monkeypatch):
    listen()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pixelscrub.net.gateway.spool._sync", full)
    assert store(port, make_study(1)) == [0xA700]
    assert receipts.counts() == {}


def test_defect_takes_nothing(listen, receipts, make_study, port, monkeypatch):
    listen()
    monkeypatch.setattr("pixelscrub.net.gateway.spool.read_instance", lambda _: 1 / 0)
    (status,) = store(port, make_study(1))
    assert status >= 0xC000
    assert receipts.counts() == {}


def test_tls_lets_in_who_has_a_certificate(listen, receipts, make_study, certificates, port):
    own = Tls(certificates / "own.pem", certificates / "own.key", certificates / "ca.pem")
    stranger = Tls(
        certificates / "stranger.pem", certificates / "stranger.key", certificates / "ca.pem"
    )
    listen(tls=own)
    files = make_study(1)
    assert store(port, files) is None
    assert store(port, files, tls=stranger.client()) is None
    assert store(port, files, tls=Tls(ca=certificates / "ca.pem").client()) is None
    assert receipts.counts() == {}
    assert store(port, files, tls=own.client()) == [0x0000]


def test_mute_connection_stops_nobody_else(listen, make_study, certificates, port):
    own = Tls(certificates / "own.pem", certificates / "own.key", certificates / "ca.pem")
    listen(tls=own)
    with socket.create_connection(("127.0.0.1", port)):
        assert store(port, make_study(1), tls=own.client()) == [0x0000]


def test_pdu_beyond_all_measure_is_refused_unread(listen, make_study, port):
    listen()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
        peer.sendall(b"\x01\x00\xff\xff\xff\xff" + bytes(1000))
        with contextlib.suppress(ConnectionResetError):
            assert peer.recv(1) == b""
    assert store(port, make_study(1)) == [0x0000]


def test_dcmtk_speaks_tls_with_it(listen, receipts, make_study, certificates, port):
    listen(tls=Tls(certificates / "own.pem", certificates / "own.key", certificates / "ca.pem"))
    call = ("-aec", "PIXELSCRUB", "localhost", port, *make_study(1))
    keys = ("+tls", certificates / "own.key", certificates / "own.pem")
    trusted = dcmtk("storescu", *keys, "+cf", certificates / "ca.pem", *call)
    if "unknown option" in trusted.stderr.lower():
        pytest.skip("dcmtk was built without TLS")
    assert trusted.returncode == 0, trusted.stderr
    assert receipts.counts() == {"spooled": 1}
    assert dcmtk("storescu", *call).returncode != 0


def report_to(port, transaction, kept=(), failed=()):
    """Reports as an archive does: on an association of its own, in the role of the SCP."""
    told = Dataset()
    told.TransactionUID = transaction
    for keyword, uids in (("ReferencedSOPSequence", kept), ("FailedSOPSequence", failed)):
        items = []
        for uid in uids:
            items.append(Dataset())
            items[-1].ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
            items[-1].ReferencedSOPInstanceUID = uid
        setattr(told, keyword, items)
    from pynetdicom import build_role

    model = StorageCommitmentPushModel
    association = AE("ARCHIVE").associate(
        "127.0.0.1",
        port,
        [build_context(model)],
        "PIXELSCRUB",
        ext_neg=[build_role(model, scp_role=True)],
    )
    assert association.is_established
    kind = 2 if failed else 1
    status, _ = association.send_n_event_report(told, kind, model, "1.2.840.10008.1.20.1.1")
    association.release()
    return status.Status


def test_report_of_commitment_is_passed_on(listen, port):
    told = []
    listen(report=lambda *said: told.append(said), partner="ARCHIVE")
    assert report_to(port, "1.2.3", kept=["1.2"], failed=["1.3", "1.4"]) == 0x0000
    assert told == [("1.2.3", frozenset({"1.2"}), frozenset({"1.3", "1.4"}))]


def test_report_that_cannot_be_read_is_answered_with_failure(listen, port):
    def fail(*_):
        raise ValueError

    listen(report=fail, partner="ARCHIVE")
    assert report_to(port, "1.2.3", kept=["1.2"]) == 0x0110
