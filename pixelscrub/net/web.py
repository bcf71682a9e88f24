"""DICOMweb: send by STOW-RS, ask by QIDO-RS, fetch by WADO-RS (PS3.18)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from pixelscrub.net.address import WebAddress
from pixelscrub.net.multipart import bodies
from pixelscrub.net.peer import QueuedInstance, Report, Result, UnreachableError
from pixelscrub.net.tls import Tls

if TYPE_CHECKING:
    import requests
    from dicomweb_client.web import DICOMwebClient

BATCH_BYTES: Final = 32 * 2**20
"""Bytes of one request; an instance that is larger travels alone."""
TIMEOUT: Final = (10, 300)
"""Seconds to connect, and to wait for the next bytes of an answer."""
CHUNK: Final = 2**16
ANY_SYNTAX: Final = {
    "Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*',
}
STUDY, INSTANCE, REFERENCED_INSTANCE = "0020000D", "00080018", "00081155"
REFERENCED, FAILED, FAILURE = "00081199", "00081198", "00081197"


class WebPeer:
    """A DICOMweb service at an address."""

    def __init__(self, address: WebAddress, tls: Tls) -> None:
        """Make ready to call; names and passwords come from ~/.netrc.

        Raises:
            UsageError: a certificate cannot be loaded.
        """
        import requests

        tls.client()
        self._url = address.url
        self._session = requests.Session()
        self._session.verify = str(tls.ca) if tls.ca else True
        self._session.cert = (str(tls.cert), str(tls.key)) if tls.cert else None

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
            with _reduced():
                answers = self._client().search_for_instances(study, get_remaining=True)
            found |= set(_values(answers, INSTANCE))
        return found

    def ask_commitment(
        self, references: Iterable[tuple[str, str]], request: str, report: Report
    ) -> bool:
        """DICOMweb has none: an instance that the service names as stored is stored."""
        del references, request, report
        return False

    def studies(self, query: Mapping[str, str]) -> list[tuple[str, int]]:
        """Study Instance UID and number of instances of each study that matches."""
        with _reduced():
            client = self._client()
            found = client.search_for_studies(search_filters=dict(query), get_remaining=True)
            uids = _values(found, STUDY)
            return [
                (uid, len(client.search_for_instances(uid, get_remaining=True))) for uid in uids
            ]

    def retrieve(self, study: str) -> Iterator[bytes]:
        """WADO-RS: the instances of a study as files, in the transfer syntax they are stored in.

        Raises:
            UnreachableError: the answer breaks off; every instance that was given is whole.
        """
        url = f"{self._url}/studies/{quote(study, safe='')}"
        with (
            _reduced(),
            self._session.get(url, headers=ANY_SYNTAX, stream=True, timeout=TIMEOUT) as answer,
        ):
            answer.raise_for_status()
            kind = answer.headers.get("Content-Type", "")
            yield from bodies(kind, answer.iter_content(CHUNK))

    def _client(self) -> DICOMwebClient:
        from dicomweb_client.web import DICOMwebClient

        client = DICOMwebClient(self._url, session=self._session, timeout=TIMEOUT)
        client.set_http_retry_params(retry=False)
        return client

    def _post(self, batch: Sequence[QueuedInstance]) -> dict[str, str | None]:
        boundary = secrets.token_hex(24)
        kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
        with _reduced():
            response = self._session.post(
                f"{self._url}/studies",
                data=_multipart([item.path.read_bytes() for item in batch], boundary),
                headers={"Content-Type": kind, "Accept": "application/dicom+json"},
                timeout=TIMEOUT,
            )
            return _answers(response, [item.instance.uid for item in batch])


def _answers(response: requests.Response, uids: Sequence[str]) -> dict[str, str | None]:
    """For each instance None where the service names it as stored (PS3.18 table 10.5.3-1)."""
    if response.status_code not in (200, 202, 409):
        return dict.fromkeys(uids, f"http_{response.status_code}")
    body = response.json()
    told: dict[str, Any] = body[0] if isinstance(body, list) else body
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


@contextmanager
def _reduced() -> Iterator[None]:
    """Reduce what a service or the network did wrong to a code: messages quote addresses."""
    import requests

    try:
        yield
    except UnreachableError:
        raise
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        raise UnreachableError(f"http_{status}") from None
    except Exception as error:
        raise UnreachableError(type(error).__name__) from None
