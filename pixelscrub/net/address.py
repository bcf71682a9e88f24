"""Where instances are sent to or fetched from, as a user writes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from pixelscrub.errors import UsageError
from pixelscrub.net.credentials import Credentials

TITLE: Final = re.compile(r"[!-\[\]-~](?:[ -\[\]-~]{0,14}[!-\[\]-~])?")
"""An AE title: 1 to 16 printable ASCII characters without backslash (PS3.5 section 6.2)."""
DICOM: Final = re.compile(
    r"(?:(?P<scheme>dicoms?)://)?(?P<title>[^@/]+)@(?P<host>[^@/:]+|\[[0-9A-Fa-f:]+\]):(?P<port>\d+)"
)
PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class DicomAddress:
    """An application entity that takes C-STORE.

    Attributes:
        title: its AE title.
        host: name or IP address.
        port: TCP port.
        secure: whether it speaks TLS.
    """

    title: str
    host: str
    port: int
    secure: bool = False


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A DICOMweb service.

    Attributes:
        url: its root, `https://host/dicom-web`.
        credentials: what it knows us by; by default what ~/.netrc says.
        redirects: origins beside its own to which it may redirect.
    """

    url: str
    credentials: Credentials | None = field(default=None, repr=False)
    redirects: tuple[str, ...] = field(default=(), repr=False)


def parse(text: str, credentials: Credentials | None = None) -> DicomAddress | WebAddress:
    """Read `TITLE@host:port`, `dicoms://TITLE@host:port` (TLS) or `http[s]://...` (DICOMweb).

    Args:
        text: the address.
        credentials: for a DICOMweb service.

    Raises:
        UsageError: it is none of these.
    """
    if text.startswith(("http://", "https://")):
        return web(text, credentials)
    match = DICOM.fullmatch(text)
    if match is None:
        raise UsageError(
            "destination must be TITLE@host:port, dicoms://TITLE@host:port or an http(s) address"
        )
    return DicomAddress(
        title=title(match["title"]),
        host=match["host"].strip("[]"),
        port=port(int(match["port"])),
        secure=match["scheme"] == "dicoms",
    )


def web(
    text: str, credentials: Credentials | None = None, redirects: Sequence[str] = ()
) -> WebAddress:
    """The address of a DICOMweb service.

    Args:
        text: its root.
        credentials: what it knows us by.
        redirects: origins, `https://host[:port]`, to which it may redirect.

    Raises:
        UsageError: it is not an http(s) address, or holds a password or a query, which other
            users of the machine could read; those belong into a file or ~/.netrc.
    """
    origin_of(text)
    parts = urlsplit(text)
    if parts.username or parts.password:
        raise UsageError("name and password of a DICOMweb service belong into ~/.netrc or a file")
    if parts.query or parts.fragment:
        raise UsageError("the root of a DICOMweb service has no ? and no #")
    return WebAddress(text.rstrip("/"), credentials, tuple(map(origin_of, redirects)))


def origin_of(text: str) -> str:
    """Scheme, host and port of an http(s) address (RFC 6454), the port always named.

    Raises:
        UsageError: it is none.
    """
    try:
        parts = urlsplit(text)
        usable = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError("a DICOMweb service is named as http(s)://host[:port]/path")
    return f"{parts.scheme}://{parts.hostname}:{parts.port or PORTS[parts.scheme]}"


def title(text: str) -> str:
    """An AE title, without the spaces around it.

    Raises:
        UsageError: it is not one.
    """
    if TITLE.fullmatch(text.strip(" ")) is None:
        raise UsageError("an AE title has 1 to 16 printable characters and no backslash")
    return text.strip(" ")


def port(number: int) -> int:
    """A TCP port.

    Raises:
        UsageError: it is not one.
    """
    if not 0 < number < 65536:
        raise UsageError("a port is a number from 1 to 65535")
    return number
