"""What a decision changes, and in how many images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pixelscrub.errors import HeldError, UsageError
from pixelscrub.findings import Box, Finding
from pixelscrub.plan import InstancePlan
from pixelscrub.review.decisions import Change, Scope
from pixelscrub.review.headers import Headers
from pixelscrub.review.plans import Plans

SAME = 0.5
"""Boxes that share this part of their common area (IoU) are of the same place."""
PERSON = "review"
"""The source of what a person drew."""


@dataclass(frozen=True, slots=True)
class FindingPlace:
    """One instance of one plan."""

    plan: str
    instance: InstancePlan

    def change(self, was: Finding | None, now: Finding | None) -> Change:
        """A change to one of its findings."""
        return Change(plan=self.plan, uid=self.instance.uid, was=was, now=now)


def places(
    plans: Plans, headers: Headers, start: FindingPlace, scope: Scope
) -> Iterator[FindingPlace]:
    """The instances that a decision reaches, the one it was made on first.

    Those whose header cannot be read are left out: nothing of them is released anyway.
    """
    yield start
    if scope in ("frame", "frames"):
        return
    first = headers.about(start.instance)
    for name, instance in plans.instances():
        if instance.uid == start.instance.uid and name == start.plan:
            continue
        if scope == "series" and (name, instance.series) != (start.plan, start.instance.series):
            continue
        try:
            other = headers.about(instance)
        except HeldError:
            continue
        if first.is_alike(other, same_device=scope == "layout"):
            yield FindingPlace(name, instance)


def drawn(
    reached: list[FindingPlace], headers: Headers, box: Box, scope: Scope, frame: int
) -> list[Change]:
    """Changes that mask a box which a person drew.

    Args:
        reached: the instances to mask it in.
        headers: of the instances.
        box: in stored pixels; the part outside the image is left out.
        scope: `frame` masks it in one frame only.
        frame: that frame, from 0.

    Raises:
        UsageError: nothing of the box lies in the image, or there is no such frame.
        HeldError: the header of the first instance cannot be read.
    """
    about = headers.about(reached[0].instance)
    inside = about.clip(box)
    if inside.area == 0:
        raise UsageError("the box lies outside the image")
    if not 0 <= frame < about.frames:
        raise UsageError("the image has no such frame")
    frames = (frame, frame) if scope == "frame" and about.frames > 1 else None
    finding = Finding(kind="manual", frames=frames, box=inside, source=PERSON)
    return [place.change(None, finding) for place in reached]


def accepted(reached: list[FindingPlace], finding: Finding) -> list[Change]:
    """Changes that mask a finding, and its place in the other instances that are reached."""
    changes = [reached[0].change(finding, _with(finding, "mask"))]
    for place in reached[1:]:
        same = list(_same(place.instance, finding))
        changes += [place.change(one, _with(one, "mask")) for one in same]
        if not any(one.frames is None for one in same):
            everywhere = Finding(kind="manual", box=finding.box, source=PERSON)
            changes.append(place.change(None, everywhere))
    return changes


def rejected(reached: list[FindingPlace], finding: Finding) -> list[Change]:
    """Changes that leave a finding as it is, and those of its kind at its place elsewhere."""
    changes = [reached[0].change(finding, _with(finding, "keep"))]
    for place in reached[1:]:
        same = (one for one in _same(place.instance, finding) if one.kind == finding.kind)
        changes += [place.change(one, _with(one, "keep")) for one in same]
    return changes


def erased(reached: list[FindingPlace], finding: Finding) -> list[Change]:
    """Changes that take away what a person drew.

    Raises:
        UsageError: a detector found it; it can be rejected.
    """
    if finding.source != PERSON:
        raise UsageError("only boxes drawn by a person can be erased; reject this one")
    return [
        place.change(one, None)
        for place in reached
        for one in place.instance.findings
        if one == finding
    ]


def checked(place: FindingPlace) -> list[Change]:
    """What says that an image was looked through: all its findings stay as they are planned."""
    found = [one for one in place.instance.findings if one.box is not None]
    return [place.change(one, one) for one in found] or [place.change(None, None)]


def _with(finding: Finding, action: str) -> Finding:
    return finding.model_copy(update={"action": action})


def _same(instance: InstancePlan, finding: Finding) -> Iterator[Finding]:
    """Findings of the instance at the place of this one."""
    for other in instance.findings:
        if other.action in ("mask", "keep", "report") and overlap(other.box, finding.box) >= SAME:
            yield other


def overlap(first: Box | None, second: Box | None) -> float:
    """Part of the common area of two boxes that both cover (IoU); 0 where there is no box."""
    if first is None or second is None:
        return 0.0
    common = first.intersection(second).area
    return common / (first.area + second.area - common)
