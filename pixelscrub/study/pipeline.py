"""One study, step after step: look, plan, apply, prove. Start reading here.

These functions run in a thread of the main process, one a study; `study.worker` holds what
runs in worker processes, one instance a call. Only the main process writes to the output folder
and to the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pixelscrub.errors import RETRYABLE, HeldError, MissingComponentError, PixelscrubError, Reason
from pixelscrub.identity.terms import Terms
from pixelscrub.intake.find import SkippedFile
from pixelscrub.intake.instance import Instance, Source, Study
from pixelscrub.outcome import AuditLine, FaceLine, Outcome, TextLine, TransferSyntax
from pixelscrub.plan import FacePlan, InstancePlan, Plan, Tile
from pixelscrub.report.naming import stem_of
from pixelscrub.store.names import assign
from pixelscrub.store.stamp import stamps
from pixelscrub.study import worker
from pixelscrub.study.context import StudyContext, together
from pixelscrub.study.run import Run
from pixelscrub.study.tasks import Applied, ApplyTask, FaceTask, HeadTask, LookTask, Seen, SeenFaces

Identity = tuple[str, str, int, int, str]
"""Where a file lies, and size, time and digest of what it holds: changes whenever it does."""
VOLUME_MODALITIES = frozenset({"CT", "MR", "PT", "NM"})
"""Where a head may have a face; held where looking for one failed."""
FEWEST_SLICES = 3
"""A head of fewer is shown as slices only."""


def scrub(study: Study, run: Run) -> None:
    """Look, plan, apply and prove one study; what an earlier run has done is not done again."""
    if all(run.done(i.source) for i in study.instances):
        run.progress.advanced(2 * len(study.instances))
        return
    terms, unread = study_terms([i.source for i in study.instances], run)
    plan = planned_before(study, run) or make_plan(study, terms, run)
    apply(plan, terms, unread, run)


def plan(study: Study, run: Run) -> Plan:
    """Look at one study, and save what was found as its plan."""
    terms, _ = study_terms([i.source for i in study.instances], run)
    return make_plan(study, terms, run)


def apply_plan(plan: Plan, run: Run) -> None:
    """Carry out a plan as a person left it; what was released just so is not written again."""
    if all(run.done(_planned_source(i)) for i in plan.instances):
        run.progress.advanced(len(plan.instances))
        return
    apply(plan, *study_terms([_planned_source(i) for i in plan.instances], run), run)


def changed(plan: Plan, run: Run) -> list[Source]:
    """What is to do again: all but the instances that were released just as the plan says now."""
    stamped = stamps(plan, run.plan_folder(plan.study))
    planned = [(_planned_source(instance), stamped[instance.uid]) for instance in plan.instances]
    return [source for source, stamp in planned if not run.carried_out(source, stamp)]


def study_terms(
    sources: Sequence[Source], run: Run
) -> tuple[Terms, dict[Identity, PixelscrubError]]:
    """What identifies in this study, over the headers of all its instances.

    Returns:
        the terms, and the files whose header could not be read: those must not be released,
        for nobody knows what to look for in them.
    """
    unread: dict[Identity, PixelscrubError] = {}

    def read() -> Iterator[Terms]:
        for source, found in run.pool.map(worker.read_terms, sources):
            _raise_if_missing(found)
            if isinstance(found, PixelscrubError):
                unread[_identity(source)] = found
            else:
                yield found

    return together(read()), unread


def make_plan(study: Study, terms: Terms, run: Run) -> Plan:
    """Find everything that identifies, and save it as the study's plan."""
    folder = run.plan_folder(study.uid)
    plan = Plan(study=study.uid, patient=study.patient, recipe=run.recipe)
    names = _names(study, run)
    with StudyContext(terms).laid_down(run.private.scratch()) as facts:
        tasks = (LookTask(instance, run.recipe, facts) for instance in study.instances)
        for task, seen in run.pool.map(worker.look_instance, tasks):
            _raise_if_missing(seen)
            plan.instances.append(instance_plan(task.instance, names[task.instance.uid], seen))
            run.progress.advanced(1)
    if run.recipe.steps.face:
        _look_faces(study, plan, folder, run)
    plan.save(folder)
    return plan


