"""`fetch`: instances from a DICOMweb service, into a folder or straight through scrub."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pixelscrub.compat.quiet import hush
from pixelscrub.errors import HeldError, NothingUsableError, UsageError
from pixelscrub.net import extra
from pixelscrub.net.address import WebAddress
from pixelscrub.net.gateway.service import ScrubService, open_service
from pixelscrub.net.peer import UnreachableError
from pixelscrub.net.tls import Tls
from pixelscrub.net.web.dicomweb import WebPeer
from pixelscrub.outcome import Summary
from pixelscrub.recipe import Recipe


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
        broken: studies that broke off, by the code of what went wrong.
    """

    instances: int = 0
    missing: int = 0
    broken: Counter[str] = field(default_factory=Counter)

    @property
    def exit_code(self) -> int:
        """0 all came, 2 something is missing, 3 nothing came."""
        if not self.instances:
            return 3
        return 2 if self.missing or self.broken else 0


@dataclass(slots=True)
class _Coming:
    """One study on its way: its instances as files; then, whether it is whole."""

    peer: WebPeer
    uid: str
    announced: int
    fetched: Fetched
    is_whole: bool = False

    def save(self, new_file: Callable[[], Path]) -> Iterator[Path]:
        """Files that came whole, each as soon as it has."""
        came = 0
        try:
            for file in self.peer.retrieve(self.uid, new_file):
                came += 1
                yield file
            self.is_whole = came >= self.announced
        except UnreachableError as error:
            self.fetched.broken[error.code] += 1
        self.fetched.missing += max(0, self.announced - came)


def fetch(query: Query, folder: Path) -> Fetched:
    """Fetch originals into a new folder that nobody else can read, one file an instance.

    Each study gets a folder of its own, which is called incomplete until all of it is there.

    Raises:
        UsageError: the folder cannot be made or is not empty; the service cannot be reached.
        NothingUsableError: no study matches.
        MissingComponentError: the extra `net` is not installed.
    """
    fetched = Fetched()
    studies = _retrieve(query, fetched)
    _make_new(folder)
    for number, study in enumerate(studies, 1):
        place = folder / f"{number:04d}-incomplete"
        place.mkdir(mode=0o700)
        names = (place / f"{count:06d}.dcm" for count in itertools.count(1))
        for _ in study.save(partial(next, names)):
            fetched.instances += 1
        if study.is_whole:
            place.rename(folder / f"{number:04d}")
    return fetched


def _make_new(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        is_used = any(folder.iterdir())
    except OSError as error:
        raise UsageError(f"folder cannot be used ({type(error).__name__})") from None
    if is_used:
        raise UsageError("folder holds other files; name a new one")


def scrub_fetched(
    query: Query,
    out: Path,
    *,
    recipe: Recipe,
    private: Path,
    key: Path | None = None,
    workers: int | None = None,
) -> tuple[Summary, Fetched]:
    """Fetch originals into the private folder's spool and scrub the studies that came whole.

    What was fetched before and has not changed is not scrubbed again. A study that broke off
    waits in the spool until a further fetch has completed it: what identifies, and whether there
    is a face, is known from all of a study only.

    Returns:
        Counts over all that is in the spool, and what came this time.

    Raises:
        UsageError: a folder or the key cannot be used; the service cannot be reached.
        NothingUsableError: no study matches.
        MissingComponentError: the extra `net` is not installed.
    """
    fetched = Fetched()
    studies = _retrieve(query, fetched)
    with open_service(recipe, out, private, key, workers) as station:
        for study in studies:
            files = study.save(station.spool.new_file)
            names = {_take(station, file, fetched) for file in files}
            if study.is_whole:
                for name in filter(None, names):
                    station.scrub(name)
        return station.record(), fetched


def _take(station: ScrubService, file: Path, fetched: Fetched) -> str | None:
    """Take over one file; gives the name of its study, None where it cannot be read."""
    try:
        receipt = station.spool.take(file, sender="dicomweb")
    except HeldError:
        file.unlink(missing_ok=True)
        fetched.missing += 1
        return None
    fetched.instances += 1
    return receipt.study


def _retrieve(query: Query, fetched: Fetched) -> Iterator[_Coming]:
    """The studies that match; the search is made at once, so that errors come first."""
    extra.require()
    hush()
    peer = WebPeer(query.address, query.tls)
    try:
        studies = peer.studies(query.matching)
    except UnreachableError as error:
        raise UsageError(f"the DICOMweb service cannot be used ({error.code})") from None
    if not studies:
        raise NothingUsableError("no study matches")
    return (_Coming(peer, uid, announced, fetched) for uid, announced in studies)
