"""Results of commands as files."""

from __future__ import annotations

from pathlib import Path

from pixelscrub.errors import UsageError
from pixelscrub.untrusted import reserve


def write_text(path: Path, text: str) -> None:
    """Write a result where the user asked for it; a new file is for its owner alone.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        place = path if path.exists() else reserve(path)  # it may name originals
        place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"result cannot be written ({type(error).__name__})") from None
