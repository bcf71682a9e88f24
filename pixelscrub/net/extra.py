"""Whether the packages of the extra `net` are installed, and how they are set for this process."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from pixelscrub.errors import MissingComponentError

PACKAGES: Final = ("pynetdicom", "requests")
INSTALL: Final = "install it with: pip install 'pixelscrub[net]'"


def require() -> None:
    """Make sure that the extra is installed, and have it send and receive files as they lie.

    Data sets are streamed to and from files, so memory stays bounded and no byte is encoded anew.

    Raises:
        MissingComponentError: a package is not installed.
    """
    for name in PACKAGES:
        if find_spec(name) is None:
            raise MissingComponentError(name.replace("_", "-"), INSTALL)
    from pynetdicom import _config  # the documented place of its settings

    _config.STORE_SEND_CHUNKED_DATASET = True
    _config.STORE_RECV_CHUNKED_DATASET = True
    _config.LOG_HANDLER_LEVEL = "none"
