"""What one instance may cost: how long, and how much memory."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

CGROUP: Final = Path("/sys/fs/cgroup/memory.max")
SHARE: Final = 0.8
"""Part of the machine's memory that all workers together may take."""
LEAST_MEMORY: Final = 2**30
"""Bytes that a worker gets however small its share: less does not hold the libraries."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call in a worker may cost.

    Attributes:
        seconds: for any call, however small its input.
        seconds_a_megabyte: more for each 10^6 bytes of input: a cine of many frames is no hang.
        memory: bytes of data that a worker may hold; None for an even share of the machine.
        calls: a worker is replaced after so many, or when it has grown to half its memory.
    """

    seconds: float = 600.0
    seconds_a_megabyte: float = 3.0
    memory: int | None = None
    calls: int = 10_000

    def time_for(self, size: int) -> float:
        """Seconds for an input of `size` bytes."""
        return self.seconds + self.seconds_a_megabyte * size / 1e6

    def shared_by(self, workers: int) -> Limits:
        """The same, with memory shared evenly where no figure is given."""
        if self.memory is not None:
            return self
        return replace(self, memory=max(LEAST_MEMORY, int(SHARE * _memory() / workers)))


def _memory() -> int:
    """Bytes of this machine, or of the container that we are in."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int(CGROUP.read_text(encoding="ascii")))
    except (OSError, ValueError):
        return machine
