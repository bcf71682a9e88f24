"""Name and password, or a token, for a DICOMweb service: of a file or the environment.

Never of the command line: every user of the machine may read that.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pixelscrub.errors import UsageError

USER: Final = "PIXELSCRUB_WEB_USER"
PASSWORD: Final = "PIXELSCRUB_WEB_PASSWORD"  # noqa: S105 (the name of a variable)
TOKEN: Final = "PIXELSCRUB_WEB_TOKEN"  # noqa: S105
LARGEST: Final = 2**16
"""Bytes of a file of credentials."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a service knows us by; never printed.

    Attributes:
        user, password: for HTTP Basic authentication (RFC 7617).
        token: for Bearer authentication (RFC 6750), instead of these.
    """

    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Refuse half of them, and what cannot stand in a header field.

        Raises:
            UsageError: neither a token nor a user with a password, or both; a control character.
        """
        if bool(self.token) == bool(self.user and self.password):
            raise UsageError("credentials are a user with a password, or a token")
        if any(ord(letter) < 32 for letter in self.user + self.password + self.token):
            raise UsageError("credentials hold a control character")


def load(
    file: Path | None, environment: MutableMapping[str, str] = os.environ
) -> Credentials | None:
    """Credentials of a file or, without one, of the environment; None where there are none.

    Args:
        file: TOML with `user` and `password`, or `token`; readable by its owner alone.
        environment: `PIXELSCRUB_WEB_USER` and `PIXELSCRUB_WEB_PASSWORD`, or
            `PIXELSCRUB_WEB_TOKEN`. They are taken out of it, so that no worker inherits them.

    Returns:
        Credentials; None means that ~/.netrc is asked for each host.

    Raises:
        UsageError: the file cannot be read, is open to others, or holds something else.
    """
    names = {"user": USER, "password": PASSWORD, "token": TOKEN}
    told: Mapping[str, object] = {
        key: environment.pop(name) for key, name in names.items() if name in environment
    }
    if file is not None:
        told = _read(file)
    elif not told:
        return None
    if set(told) - set(names) or not all(isinstance(value, str) for value in told.values()):
        raise UsageError("credentials are `user` and `password`, or `token`, each a text")
    return Credentials(**told)  # type: ignore[arg-type]


def _read(file: Path) -> dict[str, object]:
    try:
        with file.open("rb") as opened:
            status = os.fstat(opened.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o077:
                raise UsageError("credentials are open to others; close them with chmod 600")
            return tomllib.loads(opened.read(LARGEST).decode())
    except (OSError, ValueError) as error:
        raise UsageError(f"credentials cannot be read ({type(error).__name__})") from None
