"""Requests to one service, of which every answer is bounded and no credentials go elsewhere."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from pixelscrub.errors import PixelscrubError, UsageError
from pixelscrub.net.address import WebAddress, origin_of
from pixelscrub.net.limits import AnswerLimits, WebLimits
from pixelscrub.net.peer import UnreachableError
from pixelscrub.net.tls import Tls

if TYPE_CHECKING:
    import requests

TIMEOUT: Final = (10, 300)
"""Seconds to connect, and to wait for the next bytes of an answer."""
CHUNK: Final = 2**16
REDIRECTS: Final = (301, 302, 303, 307, 308)
SAYING: Final = (200, 202, 206, 409)
"""Statuses of which the answer is read."""
KEPT_METHOD: Final = (307, 308)
"""Redirects after which a request is made again as it was (RFC 9110 section 15.4)."""
CODINGS: Final = {"": False, "identity": False, "gzip": True, "x-gzip": True, "deflate": True}
"""Content codings that are taken, and whether they inflate; one, never several in a row."""
ANY_WRAPPER: Final = 32 + zlib.MAX_WBITS
"""zlib tells gzip from zlib by itself."""


class Service:
    """A DICOMweb service."""

    def __init__(self, address: WebAddress, tls: Tls, limits: WebLimits) -> None:
        """Make ready to ask; without credentials, names and passwords come from ~/.netrc.

        Raises:
            UsageError: a certificate cannot be loaded.
        """
        import requests

        tls.client()
        self._address, self._limits = address, limits
        self._session = requests.Session()
        self._verify = str(tls.ca) if tls.ca else True
        self._cert = (str(tls.cert), str(tls.key)) if tls.cert else None

    def json(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Status, and what the answer says; None where it says nothing or is that of an error.

        Raises:
            UnreachableError: there is no answer, or none that can be read.
        """
        with self.answer(method, path, **options) as answer:
            if answer.status_code not in SAYING:
                return answer.status_code, None
            body = b"".join(content_of(answer, self._limits.told))
            return answer.status_code, json.loads(body) if body.strip() else None

    @contextmanager
    def answer(self, method: str, path: str, **options: Any) -> Iterator[requests.Response]:
        """The answer to a request, of which nothing but the head is read yet.

        Args:
            method: GET or POST.
            path: below the service's root.
            options: headers, data and parameters, as `requests` takes them.

        Raises:
            UnreachableError: there is none, or it breaks off while it is read.
        """
        with _reduced():
            answer = self._follow(method, f"{self._address.url}{path}", options)
            try:
                yield answer
            finally:
                answer.close()

    def _follow(self, method: str, url: str, options: Mapping[str, Any]) -> requests.Response:
        ours = origin_of(self._address.url)
        for _ in range(self._limits.redirects + 1):
            answer = self._ask(method, url, dict(options), origin_of(url) == ours)
            target = answer.headers.get("Location", "")
            if answer.status_code not in REDIRECTS or not target:
                return answer
            answer.close()
            if method != "GET" and answer.status_code not in KEPT_METHOD:
                raise UnreachableError(f"http_{answer.status_code}")
            url, options = urljoin(url, target), _without_parameters(options)
            if _origin(url) not in (ours, *self._address.redirects):
                raise UnreachableError("redirect_to_another_origin")
        raise UnreachableError("too_many_redirects")

    def _ask(
        self, method: str, url: str, options: dict[str, Any], is_ours: bool
    ) -> requests.Response:
        headers = {"Accept-Encoding": "gzip, deflate"} | options.pop("headers", {})
        credentials = self._address.credentials
        auth: Any = None
        if credentials is not None and is_ours:
            auth = (credentials.user.encode(), credentials.password.encode())
            if credentials.token:
                auth = _bearer(credentials.token)
        elif not is_ours:
            auth = _nothing  # nor what ~/.netrc says of that host
        return self._session.request(
            method,
            url,
            headers=headers,
            auth=auth,
            stream=True,
            allow_redirects=False,
            timeout=TIMEOUT,
            verify=self._verify,
            cert=self._cert if is_ours else None,
            **options,
        )


def content_of(
    answer: requests.Response,
    limits: AnswerLimits,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[bytes]:
    """The content of an answer, inflated, in pieces of bounded size.

    Raises:
        UnreachableError: `too_large`, `too_slow`, or a coding that was not asked for.
    """
    coding = answer.headers.get("Content-Encoding", "").strip().lower()
    if coding not in CODINGS:
        raise UnreachableError("unknown_coding")
    announced = answer.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > limits.coded_bytes:
        raise UnreachableError("too_large")
    coded = _coded(answer, limits, clock)
    if not CODINGS[coding]:
        yield from coded
        return
    yield from _inflated(coded, limits)


def _coded(
    answer: requests.Response, limits: AnswerLimits, clock: Callable[[], float]
) -> Iterator[bytes]:
    """What comes over the network."""
    began, size = clock(), 0
    for chunk in answer.raw.stream(CHUNK, decode_content=False):
        size += len(chunk)
        if size > limits.coded_bytes:
            raise UnreachableError("too_large")
        seconds = clock() - began
        if seconds > limits.patience and size < seconds * limits.bytes_per_second:
            raise UnreachableError("too_slow")
        yield chunk


def _inflated(coded: Iterator[bytes], limits: AnswerLimits) -> Iterator[bytes]:
    inflater = zlib.decompressobj(ANY_WRAPPER)
    read = made = 0
    for chunk in coded:
        read += len(chunk)
        waiting = chunk
        while waiting and not inflater.eof:
            piece = inflater.decompress(waiting, CHUNK)
            waiting = inflater.unconsumed_tail
            made += len(piece)
            is_bomb = made > limits.ratio_from and made > read * limits.ratio
            if is_bomb or made > limits.content_bytes:
                raise UnreachableError("too_large")
            yield piece
    rest = inflater.flush()
    if read and not inflater.eof:
        raise UnreachableError("incomplete")
    yield rest


def _origin(url: str) -> str:
    try:
        return origin_of(url)
    except UsageError:
        return ""


def _without_parameters(options: Mapping[str, Any]) -> dict[str, Any]:
    """A place that a service redirects to holds the parameters already."""
    return {name: value for name, value in options.items() if name != "params"}


def _bearer(token: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return sign


def _nothing(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


@contextmanager
def _reduced() -> Iterator[None]:
    """Reduce what a service or the network did wrong to a code: messages quote addresses."""
    import requests
    from urllib3.exceptions import ProtocolError

    try:
        yield
    except (UnreachableError, PixelscrubError):
        raise
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        raise UnreachableError(f"http_{status}") from None
    except ProtocolError:  # as `requests` calls it where it reads an answer itself
        raise UnreachableError("ChunkedEncodingError") from None
    except Exception as error:
        raise UnreachableError(type(error).__name__) from None
