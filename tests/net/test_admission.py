"""Who is let in before anything is known of him; with a clock of the test's own."""

import contextlib
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelscrub.net.gateway.admission import ADDRESSES, Admission, RateLimit, address_of
from pixelscrub.net.limits import AdmissionLimits

REQUEST = b"\x01\0\0\0\0\x04abcd"


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def admission(clock):
    """Starts an admission on loopback; gives it, and a list of what it handed on."""
    started = []

    def start(**limits):
        handed = []
        listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        made = Admission(
            listening,
            None,
            lambda connection, peer, request: handed.append((connection, request)),
            AdmissionLimits(**limits),
            clock,
        )
        started.append((listening, made, handed))
        return made, handed

    yield start
    for listening, made, handed in started:
        made.close()
        listening.close()
        for connection, _ in handed:
            connection.close()


@pytest.fixture
def call():
    """Calls an admission from an address of loopback, and says something."""
    opened = []

    def connect(to, said=b"", host="127.0.0.1"):
        opened.append(
            socket.create_connection(to._listening.getsockname(), source_address=(host, 0))
        )
        opened[-1].sendall(said)
        opened[-1].settimeout(0)
        for _ in range(3):
            to.step(0.02)
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def is_closed(connection):
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@given(st.integers(1, len(REQUEST) - 1), st.binary(max_size=20))
def test_request_is_handed_on_whole_however_it_is_cut_and_no_byte_after_it_is_read(at, more):
    handed = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Admission(listening, None, lambda *told: handed.append(told))
        with socket.create_connection(listening.getsockname()) as peer:
            peer.sendall(REQUEST[:at])
            for _ in range(2):
                made.step(0.01)
            assert handed == []
            peer.sendall(REQUEST[at:] + more)
            made.step(1)
            ((connection, _, request),) = handed
            assert request == REQUEST
            assert connection.getblocking()
            connection.settimeout(5)
            assert connection.recv(99) == more if more else True
            connection.close()
        made.close()


@pytest.mark.parametrize(
    "said",
    [b"\x02\0\0\0\0\x04abcd", b"GET / HTTP/1.1\r\n", b"\x01\0\xff\xff\xff\xff", b"\x16\x03\x01"],
)
def test_what_is_no_request_or_one_beyond_all_measure_is_closed_at_once(admission, call, said):
    made, handed = admission()
    assert is_closed(call(made, said))
    assert (made.half_open, handed) == (0, [])


def test_peer_that_goes_away_leaves_nothing(admission, call):
    made, handed = admission()
    call(made, REQUEST[:-1]).close()
    made.step(1)
    assert (made.half_open, handed) == (0, [])


def test_time_is_bounded_in_all_and_not_from_byte_to_byte(admission, call, clock):
    made, handed = admission(seconds=10)
    peer = call(made, REQUEST[:1])
    for byte in REQUEST[1:-1]:
        clock.now += 1.3
        with contextlib.suppress(OSError):
            peer.sendall(bytes([byte]))
        made.step(0.01)
    assert (made.half_open, handed) == (0, [])
    assert is_closed(peer)


def test_a_further_one_of_an_address_takes_the_place_of_its_oldest(admission, call):
    made, handed = admission(half_open_per_address=2)
    first, second = call(made), call(made)
    other = call(made, host="127.0.0.2")
    assert call(made, REQUEST)
    assert len(handed) == 1
    assert [is_closed(c) for c in (first, second, other)] == [True, False, False]


def test_when_all_places_are_taken_the_busiest_address_loses_one(admission, call):
    made, handed = admission(half_open=3)
    quiet = call(made, host="127.0.0.2")
    busy = [call(made) for _ in range(2)]
    assert call(made, REQUEST, host="127.0.0.3")
    assert len(handed) == 1
    assert [is_closed(c) for c in (quiet, *busy)] == [False, True, False]


def test_rate_is_of_each_address_and_comes_back_with_time(clock):
    rate = RateLimit(burst=2, per_second=0.5, clock=clock)
    assert [rate.take("a") for _ in range(3)] == [True, True, False]
    assert rate.take("b")
    clock.now = 2.0
    assert [rate.take("a") for _ in range(2)] == [True, False]
    rate.give_back("a")
    assert rate.take("a")
    clock.now = 1e6
    assert [rate.take("a") for _ in range(3)] == [True, True, False]


def test_rate_remembers_a_bounded_number_of_addresses(clock):
    rate = RateLimit(burst=2, per_second=0.5, clock=clock)
    for number in range(3 * ADDRESSES):
        rate.take(str(number))
    assert len(rate._buckets) == ADDRESSES


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        (("192.0.2.7", 5), "192.0.2.7"),
        (("::ffff:192.0.2.7", 5, 0, 0), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 5, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 5, 0, 2), "fe80::/64"),
        ("", ""),
    ],
)
def test_what_a_peer_is_counted_by(peer, address):
    assert address_of(peer) == address
