"""What commands make of their options."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixelscrub.jobs.limits import Limits


def limits_of(timeout: float | None, memory: float | None) -> Limits:
    """Limits of `timeout` seconds and `memory` GB for one instance; defaults where None."""
    from pixelscrub.jobs.limits import Limits

    limits = Limits(memory=None if memory is None else int(memory * 1e9))
    return limits if timeout is None else replace(limits, seconds=timeout)
