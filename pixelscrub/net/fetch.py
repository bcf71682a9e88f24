"""`fetch`: instances from a DICOMweb service, into a folder or straight through scrub."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pixelscrub.errors import HeldError, NothingUsableError, Reason, UsageError, guarded
from pixelscrub.net import extra
from pixelscrub.net.address import WebAddress
from pixelscrub.net.peer import UnreachableError
from pixelscrub.net.station import Station, open_station
from pixelscrub.net.tls import Tls
from pixelscrub.net.web import WebPeer
from pixelscrub.outcome import Summary
from pixelscrub.quiet import hush
from pixelscrub.recipe import Recipe

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Query:
    """What to fetch, and from where.

    Attributes:
        address: the service.
        matching: keyword and value of each attribute that studies have to match.
        tls: certificates.
    """

    address: WebAddress
    matching: Mapping[str, str]
    tls: Tls = Tls()  # noqa: RUF009 (frozen)


@dataclass(slots=True)
class Fetched:
    """What came.

    Attributes:
        instances: number that arrived whole.
        missing: number that the service announced, and that did not arrive or cannot be read.
    """

    instances: int = 0
    missing: int = 0


def fetch(query: Query, folder: Path) -> Fetched:
    """Fetch originals into a new folder that nobody else can read, one file an instance.

    Raises:
        UsageError: the folder cannot be made or is not empty; the service cannot be reached.
        NothingUsableError: no study matches.
        MissingComponentError: the extra `net` is not installed.
    """
    fetched = Fetched()
    studies = _retrieve(query, fetched)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        is_used = any(folder.iterdir())
    except OSError as error:
        raise UsageError(f"folder cannot be used ({type(error).__name__})") from None
    if is_used:
        raise UsageError("folder holds other files; name a new one")
    for number, instances in enumerate(studies, 1):
        (folder / f"{number:04d}").mkdir(mode=0o700)
        for count, dataset in enumerate(instances, 1):
            _write(dataset, folder / f"{number:04d}" / f"{count:06d}.dcm")
            fetched.instances += 1
    return fetched


def scrub_fetched(
    query: Query,
    out: Path,
    *,
    recipe: Recipe,
    private: Path,
    key: Path | None = None,
    workers: int | None = None,
) -> tuple[Summary, Fetched]:
    """Fetch originals into the private folder's spool and scrub them.

    What was fetched before and has not changed is not scrubbed again.

    Returns:
        Counts over all that is in the spool, and what came this time.

    Raises:
        UsageError: a folder or the key cannot be used; the service cannot be reached.
        NothingUsableError: no study matches.
        MissingComponentError: the extra `net` is not installed.
    """
    fetched = Fetched()
    studies = _retrieve(query, fetched)
    with open_station(recipe, out, private, key, workers) as station:
        for instances in studies:
            for dataset in instances:
                _take(station, dataset, fetched)
            station.scrub_complete(quiet=0.0)
        return station.close(), fetched


def _take(station: Station, dataset: Dataset, fetched: Fetched) -> None:
    file = station.spool.new_file()
    try:
        _write(dataset, file)
        station.spool.take(file, sender="dicomweb")
        fetched.instances += 1
    except HeldError:
        file.unlink(missing_ok=True)
        fetched.missing += 1


def _retrieve(query: Query, fetched: Fetched) -> Iterator[Iterator[Dataset]]:
    """The instances of each study; the search is made at once, so that errors come first."""
    extra.require()
    hush()
    peer = WebPeer(query.address, query.tls)
    try:
        studies = peer.studies(query.matching)
    except UnreachableError as error:
        raise UsageError(f"the DICOMweb service cannot be used ({error.code})") from None
    if not studies:
        raise NothingUsableError("no study matches")
    return (_instances(peer, *study, fetched) for study in studies)


def _instances(peer: WebPeer, study: str, announced: int, fetched: Fetched) -> Iterator[Dataset]:
    """One study; where it breaks off, what did not come counts as missing."""
    came = 0
    try:
        for dataset in peer.retrieve(study):
            came += 1
            yield dataset
    except UnreachableError:
        pass
    fetched.missing += max(0, announced - came)


def _write(dataset: Dataset, path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file, guarded(Reason.WRITE_FAILED):
        dataset.save_as(file)
