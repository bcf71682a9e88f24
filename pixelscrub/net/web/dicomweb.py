"""DICOMweb: send by STOW-RS, ask by QIDO-RS, fetch by WADO-RS (PS3.18)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from pixelscrub.errors import Reason, guarded
from pixelscrub.net.address import WebAddress
from pixelscrub.net.limits import WebLimits
from pixelscrub.net.peer import QueuedInstance, Report, Result, UnreachableError
from pixelscrub.net.tls import Tls
from pixelscrub.net.web.http import Service, content_of
from pixelscrub.net.web.multipart import pieces

BATCH_BYTES: Final = 32 * 2**20
"""Bytes of one request; an instance that is larger travels alone."""
LEAST_BYTES: Final = 132
"""Preamble and prefix of a file (PS3.10 section 7.1); what is shorter is none."""
JSON: Final = {"Accept": "application/dicom+json, application/json"}
ANY_SYNTAX: Final = {
    "Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*',
}
STUDY, INSTANCE, REFERENCED_INSTANCE = "0020000D", "00080018", "00081155"
REFERENCED, FAILED, FAILURE = "00081199", "00081198", "00081197"
STOW_ANSWERS: Final = (200, 202, 409)
"""Statuses of an answer that names instances (PS3.18 table 10.5.3-1)."""


class WebPeer:
    """A DICOMweb service at an address."""

    def __init__(
        self,
        address: WebAddress,
        tls: Tls,
        limits: WebLimits = WebLimits(),  # noqa: B008 (frozen)
    ) -> None:
        """Make ready to call.

        Raises:
            UsageError: a certificate cannot be loaded.
        """
        self._limits = limits
        self._service = Service(address, tls, limits)

    def send(self, items: Sequence[QueuedInstance]) -> Iterator[Result]:
        """STOW-RS, in requests of bounded size."""
        for batch in _batches(items):
            errors = self._post(batch)
            for item in batch:
                yield item, errors[item.instance.uid]

    def holds(self, items: Sequence[QueuedInstance]) -> set[str]:
        """QIDO-RS for the instances of each study."""
        found: set[str] = set()
        for study in {item.instance.study for item in items}:
            found |= set(_values(self._search(_instances(study), {}), INSTANCE))
        return found

    def ask_commitment(
        self, references: Iterable[tuple[str, str]], request: str, report: Report
    ) -> bool:
        """DICOMweb has none: an instance that the service names as stored is stored."""
        del references, request, report
        return False

    def studies(self, query: Mapping[str, str]) -> list[tuple[str, int]]:
        """Study Instance UID and number of instances of each study that matches."""
        uids = _values(self._search("/studies", query), STUDY)
        return [(str(uid), len(self._search(_instances(str(uid)), {}))) for uid in uids]

    def retrieve(self, study: str, new_file: Callable[[], Path]) -> Iterator[Path]:
        """WADO-RS: the instances of a study as files, in the transfer syntax they are stored in.

        Args:
            study: its Study Instance UID.
            new_file: names files, which are made as the instances come.

        Yields:
            Files that are whole.

        Raises:
            UnreachableError: the answer breaks off or goes beyond the limits; no file that is not
                whole is left.
            HeldError: WRITE_FAILED.
        """
        path = f"/studies/{quote(study, safe='')}"
        with self._service.answer("GET", path, headers=ANY_SYNTAX) as answer:
            answer.raise_for_status()
            kind = answer.headers.get("Content-Type", "")
            content = content_of(answer, self._limits.images)
            yield from _saved(pieces(kind, content, self._limits.parts), new_file)

    def _search(self, path: str, query: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """All results of a search, page by page (PS3.18 section 8.3.4.4)."""
        found: list[Mapping[str, Any]] = []
        before: list[Mapping[str, Any]] = []
        while True:
            pages = {"limit": str(self._limits.page), "offset": str(len(found))}
            status, told = self._service.json("GET", path, headers=JSON, params={**query, **pages})
            if status >= 300:
                raise UnreachableError(f"http_{status}")
            page = _results(told)
            if not page or page == before:  # a service that knows no pages gives all again
                return found
            found, before = found + page, page
            if len(found) > self._limits.results:
                raise UnreachableError("too_many_results")

    def _post(self, batch: Sequence[QueuedInstance]) -> dict[str, str | None]:
        boundary = secrets.token_hex(24)
        kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
        status, told = self._service.json(
            "POST",
            "/studies",
            data=_multipart([item.path.read_bytes() for item in batch], boundary),
            headers={"Content-Type": kind, "Accept": "application/dicom+json"},
        )
        return _answers(status, told, [item.instance.uid for item in batch])


def _instances(study: str) -> str:
    return f"/studies/{quote(study, safe='')}/instances"


def _results(told: Any) -> list[Mapping[str, Any]]:
    """Data sets in JSON; some services give one alone instead of a list of them."""
    results = [told] if isinstance(told, dict) else told or []
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        raise UnreachableError("no_dicom_json")
    return results


def _saved(parts: Iterator[bytes | None], new_file: Callable[[], Path]) -> Iterator[Path]:
    """Write each part into a file that nobody else can read; a part that breaks off is removed."""
    while (path := _save_next(parts, new_file)) is not None:
        yield path


def _save_next(parts: Iterator[bytes | None], new_file: Callable[[], Path]) -> Path | None:
    try:
        piece = next(parts)
    except StopIteration:
        return None
    path = new_file()
    try:
        with guarded(Reason.WRITE_FAILED):
            file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        with file:
            while piece is not None:
                with guarded(Reason.WRITE_FAILED):
                    file.write(piece)
                piece = next(parts)
        _check_size(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _check_size(path: Path) -> None:
    if path.stat().st_size < LEAST_BYTES:
        raise UnreachableError("no_instance")


def _answers(status: int, body: Any, uids: Sequence[str]) -> dict[str, str | None]:
    """For each instance None where the service names it as stored (PS3.18 table 10.5.3-1)."""
    if status not in STOW_ANSWERS:
        return dict.fromkeys(uids, f"http_{status}")
    told: Mapping[str, Any] = (_results(body) or [{}])[0]
    errors: dict[str, str | None] = dict.fromkeys(uids, "not_named")
    for failed in told.get(FAILED, {}).get("Value", []):
        for uid in _values([failed], REFERENCED_INSTANCE):
            errors[uid] = "status_" + "".join(f"{v:04x}" for v in _values([failed], FAILURE))
    for uid in _values(told.get(REFERENCED, {}).get("Value", []), REFERENCED_INSTANCE):
        errors[uid] = None
    return errors


def _values(items: Iterable[Mapping[str, Any]], tag: str) -> list[Any]:
    return [value for item in items for value in item.get(tag, {}).get("Value", [])]


def _batches(items: Sequence[QueuedInstance]) -> Iterator[list[QueuedInstance]]:
    batch: list[QueuedInstance] = []
    size = 0
    for item in items:
        if batch and size + item.instance.source.size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item.instance.source.size
    if batch:
        yield batch


def _multipart(parts: Sequence[bytes], boundary: str) -> bytes:
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    return b"".join(head + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
