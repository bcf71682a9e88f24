"""Send what is clean, again and again until the peer has it, and ask for commitment to it.

Before an instance is sent its receipt says `sending`. Whatever happens then, the peer is asked
whether it has the instance before it is sent once more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Final

from pixelscrub.errors import HeldError, Reason
from pixelscrub.intake.instance import Source
from pixelscrub.intake.read import read_instance
from pixelscrub.net.gateway.receipts import Receipt, Receipts, State
from pixelscrub.net.gateway.spool import source
from pixelscrub.net.peer import Peer, QueuedInstance, UnreachableError
from pixelscrub.store.output import Output

BATCH: Final = 200
"""Instances that are looked up, and committed to, at a time."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait before trying again.

    Attributes:
        first: seconds after the first failure; each further one doubles them.
        longest: no wait is longer.
        commitment: seconds to wait for a report of storage commitment before asking again.
    """

    first: float = 5.0
    longest: float = 3600.0
    commitment: float = 3600.0

    def after(self, attempts: int) -> float:
        """Seconds to wait after so many failures."""
        return min(self.longest, self.first * 2.0 ** min(attempts - 1, 30))


@dataclass(slots=True)
class Forwarder:
    """Carries files of an output folder to one peer.

    Attributes:
        receipts: what is to be sent, and what became of it.
        out: the output folder.
        peer: who takes it.
        is_proved: whether the file of a name is what was proved under it, byte for byte.
        patience: how failures are waited out.
        stop: set to end after the instance in hand.
        commits: whether the peer, as far as is known, offers storage commitment.
    """

    receipts: Receipts
    out: Path
    peer: Peer
    is_proved: Callable[[str], bool]
    patience: Patience = Patience()
    stop: threading.Event = field(default_factory=threading.Event)
    commits: bool = True

    def work(self) -> None:
        """Send what is due, then ask for commitment to what was sent."""
        now = time.time()  # what fails from here on is due later, however short the wait
        self.receipts.hasten(now, max(self.patience.longest, self.patience.commitment))
        while not self.stop.is_set() and (due := self.receipts.due(now, BATCH)):
            for _, study in groupby(due, key=lambda receipt: receipt.study):
                self._deliver(list(study))
        if self.commits and not self.stop.is_set():
            self._ask_commitment(self.receipts.unasked(now, BATCH))

    def committed(self, request: str, kept: frozenset[str], failed: frozenset[str]) -> None:
        """Take a peer's report: what it does not keep is sent again."""
        changed = []
        for receipt in self.receipts.of_request(request):
            if receipt.uid in kept and receipt.state is State.SENT:
                changed.append(replace(receipt, state=State.COMMITTED, error=None))
            elif receipt.uid in failed:
                changed.append(self._later(receipt, "not_committed", State.SCRUBBED))
        self.receipts.put(*changed)

    def _deliver(self, receipts: Sequence[Receipt]) -> None:
        open_ones = {receipt.name: receipt for receipt in receipts}
        items = self._readable(open_ones)
        if not items:
            return
        try:
            self._ask(open_ones, items)
            waiting = [item for item in items if item.name in open_ones]
            for name, receipt in open_ones.items():
                open_ones[name] = replace(receipt, state=State.SENDING)
            self.receipts.put(*open_ones.values())
            for item, error in self.peer.send(waiting):
                self._told(open_ones.pop(item.name), item, error)
                if self.stop.is_set():
                    return  # the others say `sending`: they are asked after the next time
        except UnreachableError as error:
            self.receipts.put(*(self._later(r, error.code) for r in open_ones.values()))

    def _ask(self, open_ones: dict[str, Receipt], items: Iterable[QueuedInstance]) -> None:
        """Ask after those that may have arrived; what has is not sent again."""
        doubtful = [item for item in items if open_ones[item.name].state is State.SENDING]
        there = self.peer.holds(doubtful) if doubtful else set()
        for item in doubtful:
            if item.instance.uid in there:
                self._told(open_ones.pop(item.name), item, None)

    def _told(self, receipt: Receipt, item: QueuedInstance, error: str | None) -> None:
        if error is not None:
            self.receipts.put(self._later(receipt, error, State.SENDING))
            return
        instance = item.instance
        self.receipts.put(
            replace(
                receipt,
                state=State.SENT,
                sop_class=instance.sop_class,
                uid=instance.uid,
                attempts=0,
                due=0.0,
                error=None,
            )
        )

    def _readable(self, open_ones: dict[str, Receipt]) -> list[QueuedInstance]:
        """Items of files that can be read; the others are tried again later."""
        items = []
        for receipt in list(open_ones.values()):
            try:
                instance = read_instance(self._source(receipt))
                items.append(QueuedInstance(receipt.name, instance))
            except (HeldError, OSError) as error:
                code = error.reason if isinstance(error, HeldError) else type(error).__name__
                self.receipts.put(self._later(receipt, code))
                del open_ones[receipt.name]
        return items

    def _source(self, receipt: Receipt) -> Source:
        """The file of the output folder that a receipt names.

        Raises:
            OSError: there is none, or it lies elsewhere.
            HeldError: OUTPUT_CHANGED, where it was changed after it had been proved.
        """
        if receipt.output is None or not Output(self.out).holds(receipt.output):
            raise FileNotFoundError
        if not self.is_proved(receipt.output):
            raise HeldError(Reason.OUTPUT_CHANGED)
        return source(self.out / receipt.output)

    def _ask_commitment(self, sent: Sequence[Receipt]) -> None:
        from pydicom.uid import generate_uid

        if not sent:
            return
        now, request = time.time(), str(generate_uid(prefix=None))
        asked = [replace(r, request=request, due=now + self.patience.commitment) for r in sent]
        self.receipts.put(*asked)
        try:
            references = [(r.sop_class or "", r.uid or "") for r in sent]
            self.commits = self.peer.ask_commitment(references, request, self.committed)
        except UnreachableError as error:
            still = (r for r in self.receipts.of_request(request) if r.state is State.SENT)
            self.receipts.put(*(self._later(r, error.code) for r in still))

    def _later(self, receipt: Receipt, error: str, state: State | None = None) -> Receipt:
        attempts = receipt.attempts + 1
        return replace(
            receipt,
            state=state or receipt.state,
            attempts=attempts,
            due=time.time() + self.patience.after(attempts),
            error=error,
        )
