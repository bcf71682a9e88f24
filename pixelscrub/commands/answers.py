"""Names from standard input, and what became of each as a line of JSON: `scrub --files-from -`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pixelscrub.errors import Reason, UsageError
from pixelscrub.outcome import AuditLine
from pixelscrub.store.journal import Journal


def read_names(source: str) -> list[Path]:
    """Paths, one a line, from a file or from standard input.

    Args:
        source: a file, or `-`.

    Raises:
        UsageError: the file cannot be read, or names nothing.
    """
    try:
        if source == "-":
            text = sys.stdin.read()
        else:
            text = Path(source).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise UsageError(f"names cannot be read ({type(error).__name__})") from None
    names = [line for line in text.splitlines() if line.strip()]
    if not names:
        raise UsageError("no input was named")
    return [Path(name) for name in names]


def answers(names: Sequence[Path], journal: Journal) -> Iterator[str]:
    """What became of each name, in their order: line number, outcome, reason, output.

    The name itself is not repeated: names of files identify. A folder or an archive gives a line
    for each file in it.
    """
    for number, name in enumerate(names, 1):
        lines = list(_lines(name, journal))
        for line in lines:
            yield _answer(number, line.outcome, line.reason, line.output)
        if not lines:
            yield _answer(number, "held", Reason.UNREADABLE, None)


def _lines(name: Path, journal: Journal) -> Iterator[AuditLine]:
    if name.is_dir():
        return journal.lines_below(name, "")
    return journal.lines_below(name.parent, name.name)


def _answer(number: int, outcome: str, reason: str | None, output: str | None) -> str:
    return json.dumps({"line": number, "outcome": outcome, "reason": reason, "output": output})