def _look_faces(study: Study, plan: Plan, folder: Path, run: Run) -> None:
    found = run.pool.call(worker.look_faces, FaceTask(study.instances, run.recipe, folder))
    _raise_if_missing(found)
    if isinstance(found, PixelscrubError):
        volumes = [i.uid for i in study.instances if i.modality in VOLUME_MODALITIES]
        found = SeenFaces(held=dict.fromkeys(volumes, Reason.FACE_FAILED))
    plan.faces = found.plans
    for instance in plan.instances:
        instance.held = instance.held or found.held.get(instance.uid)
        instance.findings += found.findings.get(instance.uid, [])
        share = {step: round(s / len(plan.instances), 4) for step, s in found.seconds.items()}
        instance.seconds.update(share)


def planned_before(study: Study, run: Run) -> Plan | None:
    """The plan of an earlier run, where it holds for these very files and this recipe."""
    with suppress(HeldError):
        plan = Plan.load(run.plan_folder(study.uid))
        planned = {(p.root, p.source, p.size, p.modified, p.digest) for p in plan.instances}
        given = {_identity(i.source) for i in study.instances}
        passing = any(p.held in RETRYABLE for p in plan.instances)
        if plan.recipe == run.recipe and planned == given and not passing:
            return plan
    return None


def apply(plan: Plan, terms: Terms, unread: Mapping[Identity, PixelscrubError], run: Run) -> None:
    """Carry out a plan: change, write, prove and commit each instance that is not held.

    Args:
        plan: the plan.
        terms: what identifies in the study.
        unread: instances whose header did not tell, and why; they are held.
        run: the run.
    """
    waiting: list[InstancePlan] = []
    done: set[str] = set()
    facts = StudyContext(terms, plan.faces)
    for instance in plan.instances:
        source = _planned_source(instance)
        if run.done(source):
            done.add(instance.uid)
            run.progress.advanced(1)
        elif instance.held:
            _finish(instance, facts, HeldError(instance.held, instance.detail), run)
        elif error := unread.get(_identity(source)):
            _finish(instance, facts, error, run)
        else:
            waiting.append(instance)
    _apply(waiting, plan, facts, run)
    _draw_heads(plan, done, run)


def _apply(waiting: Sequence[InstancePlan], plan: Plan, facts: StudyContext, run: Run) -> None:
    stamped = stamps(plan, run.plan_folder(plan.study))
    with facts.laid_down(run.private.scratch()) as path:
        tasks = (_apply_task(instance, plan, path, run) for instance in waiting)
        for task, applied in run.pool.map(worker.apply_instance, tasks):
            _raise_if_missing(applied)
            committed = _commit(task, applied, run)
            _finish(task.plan, facts, committed, run, stamped[task.plan.uid])


def _draw_heads(plan: Plan, done: set[str], run: Run) -> None:
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
        before=[(_planned_source(i), k, tile) for i, k, tile in slices],
        after=written if all(run.output.holds(source.path) for source, *_ in written) else [],
        pictures=run.private.report / "pictures",
        name=_head_name(slices[0][0]),
    )


def _head_name(instance: InstancePlan) -> str:
    """What pictures of the head that an instance is a slice of are called."""
    return stem_of(f"{instance.output.rpartition('/')[0]}/head")


def leave(left: Iterable[SkippedFile], run: Run) -> None:
    """Write down the files that are no instances, or that cannot stand for one."""
    for one in left:
        run.record(one.source, left_line(one))


def left_line(left: SkippedFile) -> AuditLine:
    """What the audit says of a file that is not looked at."""
    return AuditLine(source=left.source.name, outcome=Outcome.HELD, reason=left.reason)


def _names(study: Study, run: Run) -> dict[str, str]:
    earlier = {i.uid: run.earlier_output(i.source) for i in study.instances}
    kept = {uid: name for uid, name in earlier.items() if name is not None}
    patient = run.pseudonyms.patient_id(study.patient or study.uid)
    return assign(study.instances, kept, patient, run.pseudonyms.uid)


def _identity(source: Source) -> Identity:
    return str(source.root.resolve()), source.path, source.size, source.modified, source.digest


