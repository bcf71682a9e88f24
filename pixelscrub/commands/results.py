"""What commands make of their options, and where they write what they found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pixelscrub.errors import UsageError
from pixelscrub.untrusted import make_file

if TYPE_CHECKING:
    from pixelscrub.jobs.limits import Limits


def limits_of(timeout: float | None, memory: float | None) -> Limits:
    """Limits of `timeout` seconds and `memory` GB for one instance; defaults where None."""
    from pixelscrub.jobs.limits import Limits

    limits = Limits(memory=None if memory is None else int(memory * 1e9))
    return limits if timeout is None else replace(limits, seconds=timeout)


def write_result(path: Path, text: str) -> None:
    """Write a result to the file that a person named; a new one is for its owner alone.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        if path.exists():
            path.write_text(text, encoding="utf-8")
        else:
            with make_file(path) as file:  # it may name originals
                file.write(text.encode())
    except OSError as error:
        raise UsageError(f"result cannot be written ({type(error).__name__})") from None
