"""Seals of what a run wrote down: whoever changes a record without the key breaks its seal."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Final

from pixelscrub.untrusted import open_regular

PURPOSE: Final = b"pixelscrub journal"
"""Keeps seals apart from everything else that the key is used for."""


class Seal:
    """Seals records with a key made from the run's."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, PURPOSE, "sha256")

    def of(self, kind: str, *parts: object) -> str:
        """The seal of a record: an HMAC over its kind and all its parts, each with its type."""
        text = json.dumps([kind, *parts], default=repr)
        return hmac.digest(self._key, text.encode(), "sha256").hex()

    def is_of(self, seal: object, kind: str, *parts: object) -> bool:
        """Whether a seal is that of a record."""
        return isinstance(seal, str) and hmac.compare_digest(
            seal.encode("utf-8", "replace"), self.of(kind, *parts).encode()
        )


def content_of(path: Path) -> str:
    """The SHA-256 of a regular file.

    Raises:
        OSError: it cannot be read, or is a link or something else.
    """
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
