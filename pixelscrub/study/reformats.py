"""Text across the slices of a series: planes that stand out are put together and searched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pixelscrub.errors import MissingComponentError, PixelscrubError
from pixelscrub.intake.instance import Instance
from pixelscrub.study import worker
from pixelscrub.study.tasks import PlaneTask, Seen

if TYPE_CHECKING:
    from pixelscrub.plan import InstancePlan
    from pixelscrub.study.run import Run
    from pixelscrub.text.frames.volume import Profile

Stack = tuple[str, tuple[int, int]]
"""Series Instance UID, and rows and columns."""


class Stacks:
    """Slices of one size of each series, and what stands out of the planes across them."""

    def __init__(self) -> None:
        self._stacks: dict[Stack, tuple[Profile, list[Instance]]] = {}

    def add(self, instance: Instance, seen: Seen | PixelscrubError) -> None:
        """Take over what was counted in one slice."""
        if not isinstance(seen, Seen) or seen.profile is None or seen.profile.counts is None:
            return
        rows, columns = (counts.size for counts in seen.profile.counts)
        profile, instances = self._stacks.setdefault(
            (instance.series, (rows, columns)), (type(seen.profile)(), [])
        )
        profile.join(seen.profile)
        instances.append(instance)

    def search(self, plans: Iterable[InstancePlan], run: Run) -> None:
        """Search the planes that stand out, and add what is found to the plans of the slices.

        Slices whose planes could not be searched are held, for nobody knows what they show.
        """
        tasks = [
            PlaneTask(instances, planes, run.recipe)
            for profile, instances in self._stacks.values()
            if (planes := profile.planes())
        ]
        by_uid = {plan.uid: plan for plan in plans} if tasks else {}
        for task, found in run.pool.map(worker.look_planes, tasks):
            if isinstance(found, MissingComponentError):
                raise found
            if isinstance(found, PixelscrubError):
                for instance in task.instances:
                    _hold(by_uid[instance.uid], found)
            else:
                for uid, findings in found.items():
                    by_uid[uid].findings += findings


def _hold(plan: InstancePlan, error: PixelscrubError) -> None:
    from pixelscrub.study.records import reason_of

    if plan.held is None:
        plan.held, plan.detail = reason_of(error)
