"""Send by C-STORE, ask by C-FIND, and ask for storage commitment (PS3.4 Annexes B, C and J)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from ssl import SSLContext
from typing import TYPE_CHECKING, Any, Final

from pixelscrub.net.address import DicomAddress
from pixelscrub.net.gateway.listen import PDU, read_report
from pixelscrub.net.gateway.order import keep_order
from pixelscrub.net.peer import QueuedInstance, Report, Result, UnreachableError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pynetdicom.association import Association
    from pynetdicom.events import Event
    from pynetdicom.presentation import PresentationContext

CONTEXTS: Final = 128
"""Presentation contexts that one association can hold (PS3.8 section 9.3.2)."""
STORED: Final = (0x0000, 0xB000, 0xB006, 0xB007)
"""Success, and the warnings with which an instance is stored (PS3.4 table B.2-1)."""
NO_CONTEXT: Final = "no_presentation_context"
PENDING: Final = (0xFF00, 0xFF01)
ANSWER: Final = 60.0
"""Seconds that a peer may take to answer a request."""
SAME_ASSOCIATION: Final = 2.0
"""Seconds to wait for the report on the association that asked; most peers open another."""


class DimsePeer:
    """An application entity at an address."""

    def __init__(self, address: DicomAddress, title: str, context: SSLContext | None) -> None:
        """Make ready to call.

        Args:
            address: whom.
            title: our AE title.
            context: TLS, where the address is a secure one.
        """
        self._address, self._title, self._context = address, title, context

    def send(self, items: Sequence[QueuedInstance]) -> Iterator[Result]:
        """C-STORE; what has no accepted presentation context comes back with that code."""
        from pynetdicom.presentation import build_context

        pairs = sorted({(i.instance.sop_class, i.instance.transfer_syntax) for i in items})
        contexts = [build_context(*pair) for pair in pairs[:CONTEXTS]]
        with self._association(contexts) as association:
            for item in items:
                yield item, _store(association, item)

    def holds(self, items: Sequence[QueuedInstance]) -> set[str]:
        """C-FIND at the level of instances, one query a series."""
        from pynetdicom.presentation import build_context
        from pynetdicom.sop_class import (  # type: ignore[attr-defined]
            StudyRootQueryRetrieveInformationModelFind as Model,
        )

        found: set[str] = set()
        with self._association([build_context(Model)]) as association:
            if not association.accepted_contexts:
                return found
            for place in {(i.instance.study, i.instance.series) for i in items}:
                for status, answer in association.send_c_find(_query(*place), Model):
                    if status and status.Status in PENDING and answer is not None:
                        found.add(str(answer.get("SOPInstanceUID")))
        return found

    def ask_commitment(
        self, references: Iterable[tuple[str, str]], request: str, report: Report
    ) -> bool:
        """N-ACTION of the Storage Commitment Push Model."""
        from pynetdicom import evt
        from pynetdicom.presentation import build_context
        from pynetdicom.sop_class import (  # type: ignore[attr-defined]
            StorageCommitmentPushModel as Model,
        )
        from pynetdicom.sop_class import (
            StorageCommitmentPushModelInstance as Place,
        )

        told, answered = threading.Event(), threading.Event()

        def committed(event: Event) -> tuple[int, None]:
            report(*read_report(event))
            told.set()
            return 0x0000, None

        def sent(_event: Event) -> None:
            # A release must not overtake the answer to the report.
            if told.is_set():
                answered.set()

        handlers: list[Any] = [(evt.EVT_N_EVENT_REPORT, committed), (evt.EVT_PDU_SENT, sent)]
        with self._association([build_context(Model)], handlers) as association:
            if not association.accepted_contexts:
                return False
            asked = _commitment(references, request)
            status, _ = association.send_n_action(asked, 1, Model, Place)
            if not status or status.Status != 0x0000:
                raise UnreachableError(_code(status))
            answered.wait(SAME_ASSOCIATION)
        return True

    @contextmanager
    def _association(
        self, contexts: list[PresentationContext], handlers: list[Any] | None = None
    ) -> Iterator[Association]:
        from pynetdicom import AE

        entity = AE(self._title)
        entity.dimse_timeout = ANSWER
        association = entity.associate(
            self._address.host,
            self._address.port,
            contexts,
            self._address.title,
            max_pdu=PDU,
            evt_handlers=handlers or [],
            tls_args=(self._context, self._address.host) if self._context else None,
        )
        if association.is_rejected:
            raise UnreachableError("association_rejected")
        if not association.is_established and not association.rejected_contexts:
            raise UnreachableError("no_association")
        keep_order(association)
        try:
            yield association
        finally:
            if association.is_established:
                association.release()


def _store(association: Association, item: QueuedInstance) -> str | None:
    if not association.accepted_contexts:
        return NO_CONTEXT
    if not association.is_established:
        raise UnreachableError("association_lost")
    try:
        status = association.send_c_store(item.path)
    except ValueError:
        return NO_CONTEXT
    except (RuntimeError, AttributeError, OSError) as error:
        return type(error).__name__
    if not status:
        raise UnreachableError(_code(status))
    return None if status.Status in STORED else _code(status)


def _code(status: Dataset) -> str:
    return f"status_{status.Status:04x}" if status else "no_answer"


def _query(study: str, series: str) -> Dataset:
    from pydicom.dataset import Dataset

    query = Dataset()
    query.QueryRetrieveLevel = "IMAGE"
    query.StudyInstanceUID, query.SeriesInstanceUID, query.SOPInstanceUID = study, series, ""
    return query


def _commitment(references: Iterable[tuple[str, str]], request: str) -> Dataset:
    from pydicom.dataset import Dataset

    asked = Dataset()
    asked.TransactionUID = request
    asked.ReferencedSOPSequence = []
    for sop_class, uid in references:
        reference = Dataset()
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = sop_class, uid
        asked.ReferencedSOPSequence.append(reference)
    return asked
