"""Results of commands as files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pixelscrub.errors import UsageError
from pixelscrub.untrusted import reserve


def write_text(path: Path, text: Iterable[str]) -> None:
    """Write a result, whole or in pieces, where the user asked for it.

    A new file is for its owner alone.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        place = path if path.exists() else reserve(path)  # it may name originals
        with place.open("w", encoding="utf-8") as file:
            file.writelines([text] if isinstance(text, str) else text)
    except OSError as error:
        raise UsageError(f"result cannot be written ({type(error).__name__})") from None
