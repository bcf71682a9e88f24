import pytest
from pydicom import dcmread
from pynetdicom import evt

from pixelscrub import api
from pixelscrub.errors import NothingUsableError, UsageError
from pixelscrub.net.address import DicomAddress
from pixelscrub.net.gateway.forwarder import Patience
from pixelscrub.net.gateway.send import is_all_sent, send

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
AT_ONCE = Patience(first=0.0, longest=0.0)


@pytest.fixture
def scrubbed(make_study, tags_only, tmp_path):
    """An output folder with three clean instances, and its private folder."""
    make_study(3)
    out, private = tmp_path / "out", tmp_path / "private"
    api.scrub(tmp_path / "in", out, recipe=tags_only, private=private, workers=1)
    return out, private


def to(inbox):
    return DicomAddress("INBOX", "127.0.0.1", inbox.port)


def test_only_what_the_journal_calls_clean_is_sent_and_once(
    scrubbed, make_inbox, make_instance, save, tmp_path
):
    out, private = scrubbed
    inbox = make_inbox(commits=True)
    save(make_instance(), out / "stray.dcm")
    counts = send(out, to(inbox), private=private)
    assert counts == {"committed": 3}
    assert is_all_sent(counts)
    clean = {dcmread(f).SOPInstanceUID for f in out.rglob("*.dcm") if f.name != "stray.dcm"}
    assert set(inbox.uids) == clean
    assert send(out, to(inbox), private=private) == {"committed": 3}
    assert len(inbox.received) == 3
    other = make_inbox()
    assert send(out, to(other), private=private) == {"sent": 3}

    away = DicomAddress("AWAY", "127.0.0.1", 1)
    counts = send(out, away, private=private, patience=AT_ONCE)
    assert counts == {"sending": 3}
    assert not is_all_sent(counts)
    failing = make_inbox(statuses=[0xA700] * 4)
    assert send(out, to(failing), private=private, patience=AT_ONCE) == {"sent": 3}
    with pytest.raises(NothingUsableError):
        send(tmp_path / "another", away, private=private)


def test_what_was_changed_after_it_was_proved_stays_here(scrubbed, make_inbox):
    out, private = scrubbed
    inbox = make_inbox()
    changed = sorted(out.rglob("*.dcm"))[0]
    changed.write_bytes(changed.read_bytes() + b"\0\0")
    counts = send(out, to(inbox), private=private, patience=AT_ONCE)
    assert counts == {"scrubbed": 1, "sent": 2}
    assert not is_all_sent(counts)


def test_key_of_the_run_is_needed_to_send(scrubbed, make_inbox, tmp_path):
    out, private = scrubbed
    inbox = make_inbox()
    (private / "key").rename(tmp_path / "key")
    with pytest.raises(UsageError, match="name it with --key"):
        send(out, to(inbox), private=private)
    (tmp_path / "other").write_bytes(b"1" * 32)
    (tmp_path / "other").chmod(0o600)
    with pytest.raises(UsageError, match="another key"):
        send(out, to(inbox), private=private, key=tmp_path / "other")
    assert send(out, to(inbox), private=private, key=tmp_path / "key") == {"sent": 3}


def test_one_process_at_a_time_sends_to_a_peer(scrubbed, make_inbox):
    out, private = scrubbed
    inbox = make_inbox()

    def sending_meanwhile(event):
        with pytest.raises(UsageError, match="in use"):
            send(out, to(inbox), private=private)
        again.append(event)
        return 0x0000

    again = []
    inbox.server.bind(evt.EVT_C_STORE, sending_meanwhile)
    assert send(out, to(inbox), private=private) == {"sent": 3}
    assert len(again) == 3


def test_without_a_journal_nothing_is_sent(tmp_path):
    with pytest.raises(UsageError, match="no journal"):
        send(tmp_path / "out", DicomAddress("A", "127.0.0.1", 1), private=tmp_path / "private")
    assert not (tmp_path / "private").exists()
