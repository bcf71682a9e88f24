"""All plans of a private folder: loaded once, changed, and saved together or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from pixelscrub.errors import HeldError, PixelscrubError, UsageError
from pixelscrub.plan import InstancePlan, Plan
from pixelscrub.review.decisions import Change, Hold
from pixelscrub.untrusted import make_file

Stamp = tuple[int, int, int]


class ChangedOutsideError(PixelscrubError):
    """A plan is no longer what this page showed; it has been loaded again."""


@dataclass(slots=True)
class Opened:
    """One plan, and what its file looked like when it was read or written last."""

    folder: Path
    plan: Plan
    stamp: Stamp
    by_uid: dict[str, InstancePlan] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """`plan.json`."""
        return self.folder / "plan.json"


@dataclass(slots=True)
class Broken:
    """A plan that cannot be used, and why, without a value of it."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What a file is to hold, and the plan that it is of, if it is one."""

    file: Path
    content: bytes
    opened: Opened | None = None

    @property
    def scratch(self) -> Path:
        """Where it is written before it takes the file's place."""
        return self.file.with_name(f"{self.file.name}.review")


class Plans:
    """Every plan below `PRIVATE/plans`, by the name of its folder.

    Attributes:
        opened: the plans that can be used.
        broken: those that cannot.
    """

    def __init__(self, private: Path) -> None:
        self.opened: dict[str, Opened] = {}
        self.broken: list[Broken] = []
        for path in sorted(private.glob("plans/*/plan.json")):
            try:
                self.opened[path.parent.name] = _open(path.parent)
            except HeldError:
                self.broken.append(Broken(path.parent.name, _why(path)))

    def instances(self) -> Iterator[tuple[str, InstancePlan]]:
        """Every instance with the name of its plan, in their order."""
        for name, opened in self.opened.items():
            for instance in opened.plan.instances:
                yield name, instance

    def instance(self, name: str, uid: str) -> InstancePlan:
        """One instance.

        Raises:
            UsageError: no plan holds it any more.
        """
        opened = self.opened.get(name)
        if opened is None or uid not in opened.by_uid:
            raise UsageError("no plan holds this image any more")
        return opened.by_uid[uid]

    def reload_changed(self) -> None:
        """Load plans again that something else has written since.

        Raises:
            ChangedOutsideError: there are some; nothing of what they now say is lost.
            HeldError: PLAN_INVALID, where one of them cannot be used.
        """
        stale = [name for name, opened in self.opened.items() if _stamp(opened) != opened.stamp]
        for name in stale:
            self.opened[name] = _open(self.opened[name].folder)
        if stale:
            raise ChangedOutsideError(
                "a plan was changed outside this page and has been loaded again; "
                "nothing was saved: look again, then repeat your decision"
            )

    def carry_out(self, changes: Iterable[Change]) -> None:
        """Change the plans in memory.

        Raises:
            ChangedOutsideError: a plan does not hold what a change starts from. Then none of
                the changes is made.
        """
        done: list[Change] = []
        try:
            for change in changes:
                _change(self.instance(change.plan, change.uid), change)
                done.append(change)
        except PixelscrubError:
            for change in reversed(done):
                _change(self.instance(change.plan, change.uid), change.reversed())
            raise

    def drafts(self, names: Iterable[str]) -> list[Draft]:
        """Plans as they are in memory, to be staged."""
        opened = (self.opened[name] for name in names)
        return [Draft(o.file, o.plan.model_dump_json(indent=1).encode(), o) for o in opened]


def stage(drafts: Sequence[Draft]) -> None:
    """Write files beside the old ones, durably; `replace` then puts them in their place.

    Raises:
        OSError: one cannot be written; what was staged is gone again.
    """
    try:
        for draft in drafts:
            _write(draft.scratch, draft.content)
    except OSError:
        discard(drafts)
        raise


def replace(drafts: Sequence[Draft]) -> None:
    """Put staged files in the place of the old ones, each in one step."""
    for draft in drafts:
        draft.scratch.replace(draft.file)
        if draft.opened is not None:
            draft.opened.stamp = _stamp(draft.opened)


def discard(drafts: Sequence[Draft]) -> None:
    """Remove what was staged."""
    for draft in drafts:
        draft.scratch.unlink(missing_ok=True)


def _open(folder: Path) -> Opened:
    plan = Plan.load(folder)
    opened = Opened(folder, plan, (0, 0, 0), {i.uid: i for i in plan.instances})
    opened.stamp = _stamp(opened)
    return opened


def _stamp(opened: Opened) -> Stamp:
    try:
        status = opened.file.stat()
    except OSError:
        return (0, 0, 0)
    return status.st_mtime_ns, status.st_size, status.st_ino


def _write(path: Path, content: bytes) -> None:
    with make_file(path) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _why(path: Path) -> str:
    """Places in the plan that are not valid; no values, for it may name a patient."""
    try:
        Plan.model_validate_json(path.read_bytes())
    except ValidationError as error:
        shown = error.errors(include_input=False, include_url=False, include_context=False)[:3]
        return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['type']}" for e in shown)
    except OSError as error:
        return type(error).__name__
    return "it was being written; start the review again"


def _change(instance: InstancePlan, change: Change) -> None:
    if change.hold_was is not None and change.hold_now is not None:
        if Hold(reason=instance.held, detail=instance.detail) != change.hold_was:
            raise ChangedOutsideError("the plan holds something else by now; nothing was saved")
        instance.held, instance.detail = change.hold_now.reason, change.hold_now.detail
    if change.was is None:
        if change.now is not None:
            instance.findings.append(change.now)
        return
    if change.was not in instance.findings:
        raise ChangedOutsideError("the plan holds something else by now; nothing was saved")
    if change.now is None:  # the last of equal ones, so that what was added last goes first
        at = len(instance.findings) - 1 - instance.findings[::-1].index(change.was)
        del instance.findings[at]
    else:
        instance.findings[instance.findings.index(change.was)] = change.now
