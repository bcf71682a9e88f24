"""The file that an instance is read from, as long as it is the one that was planned."""

from __future__ import annotations

from pathlib import Path

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.intake.instance import Source
from pixelscrub.plan import InstancePlan


def source_of(plan: InstancePlan) -> Source:
    """Where the instance is read from.

    Raises:
        HeldError: INPUT_CHANGED, where the file is not the one that was planned.
    """
    root = Path(plan.root)
    source = Source(root, plan.source, plan.size, plan.modified, plan.archive, plan.digest)
    try:
        status = (root / (source.archive or source.path)).lstat()
    except OSError:
        raise HeldError(Reason.INPUT_CHANGED) from None
    same_size = source.archive is not None or status.st_size == source.size
    if status.st_mtime_ns != source.modified or not same_size:
        raise HeldError(Reason.INPUT_CHANGED)
    with guarded(Reason.UNREADABLE):
        if source.digest and source.read_digest() != source.digest:
            raise HeldError(Reason.INPUT_CHANGED)
    return source
