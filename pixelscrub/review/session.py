"""One sitting at the review page: decisions become plans and lines of the record at once."""

from __future__ import annotations

import getpass
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pixelscrub.errors import NothingUsableError, PixelscrubError, Reason, UsageError
from pixelscrub.findings import Box, Finding
from pixelscrub.review import layouts, reach
from pixelscrub.review import plans as saving
from pixelscrub.review.decisions import Change, Hold, Record, ReviewDecision, Rule, Scope, Verb
from pixelscrub.review.headers import Headers
from pixelscrub.review.plans import Plans
from pixelscrub.review.reach import FindingPlace

BY_EYE = frozenset(
    {
        Reason.DETECTOR_FAILED,
        Reason.FACE_PARTIAL,
        Reason.FACE_FAILED,
        Reason.FACE_GEOMETRY,
        Reason.FACE_IN_DERIVED,
        Reason.HELD_BY_PERSON,
    }
)
"""Reasons that a person who has looked at every frame may overrule: no detector could decide.
Whatever is proved on the written bytes cannot be overruled."""


class SaveError(PixelscrubError):
    """A decision could not be saved; plans and record are what they were."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for, on one instance.

    Attributes:
        verb: what is to be done.
        place: the instance.
        scope: how far it reaches.
        finding: the finding that it is about, where it is about one.
        box: what was drawn, in stored pixels.
        frame: the frame that was looked at, from 0.
    """

    verb: Verb
    place: FindingPlace
    scope: Scope = "frames"
    finding: Finding | None = None
    box: Box | None = None
    frame: int = 0


class Session:
    """The plans of a private folder while a person goes through them.

    Attributes:
        plans: what is planned.
        record: what was decided.
        who: name of the person, as the record will have it.
        layouts: the recipe that decisions on layouts are written to.

    Raises:
        NothingUsableError: the folder holds no plan.
        UsageError: none of its plans, or its record, can be used.
    """

    def __init__(self, private: Path, who: str | None = None) -> None:
        self.plans = Plans(private)
        if not self.plans.opened:
            broken = "; ".join(f"{b.name}: {b.why}" for b in self.plans.broken[:3])
            if broken:
                raise UsageError(f"no plan can be used ({broken})")
            raise NothingUsableError("the private folder holds no plan; run scrub or inspect first")
        self.record = Record(private / "decisions.jsonl")
        self.layouts = private / layouts.NAME
        self.headers = Headers()
        self.who = who or _login()
        self._lock = threading.Lock()

    def decide(self, asked: Asked) -> ReviewDecision:
        """Carry out what a person asks for, save it, and write it down.

        Raises:
            UsageError: it cannot be done to this image.
            ChangedOutsideError: a plan is not what the page showed.
            SaveError: it cannot be saved; nothing has changed.
        """
        with self._lock:
            self.plans.reload_changed()
            changes = self._changes(asked)
            rule = self._rule(asked, changes[0])
            return self._save(self.record.new(self.who, asked.verb, asked.scope, changes, rule))

    def undo(self) -> ReviewDecision:
        """Take the last decision back that stands.

        Raises:
            UsageError: there is none.
            ChangedOutsideError, SaveError: as of `decide`.
        """
        with self._lock:
            self.plans.reload_changed()
            decision = self.record.undoing(self.who)
            if decision is None:
                raise UsageError("there is nothing to undo")
            return self._save(decision)

    def verdicts(self) -> dict[tuple[str, str], set[Finding]]:
        """Findings that a person has decided on, as they were left, by plan and instance."""
        decided: dict[tuple[str, str], set[Finding]] = {}
        for change in self._standing():
            if change.now is not None:
                decided.setdefault((change.plan, change.uid), set()).add(change.now)
        return decided

    def checked(self) -> set[tuple[str, str]]:
        """Instances that a person has looked through."""
        return {
            (change.plan, change.uid)
            for decision in self.record.standing()
            if decision.verb == "check"
            for change in decision.changes
        }

    def _standing(self) -> Iterator[Change]:
        for decision in self.record.standing():
            yield from decision.changes

    def _changes(self, asked: Asked) -> list[Change]:
        reached = list(reach.places(self.plans, self.headers, asked.place, asked.scope))
        if asked.verb == "box" and asked.box is not None:
            return reach.drawn(reached, self.headers, asked.box, asked.scope, asked.frame)
        if asked.verb in ("hold", "release"):
            return _holds(reached, asked.verb)
        if asked.verb == "check":
            return [change for place in reached for change in reach.checked(place)]
        finding = asked.finding
        if (
            finding is None
            or finding.box is None
            or finding.action not in ("mask", "keep", "report")
        ):
            raise UsageError("this decision needs a finding with a box")
        verbs = {"accept": reach.accepted, "reject": reach.rejected, "erase": reach.erased}
        return verbs[asked.verb](reached, finding)

    def _rule(self, asked: Asked, first: Change) -> Rule | None:
        """What a decision on a layout means for images that are still to come."""
        is_one = asked.scope == "layout" and asked.verb in ("box", "accept", "reject", "erase")
        meant = first.now or first.was
        if not is_one or meant is None or meant.box is None:
            return None
        about = self.headers.about(asked.place.instance)
        manufacturer, model, modality = about.device
        return Rule(
            manufacturer=manufacturer,
            model=model,
            modality=modality,
            rows=about.rows,
            columns=about.columns,
            box=meant.box,
            action="mask" if first.now is not None and first.now.action == "mask" else "keep",
        )

    def _layouts(self, coming: ReviewDecision) -> list[saving.Draft]:
        """The recipe of all decisions on layouts; nothing where there never was one."""
        ruled = [d for d in (*self.record.decisions, coming) if d.rule is not None]
        if not ruled:
            return []
        recipe = self.plans.opened[coming.changes[0].plan].plan.recipe
        text = layouts.text(recipe, self.record.standing(coming))
        return [saving.Draft(self.layouts, text.encode("utf-8", "replace"))]

    def _save(self, decision: ReviewDecision) -> ReviewDecision:
        """Stage the plans, write the decision down, put the plans in place: or none of it."""
        self.plans.carry_out(decision.changes)
        drafts = self.plans.drafts({change.plan for change in decision.changes})
        drafts += self._layouts(decision)
        try:
            saving.stage(drafts)
            self.record.append(decision)
            saving.replace(drafts)
        except OSError as error:
            saving.discard(drafts)
            self.plans.carry_out(change.reversed() for change in reversed(decision.changes))
            raise SaveError(
                f"the decision could not be saved ({type(error).__name__}): is the disk full? "
                "Plans and record are what they were before"
            ) from None
        return decision


def _holds(reached: list[FindingPlace], verb: Verb) -> list[Change]:
    """Changes that hold instances back, or release those that are held as the first one is."""
    first = reached[0].instance.held
    if verb == "release" and first not in BY_EYE:
        raise UsageError("what holds this image cannot be overruled by looking at it")
    if verb == "hold" and first is not None:
        raise UsageError("this image is held already")
    now = Hold(reason=Reason.HELD_BY_PERSON if verb == "hold" else None)
    return [
        Change(
            plan=place.plan,
            uid=place.instance.uid,
            hold_was=Hold(reason=place.instance.held, detail=place.instance.detail),
            hold_now=now,
        )
        for place in reached
        if place.instance.held == first
    ]


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
