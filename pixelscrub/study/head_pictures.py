"""Have heads drawn for the report, before and after."""

from __future__ import annotations

from collections.abc import Sequence

from pixelscrub.intake.instance import Source
from pixelscrub.plan import FacePlan, Plan, Tile
from pixelscrub.study import worker
from pixelscrub.study.records import head_name
from pixelscrub.study.run import Run
from pixelscrub.study.tasks import HeadTask

FEWEST_SLICES = 3
"""A head of fewer is shown as slices only."""


def draw_heads(plan: Plan, done: set[str], run: Run) -> None:
    """Have heads drawn for the report, held ones too; it says so where one could not be."""
    tasks: dict[str, HeadTask] = {}
    for face in plan.faces:
        if len(face.slices) >= FEWEST_SLICES and not done.issuperset(dict(face.slices)):
            task = _head_task(face, plan, run)
            if task is not None:
                tasks.setdefault(face.series, task)
    for _ in run.pool.map(worker.draw_head, tasks.values()):
        pass


def _head_task(face: FacePlan, plan: Plan, run: Run) -> HeadTask | None:
    """What is to be drawn; None where there is no mask. After only where all of it was written."""
    instances = {i.uid: i for i in plan.instances}
    if run.output is None or face.mask is None or not instances.keys() >= dict(face.slices).keys():
        return None
    tiles: Sequence[Tile | None] = face.tiles or [None] * len(face.slices)
    slices = [(instances[u], k, tile) for (u, k), tile in zip(face.slices, tiles, strict=True)]
    written = [(Source(run.output.path, i.output, 0, 0), k, tile) for i, k, tile in slices]
    return HeadTask(
        mask=run.plan_folder(plan.study) / face.mask,
        before=[(i.source, k, tile) for i, k, tile in slices],
        after=written if all(run.output.holds(source.path) for source, *_ in written) else [],
        pictures=run.private.report / "pictures",
        name=head_name(slices[0][0]),
    )
