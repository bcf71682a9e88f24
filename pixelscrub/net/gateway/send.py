"""`send`: what the journal says is clean goes to a peer, each instance once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pixelscrub.compat.quiet import hush
from pixelscrub.errors import NothingUsableError, UsageError
from pixelscrub.net import extra
from pixelscrub.net.address import DicomAddress, WebAddress
from pixelscrub.net.gateway.forwarder import Forwarder, Patience
from pixelscrub.net.gateway.receipts import Receipt, Receipts, State
from pixelscrub.net.gateway.receive import peer_at
from pixelscrub.net.tls import Tls
from pixelscrub.outcome import Outcome
from pixelscrub.store.journal import Journal
from pixelscrub.store.output import Output
from pixelscrub.store.private import Private

TRIES: Final = 4
PATIENCE: Final = Patience(first=2.0, longest=30.0)


def send(
    out: Path,
    to: DicomAddress | WebAddress,
    *,
    private: Path,
    key: Path | None = None,
    title: str = "PIXELSCRUB",
    tls: Tls = Tls(),  # noqa: B008 (frozen)
    patience: Patience = PATIENCE,
) -> dict[str, int]:
    """Send the clean instances of an output folder; what was sent there before stays sent.

    Args:
        out: the output folder.
        to: whom to send to.
        private: the private folder that goes with `out`; its journal says what is clean.
        key: file with the key of the run; by default the private folder's own.
        title: our AE title.
        tls: certificates.
        patience: between attempts, of which there are four.

    Returns:
        Number of instances by state: all are `sent` or `committed` where nothing went wrong. Files
        that were changed after they were proved stay `scrubbed`.

    Raises:
        UsageError: a folder, the key or a certificate cannot be used, or another process sends
            there.
        NothingUsableError: the journal names no clean instance that is in the folder.
        MissingComponentError: the extra `net` is not installed.
    """
    extra.require()
    hush()
    if not (private / "journal.sqlite").is_file():
        raise UsageError("no journal in the private folder, so nothing is known to be clean")
    folder = Private.open(private)
    peer = peer_at(to, title, tls)
    place = hashlib.sha256(repr(to).encode()).hexdigest()[:16]
    with (
        folder.locked(f"sent-{place}"),
        Receipts(folder.path / f"sent-{place}.sqlite") as receipts,
    ):
        proved = _proved(folder, key)
        place_of = Output(out)
        clean = [_receipt(out, name) for name in proved if place_of.holds(name)]
        if not clean:
            raise NothingUsableError("the journal names no clean instance in this folder")
        receipts.put(*(r for r in clean if receipts.get(r.name) is None))
        courier = Forwarder(
            receipts,
            out,
            peer,
            lambda name: place_of.has_content(name, proved.get(name)),
            patience,
        )
        for attempt in range(1, TRIES + 1):
            courier.work()
            if attempt == TRIES or not receipts.due(float("inf"), 1):
                break
            time.sleep(patience.after(attempt))
        return receipts.counts()


def is_all_sent(counts: Mapping[str, int]) -> bool:
    """Whether nothing is left to send."""
    return not set(counts) - {State.SENT, State.COMMITTED}


def _proved(private: Private, key: Path | None) -> dict[str, str | None]:
    """SHA-256 of what was proved, by the name of its output."""
    with Journal(private.journal, private.known_key(key)) as journal:
        journal.require_key()
        names = [line.output for line in journal.lines() if line.outcome is Outcome.CLEAN]
        return {name: journal.content(name) for name in names if name is not None}


def _receipt(out: Path, name: str) -> Receipt:
    """Another content under the same name is another instance to send."""
    digest = hashlib.sha256((out / name).read_bytes()).hexdigest()
    study = str(Path(name).parent.parent)
    return Receipt(f"{name} {digest}", study, digest, "", time.time(), State.SCRUBBED, output=name)
