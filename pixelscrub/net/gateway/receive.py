"""`receive`: DICOM in, scrubbed, DICOM or DICOMweb out.

Three things go on side by side and meet in the receipts alone: the listener takes instances into
the spool, the main thread scrubs studies that are complete, the courier sends on what is clean.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pixelscrub.net import extra
from pixelscrub.net.address import DicomAddress, WebAddress
from pixelscrub.net.gateway.dimse import DimsePeer
from pixelscrub.net.gateway.forwarder import Forwarder, Patience
from pixelscrub.net.gateway.listen import Listener, ListenerConfig
from pixelscrub.net.gateway.service import ScrubService, open_service
from pixelscrub.net.peer import Peer
from pixelscrub.net.tls import Tls
from pixelscrub.net.web.dicomweb import WebPeer
from pixelscrub.outcome import Summary
from pixelscrub.recipe import Recipe

TICK: Final = 0.2
"""Seconds between looks for something to do."""

Told = Callable[[dict[str, int]], None]
"""Called with the number of receipts by state, when it has changed and at the end."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the gateway waits for what.

    Attributes:
        quiet: seconds without a new instance after which a study counts as complete.
        patience: between attempts to send.
    """

    quiet: float = 30.0
    patience: Patience = Patience()  # noqa: RUF009 (frozen)


def receive(  # noqa: PLR0913
    door: ListenerConfig,
    to: DicomAddress | WebAddress,
    out: Path,
    *,
    recipe: Recipe,
    private: Path,
    key: Path | None = None,
    workers: int | None = None,
    waits: Waits = Waits(),
    told: Told = lambda _: None,
    stop: threading.Event | None = None,
) -> Summary:
    """Run the gateway until it is told to stop, by Ctrl-C, by SIGTERM or by `stop`.

    It may be killed at any moment: started again with the same folders, it goes on.

    Args:
        door: how to listen.
        to: whom clean instances are sent on to.
        out: the output folder, where they stay as well.
        recipe: what is done with them.
        private: the private folder, with spool and receipts.
        key: file with the secret key; by default `key` in the private folder.
        workers: worker processes; by default one a core.
        waits: how long to wait for what.
        told: told how far the instances have come.
        stop: ends the gateway when it is set.

    Returns:
        Counts over all instances that were ever received here.

    Raises:
        UsageError: a folder, the key, a certificate or the address cannot be used.
        MissingComponentError: the extra `net` is not installed.
    """
    extra.require()
    stop = stop or threading.Event()
    with open_service(recipe, out, private, key, workers) as station:
        courier = _courier(station, door, to, out, waits.patience, stop)
        partner = to.title if isinstance(to, DicomAddress) else None
        listener = Listener(door, station.spool, courier.committed, partner)
        with _temporary_files_in(station.spool.incoming), _terminable(), _reduced_tracebacks():
            try:
                listener.start()
                with _sending(courier) as sending:
                    _work(station, listener, sending, waits.quiet, told)
            except KeyboardInterrupt:
                station.run.pool.stop()
            finally:
                listener.stop()
        told(station.receipts.counts())
        return station.record()


def peer_at(to: DicomAddress | WebAddress, title: str, tls: Tls) -> Peer:
    """Whoever is at an address.

    Args:
        to: the address.
        title: our AE title.
        tls: our certificate, and the CA that theirs is checked against.

    Raises:
        UsageError: a certificate cannot be loaded.
    """
    if isinstance(to, WebAddress):
        return WebPeer(to, tls)
    return DimsePeer(to, title, tls.client() if to.secure else None)


def _courier(
    station: ScrubService,
    door: ListenerConfig,
    to: DicomAddress | WebAddress,
    out: Path,
    patience: Patience,
    stop: threading.Event,
) -> Forwarder:
    peer = peer_at(to, door.title, door.tls)
    return Forwarder(station.receipts, out, peer, station.run.is_proved, patience, stop)


def _work(
    station: ScrubService,
    listener: Listener,
    sending: Future[None],
    quiet: float,
    told: Told,
) -> None:
    counts: dict[str, int] = {}
    while not (sending.done() or station.run.pool.is_stopped):
        station.scrub_complete(quiet, listener.busy())
        station.tell()
        listener.empty_when_idle()
        if (now := station.receipts.counts()) != counts:
            told(counts := now)
        wait([sending], TICK)
    if sending.done():
        sending.result()


@contextmanager
def _sending(courier: Forwarder) -> Iterator[Future[None]]:
    """Send in a thread of its own, which ends when the courier is stopped."""

    def run() -> None:
        while not courier.stop.wait(TICK):
            courier.work()

    with ThreadPoolExecutor(1) as thread:
        try:
            yield thread.submit(run)
        finally:
            courier.stop.set()


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the gateway as Ctrl-C does, where this is the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _reduced_tracebacks() -> Iterator[None]:
    """Have connections that die of an error say its type alone: messages quote what was sent."""

    def say(died: threading.ExceptHookArgs) -> None:
        sys.stderr.write(f"pixelscrub: a connection failed ({died.exc_type.__name__})\n")

    before, threading.excepthook = threading.excepthook, say
    try:
        yield
    finally:
        threading.excepthook = before


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Have pynetdicom receive into `folder`: it knows no other way, and data must stay private."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
