"""pynetdicom's server and socket, with bounds that they have not of their own.

The server admits only connections whose request for an association is here (`admission`). What an
association sends is bounded in size, and in the time that one PDU and silence may take, by a clock
that no change of the time of day moves.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import Any, Final

from pynetdicom import evt
from pynetdicom.events import Event
from pynetdicom.transport import AssociationSocket, ThreadedAssociationServer

from pixelscrub.net.gateway.admission import Admission
from pixelscrub.net.limits import AdmissionLimits, TransportLimits

POLL: Final = 0.5
"""Seconds after which the server looks whether it is to end."""
CHUNK: Final = 2**16


class BoundedSocket:
    """An `AssociationSocket` that has read a request already, and has bounds."""

    def __init__(self, inner: AssociationSocket, request: bytes, limits: TransportLimits) -> None:
        """Wrap a connected socket.

        Args:
            inner: what does all the rest.
            request: bytes that are given before those that are read.
            limits: of what is read.
        """
        self._inner, self._request, self._limits = inner, bytearray(request), limits
        self._heard = time.monotonic()
        self._set_timeout(limits.pdu_seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def ready(self) -> bool:
        """Whether there is something to read; silence that is too long ends the connection."""
        if self._request:
            return True
        if self._inner.ready:
            return True
        if time.monotonic() - self._heard > self._limits.idle_seconds:
            self._inner.close()
        return False

    def recv(self, count: int) -> bytearray:
        """Read `count` bytes; fewer where the peer ends the connection.

        Raises:
            OSError: they are too many, or do not come in time.
        """
        if self._request:
            given = self._request[:count]
            del self._request[:count]
            return given
        if count > self._limits.pdu_bytes:
            raise OSError("PDU is too long")
        try:
            return self._read(count)
        finally:
            self._set_timeout(self._limits.pdu_seconds)

    def _read(self, count: int) -> bytearray:
        ends, data = time.monotonic() + self._limits.pdu_seconds, bytearray()
        while len(data) < count and (connection := self._inner.socket) is not None:
            if (left := ends - time.monotonic()) <= 0:
                raise TimeoutError("PDU takes too long")
            connection.settimeout(left)
            read = connection.recv(min(CHUNK, count - len(data)))
            if not read:
                break
            data += read
            self._heard = time.monotonic()
        return data

    def _set_timeout(self, seconds: float) -> None:
        if self._inner.socket is not None:
            self._inner.socket.settimeout(seconds)


class AdmittingServer(ThreadedAssociationServer):
    """Starts an association, and its two threads, when its request is here and not before."""

    request_queue_size = 128

    def __init__(
        self,
        *arguments: Any,
        tls: ssl.SSLContext | None,
        admission: AdmissionLimits,
        transport: TransportLimits,
        **options: Any,
    ) -> None:
        """Listen; `arguments` and `options` are those of `AssociationServer`.

        Args:
            arguments: of the class above.
            tls: what TLS is served with; None for none.
            admission: limits of connections that are half-open.
            transport: limits of associations.
            options: of the class above.
        """
        super().__init__(*arguments, **options)
        self._transport = transport
        self._requests: dict[socket.socket, bytes] = {}
        self._is_to_end, self._has_ended = threading.Event(), threading.Event()
        assert self.socket is not None  # noqa: S101 (bound above)
        self.admission = Admission(self.socket, tls, self._begin, admission)
        self.bind(evt.EVT_CONN_OPEN, self._opened)
        self.bind(evt.EVT_ACCEPTED, self._accepted)
        self.bind(evt.EVT_REJECTED, self._rejected)

    def serve_forever(self, poll_interval: float = POLL) -> None:
        """Accept connections until `shutdown` is called."""
        looked = time.monotonic()
        try:
            while not self._is_to_end.is_set():
                self.admission.step(poll_interval)
                if time.monotonic() - looked >= poll_interval:  # bytes come far more often
                    self.service_actions()
                    looked = time.monotonic()
        finally:
            self.admission.close()
            self._has_ended.set()

    def shutdown(self) -> None:
        """Take no more connections, and close those that are half-open."""
        self._is_to_end.set()
        self._has_ended.wait()
        self.server_close()

    def _begin(self, connection: socket.socket, peer: Any, request: bytes) -> None:
        self._requests[connection] = request
        self.process_request(connection, peer)  # in a thread of its own

    def _opened(self, event: Event) -> None:
        inner = event.assoc.dul.socket
        request = self._requests.pop(inner.socket)  # type: ignore[union-attr, arg-type]
        event.assoc.dul.socket = BoundedSocket(inner, request, self._transport)  # type: ignore[assignment, arg-type]

    def _accepted(self, event: Event) -> None:
        self.admission.came_to_something((event.assoc.requestor.address,))

    def _rejected(self, event: Event) -> None:
        self.admission.came_to_nothing((event.assoc.requestor.address,))
