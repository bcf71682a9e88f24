"""Where instances are sent to or fetched from, as a user writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from pixelscrub.errors import UsageError

TITLE: Final = re.compile(r"[!-\[\]-~](?:[ -\[\]-~]{0,14}[!-\[\]-~])?")
"""An AE title: 1 to 16 printable ASCII characters without backslash (PS3.5 section 6.2)."""
DICOM: Final = re.compile(
    r"(?:(?P<scheme>dicoms?)://)?(?P<title>[^@/]+)@(?P<host>[^@/:]+|\[[0-9A-Fa-f:]+\]):(?P<port>\d+)"
)


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
    """The root of a DICOMweb service, `https://host/dicom-web`."""

    url: str


def parse(text: str) -> DicomAddress | WebAddress:
    """Read `TITLE@host:port`, `dicoms://TITLE@host:port` (TLS) or `http[s]://...` (DICOMweb).

    Raises:
        UsageError: it is none of these.
    """
    if text.startswith(("http://", "https://")):
        return web(text)
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


def web(text: str) -> WebAddress:
    """The address of a DICOMweb service.

    Raises:
        UsageError: it is not an http(s) address, or holds a password, which other users of the
            machine could read; that belongs into ~/.netrc.
    """
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError("a DICOMweb service is named as http(s)://host[:port]/path")
    if parts.username or parts.password:
        raise UsageError("name and password of a DICOMweb service belong into ~/.netrc")
    return WebAddress(text.rstrip("/"))


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
