"""What the page is told of the plans: images by number, never by a name or UID of the original.

The path relative to the input is shown, so that a person can tell one file from another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from pixelscrub.errors import UsageError
from pixelscrub.findings import Box, Finding, Kind
from pixelscrub.outcome import AuditLine, Outcome
from pixelscrub.plan import FacePlan, InstancePlan
from pixelscrub.report.lines import Audit
from pixelscrub.report.reasons import meaning
from pixelscrub.review.reach import PERSON, FindingPlace
from pixelscrub.review.session import BY_EYE, Session


@dataclass(frozen=True, slots=True)
class VolumeOf:
    """A face plan and the plan that it is part of."""

    plan: str
    face: FacePlan


class Named(BaseModel):
    """How the page names a finding of an image."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    frames: tuple[int, int] | None
    box: Box | None


class BrowserView:
    """The numbers under which the page knows images and volumes; they hold for one sitting."""

    def __init__(self, session: Session, private: Path) -> None:
        self._session = session
        plans = session.plans
        self._images = [(name, instance.uid) for name, instance in plans.instances()]
        self._numbers = {key: number for number, key in enumerate(self._images)}
        self._volumes = [
            (name, index)
            for name, opened in plans.opened.items()
            for index, face in enumerate(opened.plan.faces)
            if face.mask is not None
        ]
        self._audit = _held_lines(private)

    def place(self, image: int) -> FindingPlace:
        """The instance behind a number.

        Raises:
            UsageError: there is none, or its plan has lost it.
        """
        if not 0 <= image < len(self._images):
            raise UsageError("there is no such image")
        name, uid = self._images[image]
        return FindingPlace(name, self._session.plans.instance(name, uid))

    def volume(self, number: int) -> VolumeOf:
        """The volume behind a number.

        Raises:
            UsageError: as of `place`.
        """
        if not 0 <= number < len(self._volumes):
            raise UsageError("there is no such volume")
        name, index = self._volumes[number]
        faces = self._session.plans.opened[name].plan.faces
        if index >= len(faces):
            raise UsageError("no plan holds this volume any more")
        return VolumeOf(name, faces[index])

    def everything(self) -> dict[str, Any]:
        """All that the page shows, pixels aside."""
        plans, session = self._session.plans, self._session
        planned = {instance.source.path for _, instance in plans.instances()}
        series = {key: number for number, key in enumerate(dict.fromkeys(self._series()))}
        return {
            "who": session.who,
            "images": self.images(range(len(self._images)), series),
            "volumes": list(self._shown_volumes()),
            "others": [_other(line) for s, line in self._audit.items() if s not in planned],
            "broken": [{"name": b.name, "why": b.why} for b in plans.broken],
            "undo": self.undo(),
        }

    def images(
        self, numbers: range | list[int], series: dict[tuple[str, str], int] | None = None
    ) -> list[dict[str, Any]]:
        """What is planned for some images, and what was decided on them."""
        verdicts, checked = self._session.verdicts(), self._session.checked()
        shown = []
        for number in numbers:
            key = self._images[number]
            try:
                instance = self._session.plans.instance(*key)
            except UsageError:
                continue
            facts = self._image(number, instance, verdicts.get(key, set()))
            facts["checked"] = key in checked
            if series is not None:
                facts["series"] = series[key[0], instance.series]
            shown.append(facts)
        return shown

    def touched(self, changed: set[tuple[str, str]]) -> list[dict[str, Any]]:
        """The images that a decision changed."""
        return self.images(sorted(self._numbers[key] for key in changed if key in self._numbers))

    def undo(self) -> str | None:
        """What undo would take back, in words."""
        last = next(reversed(list(self._session.record.standing())), None)
        if last is None:
            return None
        count = len({(change.plan, change.uid) for change in last.changes})
        return f"{last.verb}, {count} image{'s' if count > 1 else ''}"

    def _series(self) -> list[tuple[str, str]]:
        return [(name, i.series) for name, i in self._session.plans.instances()]

    def _image(self, number: int, instance: InstancePlan, verdicts: set[Finding]) -> dict[str, Any]:
        line = self._audit.get(instance.source.path)
        reason = instance.held or (line.reason if line else None)
        return {
            "image": number,
            "name": instance.source.path,
            "findings": [_finding(found, found in verdicts) for found in instance.findings],
            "crop": instance.crop,
            "held": reason,
            "why": meaning(reason) if reason else "",
            "overrule": instance.held in BY_EYE,
            "proof": instance.held is None and reason is not None,
        }

    def _shown_volumes(self) -> Iterator[dict[str, Any]]:
        for number in range(len(self._volumes)):
            with suppress(UsageError):  # of a plan that has lost it since
                yield self._volume(number, self.volume(number))

    def _volume(self, number: int, volume: VolumeOf) -> dict[str, Any]:
        uids = dict.fromkeys(uid for uid, _ in volume.face.slices)
        keys = ((volume.plan, uid) for uid in uids)
        return {
            "volume": number,
            "status": volume.face.status,
            "reasons": volume.face.reasons,
            "images": [self._numbers[key] for key in keys if key in self._numbers],
            "slices": [
                [self._numbers.get((volume.plan, uid), -1), frame]
                for uid, frame in volume.face.slices
            ],
        }


def finding_of(instance: InstancePlan, named: Named) -> Finding:
    """The finding that the page means.

    Raises:
        UsageError: the plan has none such any more.
    """
    for found in instance.findings:
        if Named(kind=found.kind, frames=found.frames, box=found.box) == named:
            return found
    raise UsageError("the plan has no such finding any more; load the page again")


def _finding(found: Finding, is_decided: bool) -> dict[str, Any]:
    return found.model_dump(mode="json") | {
        "decided": is_decided,
        "drawn": found.source == PERSON,
    }


def _held_lines(private: Path) -> dict[str, AuditLine]:
    """Lines of the last run's audit that tell of instances held, by source."""
    lines = (line for line in Audit(private) if line.outcome is Outcome.HELD)
    return {line.source: line for line in lines}


def _other(line: AuditLine) -> dict[str, Any]:
    return {"name": line.source, "held": line.reason, "why": meaning(line.reason)}
