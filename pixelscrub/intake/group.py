"""Put instances into studies, and set aside files that claim the same instance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from pixelscrub.errors import Reason
from pixelscrub.intake.find import Left
from pixelscrub.intake.instance import Instance, Study

CHUNK = 2**20


@dataclass(slots=True)
class Intake:
    """Everything that was found: studies to work on, and files that are left or held."""

    studies: list[Study] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Instances in all studies."""
        return sum(len(study.instances) for study in self.studies)


def group(found: Iterable[Instance | Left]) -> Intake:
    """Sort what was found into studies, in the order of first appearance.

    The first file of a SOP Instance UID stands for it. Every further one is held: as
    DUPLICATE_INSTANCE where its bytes are the same, as CONFLICTING_INSTANCES where they differ.
    """
    intake = Intake()
    studies: dict[str, Study] = {}
    firsts: dict[str, Instance] = {}
    for item in found:
        if isinstance(item, Left):
            intake.left.append(item)
        elif (first := firsts.setdefault(item.uid, item)) is item:
            study = studies.setdefault(item.study, Study(item.study, item.patient))
            study.instances.append(item)
        else:
            intake.left.append(Left(item.source, _clash(first, item)))
    intake.studies = list(studies.values())
    return intake


def _clash(first: Instance, second: Instance) -> Reason:
    same_size = first.source.size == second.source.size
    same = same_size and _digest(first) == _digest(second)
    return Reason.DUPLICATE_INSTANCE if same else Reason.CONFLICTING_INSTANCES


def _digest(instance: Instance) -> bytes | None:
    digest = hashlib.blake2b()
    try:
        with instance.source.open() as file:
            while block := file.read(CHUNK):
                digest.update(block)
    except OSError:
        return None
    return digest.digest()
