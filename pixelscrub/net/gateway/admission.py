"""From a connection to its request for an association, without a thread for those who wait.

A connection is half-open until its whole A-ASSOCIATE-RQ PDU (PS3.8 section 9.3.2) is here, the
TLS handshake included. All that are half-open are read side by side by one thread, which bounds
the time that each of them has, their number per address and in all, and the rate at which they
come. Whoever opens connections and says nothing costs a socket each, and keeps nobody out.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final

from pixelscrub.net.limits import AdmissionLimits

PDU_HEADER: Final = 6
"""Bytes of type, reserved and length that each PDU begins with (PS3.8 section 9.3.1)."""
ASSOCIATE_RQ: Final = 0x01
BACKLOG: Final = 32
"""Connections that are accepted before those that are half-open are looked at again."""
ADDRESSES: Final = 4096
"""Addresses whose rate is remembered; those that have been quiet are forgotten first."""


class RateLimit:
    """A token bucket for each address, used from several threads."""

    def __init__(
        self, burst: float, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with every bucket full."""
        self._burst, self._per_second, self._clock = burst, per_second, clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, address: str, count: int = 1) -> bool:
        """Take tokens, or all that are there; False where not one is left."""
        with self._lock:
            left = self._left(address)
            self._keep(address, max(0.0, left - count) if left >= 1 else left)
            return left >= 1

    def give_back(self, address: str) -> None:
        """Put a token back: its connection has come to something."""
        with self._lock:
            self._keep(address, self._left(address) + 1)

    def _left(self, address: str) -> float:
        tokens, at = self._buckets.get(address, (self._burst, 0.0))
        return min(self._burst, tokens + (self._clock() - at) * self._per_second)

    def _keep(self, address: str, tokens: float) -> None:
        self._buckets.pop(address, None)
        self._buckets[address] = (tokens, self._clock())
        while len(self._buckets) > ADDRESSES:
            del self._buckets[next(iter(self._buckets))]


@dataclass(slots=True, eq=False)
class _Caller:
    """A half-open connection."""

    socket: socket.socket
    peer: Any
    address: str
    ends: float
    data: bytearray = field(default_factory=bytearray)

    def fileno(self) -> int:
        return self.socket.fileno()


Admit = Callable[[socket.socket, Any, bytes], None]
"""Called with a connection, the peer's address and the request that was read from it."""


