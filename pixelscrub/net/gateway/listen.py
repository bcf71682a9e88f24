"""The door: C-STORE and C-ECHO from the AE titles that are allowed (PS3.4 Annex B, PS3.7).

Success is told only when the instance and its receipt are on the disk.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from pixelscrub.errors import HeldError, UsageError
from pixelscrub.net import address
from pixelscrub.net.gateway.admission import address_of
from pixelscrub.net.gateway.spool import Spool
from pixelscrub.net.limits import ListenerLimits
from pixelscrub.net.peer import Report
from pixelscrub.net.tls import Tls

if TYPE_CHECKING:
    from pynetdicom import AE
    from pynetdicom.association import Association
    from pynetdicom.events import Event
    from pynetdicom.pdu_primitives import A_ASSOCIATE
    from pynetdicom.presentation import PresentationContext

    from pixelscrub.net.gateway.transport import AdmittingServer

SUCCESS: Final = 0x0000
OUT_OF_RESOURCES: Final = 0xA700
CANNOT_UNDERSTAND: Final = 0xC000
PROCESSING_FAILURE: Final = 0x0110
VERIFICATION: Final = "1.2.840.10008.1.1"
COMMITMENT: Final = "1.2.840.10008.1.20.1"
NOT_AUTHORIZED: Final = 0x0124
"""Refused: the requestor was not authorized to perform the operation (PS3.7 section C.4.2)."""
ENDING: Final = 10.0
"""Seconds that an association may take to end."""
LEFTOVER: Final = 60.0
"""Seconds without a byte after which a half-received file of no association is a leftover."""
PDU: Final = 2**17
"""Bytes of the largest PDU with data that peers may send."""
LIMIT_EXCEEDED: Final = (0x02, 0x03, 0x02)
"""Rejected-transient, by the provider, local limit exceeded (PS3.8 table 9-21)."""
CALLING_TITLE: Final = (0x01, 0x01, 0x03)
"""Rejected-permanent, by the user, calling AE title not recognized."""


@dataclass(frozen=True, slots=True)
class ListenerConfig:
    """How the gateway listens.

    Attributes:
        title: its AE title; associations that call another are rejected.
        port: TCP port.
        host: address to bind to.
        allowed: AE titles that may call; none named means all, on this machine alone.
        tls: certificates.
        limits: what peers may take.
    """

    title: str
    port: int
    host: str = "127.0.0.1"
    allowed: tuple[str, ...] = ()
    tls: Tls = Tls()  # noqa: RUF009 (frozen)
    limits: ListenerLimits = ListenerLimits()  # noqa: RUF009 (frozen)

    def __post_init__(self) -> None:
        """Refuse what cannot be served, or would be open to anybody.

        Raises:
            UsageError: a title or the port is not one; a door to the network with nobody named.
        """
        for title in (self.title, *self.allowed):
            address.title(title)
        address.port(self.port)
        if not self.allowed and not _is_loopback(self.host):
            raise UsageError("name the AE titles that may send (--allow) to bind to the network")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Listener:
    """Takes instances into a spool, in threads of its own."""

    def __init__(
        self, door: ListenerConfig, spool: Spool, report: Report, partner: str | None
    ) -> None:
        """Prepare to listen.

        Args:
            door: how.
            spool: where instances go.
            report: told what a peer commits to.
            partner: AE title of the peer that instances are sent on to; it may call to report.
        """
        self._door, self._spool, self._report = door, spool, report
        self._partner = partner
        self._context = door.tls.server()
        self._lock = threading.Lock()
        self._studies: dict[Association, set[str]] = {}
        self._server: AdmittingServer | None = None

    def start(self) -> None:
        """Listen from now on.

        Raises:
            UsageError: the address cannot be bound.
        """
        from pynetdicom import evt

        from pixelscrub.net.gateway.transport import AdmittingServer

        handlers: list[Any] = [
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_N_EVENT_REPORT, self._committed),
            (evt.EVT_CONN_OPEN, self._opened),
            (evt.EVT_CONN_CLOSE, self._closed),
            (evt.EVT_REQUESTED, self._requested),
        ]
        limits = self._door.limits
        try:
            self._server = self._entity().make_server(  # type: ignore[assignment]
                (self._door.host, self._door.port),
                evt_handlers=handlers,
                server_class=AdmittingServer,
                tls=self._context,
                admission=limits.admission,
                transport=limits.transport,
            )
        except OSError as error:
            raise UsageError(f"cannot listen there ({type(error).__name__})") from None
        threading.Thread(target=self._server.serve_forever, name="Listener", daemon=True).start()  # type: ignore[union-attr]

    def stop(self) -> None:
        """Take no more; associations that are open are aborted, so nothing is left half told."""
        if self._server is not None:
            self._server.shutdown()
            for association in self._server.active_associations:
                association.abort()
                association.join(ENDING)

    def busy(self) -> set[str]:
        """Studies that an open association has sent to."""
        with self._lock:
            self._studies = {a: s for a, s in self._studies.items() if not _is_over(a)}
            return set().union(*self._studies.values())

    def empty_when_idle(self) -> None:
        """Remove what broken associations left behind, where none is open."""
        if self._server is not None and not self._server.active_associations:
            self._spool.empty_incoming(LEFTOVER)

    def _entity(self) -> AE:
        from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts
        from pynetdicom.sop_class import StorageCommitmentPushModel, Verification  # type: ignore[attr-defined]

        entity = AE(self._door.title)
        entity.require_called_aet = True
        callers = (*self._door.allowed, *([self._partner] if self._partner else []))
        entity.require_calling_aet = list(callers) if self._door.allowed else []
        entity.acse_timeout = self._door.limits.admission.seconds
        entity.maximum_associations = self._door.limits.associations
        entity.maximum_pdu_size = PDU
        entity.add_supported_context(Verification)
        entity.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(context.abstract_syntax or "", ALL_TRANSFER_SYNTAXES)
        return entity

    def _opened(self, event: Event) -> None:
        with self._lock:
            self._studies[event.assoc] = set()

    def _closed(self, event: Event) -> None:
        with self._lock:
            self._studies.pop(event.assoc, None)

    def _requested(self, event: Event) -> None:
        """Before it is accepted: whoever may not do something is not offered it."""
        association: Association = event.assoc
        request: A_ASSOCIATE = association.requestor.primitive  # type: ignore[assignment]
        title = str(request.calling_ae_title).strip()
        contexts = association.acceptor.supported_contexts
        association.acceptor.supported_contexts = [
            context for context in contexts if self._may_use(context, title)
        ]
        if self._has_too_many(association):
            _reject(association, LIMIT_EXCEEDED)
        elif not any(self._may_use(c, title) for c in request.presentation_context_definition_list):
            _reject(association, CALLING_TITLE)

    def _may_use(self, context: PresentationContext, title: str) -> bool:
        """The destination may report what it commits to; it may not send for that."""
        name = context.abstract_syntax
        if name == COMMITMENT:
            return title == self._partner
        return name == VERIFICATION or self._may_send(title)

    def _may_send(self, title: str) -> bool:
        return not self._door.allowed or title in self._door.allowed

    def _has_too_many(self, association: Association) -> bool:
        address = address_of((association.requestor.address,))
        active = self._server.active_associations if self._server is not None else []
        there = [a for a in active if address_of((a.requestor.address,)) == address]
        return len(there) > self._door.limits.associations_per_address

    def _store(self, event: Event) -> int:
        sender = str(event.assoc.requestor.ae_title).strip()
        if not self._may_send(sender):
            return NOT_AUTHORIZED
        try:
            uid = str(event.request.AffectedSOPInstanceUID)  # type: ignore[union-attr]
            receipt = self._spool.take(event.dataset_path, sender, uid)
        except HeldError:
            return CANNOT_UNDERSTAND
        except (OSError, UsageError):
            return OUT_OF_RESOURCES
        with self._lock:
            self._studies.setdefault(event.assoc, set()).add(receipt.study)
        return SUCCESS

    def _committed(self, event: Event) -> tuple[int, None]:
        if str(event.assoc.requestor.ae_title).strip() != self._partner:
            return NOT_AUTHORIZED, None
        try:
            self._report(*read_report(event))
        except Exception:
            return PROCESSING_FAILURE, None
        return SUCCESS, None


def _reject(association: Association, reason: tuple[int, int, int]) -> None:
    from pynetdicom import evt

    association.acse.send_reject(*reason)
    evt.trigger(association, evt.EVT_REJECTED, {})
    association.kill()


def _is_over(association: Association) -> bool:
    """Whether its thread has ended; one that died of an error tells nobody of its end."""
    return association.ident is not None and not association.is_alive()


def read_report(event: Event) -> tuple[str, frozenset[str], frozenset[str]]:
    """What an N-EVENT-REPORT of storage commitment says (PS3.4 section J.3.3).

    Returns:
        Transaction UID, and the SOP Instance UIDs that are and that are not committed to.
    """
    told = event.event_information
    kept, failed = (
        frozenset(str(item.ReferencedSOPInstanceUID) for item in told.get(sequence) or [])
        for sequence in ("ReferencedSOPSequence", "FailedSOPSequence")
    )
    return str(told.TransactionUID), kept, failed
