"""TLS of both ends: certificates are loaded at the start, or the gateway does not start.

TLS 1.2 and above, as the BCP 195 profiles of PS3.15 Annex B ask for.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from pixelscrub.errors import UsageError


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM format.

    Attributes:
        cert: our certificate, with its chain.
        key: its private key, not encrypted.
        ca: certificates that peers' are checked against. As a server we then take none without
            one; as a client we otherwise check against those of the system.
    """

    cert: Path | None = None
    key: Path | None = None
    ca: Path | None = None

    def __post_init__(self) -> None:
        """Refuse half of a pair.

        Raises:
            UsageError: a certificate without its key, or a key without its certificate.
        """
        if (self.cert is None) != (self.key is None):
            raise UsageError("TLS needs a certificate and its key, both")

    def server(self) -> ssl.SSLContext | None:
        """What we serve with; None where no certificate is named.

        Raises:
            UsageError: a file cannot be loaded, or a CA is named and no certificate.
        """
        if self.cert is None:
            if self.ca is not None:
                raise UsageError("TLS needs a certificate and its key, not a CA alone")
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._load(context)
        if self.ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client(self) -> ssl.SSLContext:
        """What we call others with; their certificate and host name are checked.

        Raises:
            UsageError: a file cannot be loaded.
        """
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._load(context)
        return context

    def _load(self, context: ssl.SSLContext) -> None:
        try:
            if self.cert is not None:
                context.load_cert_chain(self.cert, self.key, password="")
            if self.ca is not None:
                context.load_verify_locations(self.ca)
        except (OSError, ValueError) as error:
            name = type(error).__name__
            raise UsageError(f"TLS certificate, key or CA cannot be loaded ({name})") from None