class Admission:
    """Accepts connections and hands them on when their request is here; one thread steps it."""

    def __init__(
        self,
        listening: socket.socket,
        context: ssl.SSLContext | None,
        admit: Admit,
        limits: AdmissionLimits = AdmissionLimits(),  # noqa: B008 (frozen)
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to accept.

        Args:
            listening: the socket that is listened on.
            context: what TLS is served with; None for none.
            admit: takes over a connection, which is then in blocking mode.
            limits: of what is half-open.
            clock: seconds that no change of the time of day moves.
        """
        self._listening, self._context, self._admit = listening, context, admit
        self._limits, self._clock = limits, clock
        self._rate = RateLimit(limits.burst, limits.per_second, clock)
        self._callers: dict[_Caller, None] = {}  # the oldest first
        self._selector = selectors.DefaultSelector()
        listening.setblocking(False)
        self._selector.register(listening, selectors.EVENT_READ)

    @property
    def half_open(self) -> int:
        """Connections that have not yet asked for an association."""
        return len(self._callers)

    def came_to_something(self, peer: Any) -> None:
        """An association with this peer was accepted: it does not count against its rate."""
        self._rate.give_back(address_of(peer))

    def came_to_nothing(self, peer: Any) -> None:
        """An association with this peer was rejected: that counts as several connections."""
        self._rate.take(address_of(peer), self._limits.rejected - 1)

    def step(self, wait: float) -> None:
        """Accept and read what is there, for at most `wait` seconds where nothing is."""
        oldest = next(iter(self._callers), None)
        if oldest is not None:
            wait = max(0.0, min(wait, oldest.ends - self._clock()))
        for key, _ in self._selector.select(wait):
            if key.fileobj is self._listening:
                self._accept()
            elif key.fileobj in self._callers:  # it may have lost its place in this very step
                self._read(key.fileobj)
        while (first := next(iter(self._callers), None)) and first.ends <= self._clock():
            self._close(first)

    def close(self) -> None:
        """Close every connection that is half-open."""
        for caller in list(self._callers):
            self._close(caller)
        self._selector.close()

    def _accept(self) -> None:
        for _ in range(BACKLOG):
            try:
                accepted, peer = self._listening.accept()
            except OSError:  # none is left, or the peer is gone already
                return
            self._enter(accepted, peer)

    def _enter(self, accepted: socket.socket, peer: Any) -> None:
        address = address_of(peer)
        if not self._rate.take(address):
            _shut(accepted)
            return
        try:
            accepted.setblocking(False)
            connection = self._encrypted(accepted)
        except (OSError, ValueError):  # the peer is gone already
            accepted.close()
            return
        ends = self._clock() + self._limits.seconds
        caller = _Caller(connection, peer, address, ends)
        self._make_room(address)
        self._callers[caller] = None
        self._selector.register(caller, selectors.EVENT_READ)

    def _encrypted(self, accepted: socket.socket) -> socket.socket:
        if self._context is None:
            return accepted
        return self._context.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)

    def _make_room(self, address: str) -> None:
        """Close the oldest: who means it has sent its request long before its turn comes."""
        counts = Counter(caller.address for caller in self._callers)
        if counts[address] >= self._limits.half_open_per_address:
            self._close(next(c for c in self._callers if c.address == address))
        elif len(self._callers) >= self._limits.half_open:
            busiest = max(counts.values())
            self._close(next(c for c in self._callers if counts[c.address] == busiest))

    def _read(self, caller: _Caller) -> None:
        try:
            if isinstance(caller.socket, ssl.SSLSocket) and not caller.data:
                caller.socket.do_handshake()  # does nothing where it is done
            is_here = self._gather(caller)
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError):
            self._selector.modify(caller, selectors.EVENT_READ)
        except ssl.SSLWantWriteError:
            self._selector.modify(caller, selectors.EVENT_WRITE)
        except (OSError, ValueError):
            self._close(caller)
        else:
            self._end(caller, is_here)

    def _gather(self, caller: _Caller) -> bool:
        """Read until the request is here; False where it never will be."""
        data = caller.data
        while (missing := self._missing(data)) > 0:
            read = caller.socket.recv(missing)
            if not read:
                return False
            data += read
        return missing == 0

    def _missing(self, data: bytearray) -> int:
        """Bytes that are still to come; negative where it is no request that is taken."""
        if data and data[0] != ASSOCIATE_RQ:
            return -1
        if len(data) < PDU_HEADER:
            return PDU_HEADER - len(data)
        length = int.from_bytes(data[2:PDU_HEADER], "big")
        if length > self._limits.request_bytes:
            return -1
        return PDU_HEADER + length - len(data)

    def _end(self, caller: _Caller, is_here: bool) -> None:
        if not is_here:
            self._close(caller)
            return
        self._forget(caller)
        caller.socket.setblocking(True)
        self._admit(caller.socket, caller.peer, bytes(caller.data))

    def _close(self, caller: _Caller) -> None:
        self._forget(caller)
        _shut(caller.socket)

    def _forget(self, caller: _Caller) -> None:
        del self._callers[caller]
        with suppress(KeyError, ValueError):
            self._selector.unregister(caller)


def address_of(peer: Any) -> str:
    """What a peer is counted by: its IPv4 address, or the /64 network of its IPv6 address.

    Whoever has one IPv6 address has all of its /64 (RFC 4291 section 2.5.1).
    """
    try:
        address = ip_address(str(peer[0]).partition("%")[0])
    except (ValueError, IndexError, TypeError):
        return str(peer)
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False))


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
