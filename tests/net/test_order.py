import queue
import threading
from types import SimpleNamespace

from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_primitives import C_STORE, N_EVENT_REPORT

from pixelscrub.net.gateway.order import ASIDE, keep_order


def answer():
    message = C_STORE()
    message.MessageIDBeingRespondedTo, message.Status = 1, 0x0000
    return 1, message


def request():
    message = N_EVENT_REPORT()
    message.MessageID, message.EventTypeID = 1, 1
    message.AffectedSOPClassUID, message.AffectedSOPInstanceUID = "1.2", "1.3"
    return 1, message


def association_with(*messages):
    """What of an association and its provider is looked at, with messages that have come."""
    provider = SimpleNamespace(dimse_timeout=0.1, msg_queue=queue.Queue())
    provider.get_msg = DIMSEServiceProvider.get_msg.__get__(provider)
    for message in messages:
        provider.msg_queue.put(message)
    made = SimpleNamespace(dimse=provider, _reactor_checkpoint=threading.Event())
    made._reactor_checkpoint.set()
    keep_order(made)
    return made


def test_reactor_takes_nothing_while_a_sender_waits():
    expected = answer()
    association = association_with(expected)
    association._reactor_checkpoint.clear()
    assert association.dimse.get_msg() == (None, None)
    assert association.dimse.get_msg(block=True) == expected


def test_request_that_comes_first_is_kept_for_the_reactor():
    early, expected, late = request(), answer(), request()
    association = association_with(early, expected, late)
    assert association.dimse.get_msg(block=True) == expected
    assert [association.dimse.get_msg() for _ in range(3)] == [early, late, (None, None)]


def test_sender_waits_no_longer_than_the_provider_does():
    assert association_with(request()).dimse.get_msg(block=True) == (None, None)


def test_flood_of_requests_is_not_gathered():
    association = association_with(*(request() for _ in range(ASIDE + 2)))
    assert association.dimse.get_msg(block=True)[1].is_valid_request
    assert association.dimse.msg_queue.qsize() == 1


def test_pynetdicom_pauses_as_expected():
    assert "_reactor_checkpoint" in Association.release.__code__.co_names
    assert "get_msg" in Association._run_reactor.__code__.co_names
