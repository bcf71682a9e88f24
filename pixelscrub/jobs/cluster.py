"""A Dask cluster, if nobody else on the network can take part in it.

Tasks carry the key and values of headers, and whoever reaches a scheduler or a worker without TLS
has it run what he likes.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from pixelscrub.errors import MissingComponentError, UsageError

PATIENCE: Final = "30s"
"""How long a scheduler may take to answer."""
INSECURE: Final = "insecure+"
"""What stands before an address without TLS that others may reach."""
WITHIN: Final = "inproc"
"""The scheme of a cluster inside this process."""
REFUSED: Final = (
    "a Dask cluster without TLS that others can reach is refused: use tls://, or"
    " insecure+tcp:// in a network that is closed"
)


def connect(address: str) -> Any:
    """A `distributed.Client` of a cluster that has at least one worker.

    Args:
        address: `tls://host:port`, with the certificates that Dask is configured for; `tcp://` on
            this machine; `insecure+tcp://` elsewhere.

    Raises:
        MissingComponentError: Dask is not installed.
        UsageError: no cluster answers, or others can reach it.
    """
    may_be_reached = address.startswith(INSECURE)
    address = address.removeprefix(INSECURE)
    if not may_be_reached:
        require_closed([address])
    try:
        from distributed import Client
    except ImportError:
        install = "install it with: pip install 'pixelscrub[cluster]'"
        raise MissingComponentError("dask", install) from None
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        raise _nobody(error) from None
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
        if not may_be_reached:
            told = client.scheduler_info(n_workers=-1)
            require_closed([told["address"], *told["workers"]])
    except (OSError, TimeoutError, ValueError) as error:
        client.close()
        raise _nobody(error) from None
    except UsageError:
        client.close()
        raise
    return client


def require_closed(addresses: Iterable[str]) -> None:
    """Make sure that each address has TLS or is of this machine alone.

    Raises:
        UsageError: one has not and is not.
    """
    if not all(map(_is_closed, addresses)):
        raise UsageError(REFUSED)


def _is_closed(address: str) -> bool:
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme in ("tls", WITHIN) or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _nobody(error: Exception) -> UsageError:
    return UsageError(f"no Dask cluster answers ({type(error).__name__})")
