"""Who decided what, and when: `PRIVATE/decisions.jsonl`, one line a decision, only ever added to.

Each line holds what it changed in which plan, so that it can be undone after any restart. Like
the plans it names UIDs of the originals, and no text that was read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixelscrub.errors import Reason, UsageError
from pixelscrub.findings import Box, Finding
from pixelscrub.untrusted import read_bounded

MAX_RECORD: Final = 256 * 2**20
"""Bytes of all decisions on a private folder."""
Scope = Literal["frame", "frames", "series", "layout"]
"""How far a decision reaches: this frame, all frames of the instance, all instances of its
series, or all of this device; the last two where they have the same rows and columns."""

Verb = Literal["accept", "reject", "box", "erase", "hold", "release", "check", "undo"]


class Hold(BaseModel):
    """Why an instance is held, if it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Reason | None = None
    detail: str = ""


class Change(BaseModel):
    """What a decision does to one instance's plan.

    That is to one finding, to whether it is held, or nothing where a person only looked at it.

    Attributes:
        plan: name of the plan's folder.
        uid: SOP Instance UID of the original.
        was, now: the finding before and after; None where there is none.
        hold_was, hold_now: whether it is held before and after; None where that stays.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    plan: str
    uid: str
    was: Finding | None = None
    now: Finding | None = None
    hold_was: Hold | None = None
    hold_now: Hold | None = None

    def reversed(self) -> Change:
        """What takes the change back."""
        return Change(
            plan=self.plan,
            uid=self.uid,
            was=self.now,
            now=self.was,
            hold_was=self.hold_now,
            hold_now=self.hold_was,
        )


class Rule(BaseModel):
    """A decision on a layout: what holds for this place in all images of a device and size.

    Attributes:
        manufacturer, model, modality: of the device, in lower case, as its headers say.
        rows, columns: size of its images.
        box: the place, in stored pixels.
        action: `mask`, or `keep` where it was rejected or erased.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    manufacturer: str
    model: str
    modality: str
    rows: int
    columns: int
    box: Box
    action: Literal["mask", "keep"]


class ReviewDecision(BaseModel):
    """One line of the record."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int
    when: str
    who: str
    verb: Verb
    scope: Scope = "frames"
    undoes: int | None = None
    rule: Rule | None = None
    changes: tuple[Change, ...] = Field(min_length=1)


class Record:
    """The decisions of a private folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.decisions = _read(path)

    def new(
        self, who: str, verb: Verb, scope: Scope, changes: list[Change], rule: Rule | None = None
    ) -> ReviewDecision:
        """A decision that would come next; it is not written yet."""
        return ReviewDecision(
            number=self._next,
            when=_now(),
            who=who,
            verb=verb,
            scope=scope,
            rule=rule,
            changes=tuple(changes),
        )

    def undoing(self, who: str) -> ReviewDecision | None:
        """What would undo the last decision that stands; None where there is none."""
        last = next(reversed(list(self.standing())), None)
        if last is None:
            return None
        return ReviewDecision(
            number=self._next,
            when=_now(),
            who=who,
            verb="undo",
            scope=last.scope,
            undoes=last.number,
            changes=tuple(change.reversed() for change in reversed(last.changes)),
        )

    def standing(self, *coming: ReviewDecision) -> Iterator[ReviewDecision]:
        """Decisions that were not undone, the oldest first; as if `coming` were written down."""
        decisions = (*self.decisions, *coming)
        undone = {decision.undoes for decision in decisions}
        for decision in decisions:
            if decision.verb != "undo" and decision.number not in undone:
                yield decision

    def append(self, decision: ReviewDecision) -> None:
        """Write a decision down for good; where that fails, the file is as it was.

        Raises:
            OSError: it cannot be written.
        """
        with os.fdopen(
            os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b"
        ) as file:
            end = file.seek(0, os.SEEK_END)
            try:
                file.write(decision.model_dump_json(exclude_defaults=True).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), end)
                raise
        self.decisions.append(decision)

    @property
    def _next(self) -> int:
        return self.decisions[-1].number + 1 if self.decisions else 1


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _read(path: Path) -> list[ReviewDecision]:
    try:
        content = read_bounded(path, MAX_RECORD) if path.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:  # a line that a crash cut off was never carried out
            os.truncate(path, len(whole))
        return [ReviewDecision.model_validate_json(line) for line in whole.splitlines()]
    except (OSError, ValidationError) as error:
        raise UsageError(
            f"decisions.jsonl cannot be used ({type(error).__name__}); plans are not affected: "
            "move it out of the private folder to start a new record"
        ) from None
