"""What a reason code means and what to do about it: `pixelscrub explain`, and the end of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Final

from pixelscrub.errors import Reason, UsageError
from pixelscrub.report.reasons import meaning, next_step

WIDTH: Final = 92


def explain(reason: str) -> str:
    """Two sentences on a reason code: what it means, and what to do.

    Args:
        reason: the code, as the audit and the report give it.

    Raises:
        UsageError: there is no such code; the message names all there are.
    """
    if reason not in set(Reason):
        raise UsageError(f"no such reason; there are: {', '.join(sorted(Reason))}")
    return "\n".join([f"{reason}:", *_lines(reason)])


def explain_held(counts: Mapping[str, int]) -> str:
    """Every reason of a run, how many files it holds, what it means and what to do.

    Args:
        counts: held files by reason code.
    """
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return "\n".join(line for reason, count in ordered for line in _counted(reason, count))


def _counted(reason: str, count: int) -> Iterator[str]:
    yield f"{count} held, {reason}:"
    yield from _lines(reason)


def _lines(reason: str) -> Iterator[str]:
    for sentence in (meaning(reason), next_step(reason)):
        yield from wrap(sentence, WIDTH, initial_indent="  ", subsequent_indent="  ")