def _planned_source(plan: InstancePlan) -> Source:
    root = Path(plan.root)
    return Source(root, plan.source, plan.size, plan.modified, plan.archive, plan.digest)


def instance_plan(instance: Instance, output: str, seen: Seen | PixelscrubError) -> InstancePlan:
    """What was seen in one instance, as its part of the plan; held where looking failed."""
    root, path, size, modified, digest = _identity(instance.source)
    plan = InstancePlan(
        uid=instance.uid,
        series=instance.series,
        source=path,
        root=root,
        archive=instance.source.archive,
        output=output,
        size=size,
        modified=modified,
        digest=digest,
        sop_class=instance.sop_class,
        transfer_syntax=instance.transfer_syntax,
        made_uids=list(instance.made),
    )
    if isinstance(seen, Seen):
        plan.findings, plan.crop, plan.seconds = seen.findings, seen.crop, seen.seconds
    else:
        plan.held, plan.detail = _reason(seen)
    return plan


def _reason(error: PixelscrubError) -> tuple[Reason, str]:
    if isinstance(error, HeldError):
        return error.reason, error.detail
    return Reason.INTERNAL_ERROR, type(error).__name__


def _raise_if_missing(result: object) -> None:
    """A component that is not installed ends the run: it would be missing for every instance."""
    if isinstance(result, MissingComponentError):
        raise result


def _apply_task(instance: InstancePlan, plan: Plan, facts: Path, run: Run) -> ApplyTask:
    return ApplyTask(
        plan=instance,
        facts=facts,
        folder=run.plan_folder(plan.study),
        recipe=plan.recipe,
        key=run.key,
        scratch=run.private.scratch(),
        pictures=run.private.report / "pictures",
        patient=plan.patient or plan.study,
        study=plan.study,
    )


def _commit(
    task: ApplyTask, applied: Applied | PixelscrubError, run: Run
) -> Applied | PixelscrubError:
    if isinstance(applied, PixelscrubError) or run.output is None:
        return applied
    try:
        run.output.commit(task.scratch, task.plan.output)
    except HeldError as error:
        task.scratch.unlink(missing_ok=True)
        return error
    return applied


def audit_line(instance: InstancePlan, faces: Sequence[FacePlan]) -> AuditLine:
    """What the plan says of one instance, as a line of the audit; `held` until it is proved.

    Args:
        instance: its part of the plan.
        faces: the volumes that hold it.
    """
    return AuditLine(
        source=instance.source,
        outcome=Outcome.HELD,
        reason=instance.held,
        detail=instance.detail or None,
        sop_class=instance.sop_class,
        made_uids=instance.made_uids,
        transfer_syntax=TransferSyntax(before=instance.transfer_syntax),
        text=[
            TextLine(**f.model_dump(include=set(TextLine.model_fields))) for f in instance.findings
        ],
        crop=instance.crop,
        face=_face_line(faces),
        seconds=dict(instance.seconds),
    )


def _finish(
    instance: InstancePlan,
    facts: StudyContext,
    applied: Applied | PixelscrubError,
    run: Run,
    stamp: str = "",
) -> None:
    line = audit_line(instance, facts.faces_of(instance.uid))
    crosswalk: Sequence[tuple[str, str, str]] = ()
    if isinstance(applied, PixelscrubError):
        line.reason, line.detail = _reason(applied)
        if line.face is not None and line.face.mask:
            line.pictures = [_head_name(instance)]
    else:
        crosswalk = applied.crosswalk
        line.outcome, line.output = Outcome.CLEAN, instance.output
        line.transfer_syntax.after = applied.transfer_syntax
        line.tags.update(applied.tags)
        line.pictures = applied.pictures
        line.seconds.update(applied.seconds)
    run.record(_planned_source(instance), line, crosswalk, stamp)


def _face_line(faces: Sequence[FacePlan]) -> FaceLine | None:
    """The volume of which most is removed speaks for the instance."""
    order = ("partial", "removed", "none")
    chosen = min(faces, key=lambda f: order.index(f.status), default=None)
    if chosen is None:
        return None
    return FaceLine(status=chosen.status, mask=chosen.mask, checks=chosen.checks)
