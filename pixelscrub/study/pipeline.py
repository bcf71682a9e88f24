"""One study, step after step: look, plan, apply, prove. Start reading here.

These functions run in a thread of the main process, one a study; `study.worker` holds what
runs in worker processes, one instance a call. Only the main process writes to the output folder
and to the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from pathlib import Path

from pixelscrub.documents.kinds import is_document
from pixelscrub.errors import RETRYABLE, HeldError, MissingComponentError, PixelscrubError, Reason
from pixelscrub.face.subject import is_slice_class
from pixelscrub.identity.terms import Terms
from pixelscrub.intake.instance import Instance, Source, Study
from pixelscrub.jobs.chunks import map_in_chunks
from pixelscrub.plan import InstancePlan, Plan
from pixelscrub.store.stamp import stamps
from pixelscrub.study import worker
from pixelscrub.study.context import StudyContext, together
from pixelscrub.study.head_pictures import draw_heads
from pixelscrub.study.objects import look_objects
from pixelscrub.study.output_names import bad_name, names_of
from pixelscrub.study.records import finish, instance_plan
from pixelscrub.study.reformats import Stacks
from pixelscrub.study.run import Run
from pixelscrub.study.tasks import (
    Applied,
    ApplyTask,
    FaceTask,
    LookTask,
    ObjectTask,
    Seen,
    SeenFaces,
)


def scrub(study: Study, run: Run) -> None:
    """Look, plan, apply and prove one study; what an earlier run has done is not done again."""
    before = [run.done(i.source) for i in study.instances]
    if all(before):
        for line in before:
            run.progress.advanced(2, line.outcome if line else None)
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
    before = [run.done(i.source) for i in plan.instances]
    if all(before):
        for line in before:
            run.progress.advanced(1, line.outcome if line else None)
        return
    apply(plan, *study_terms([i.source for i in plan.instances], run), run)


def changed(plan: Plan, run: Run) -> list[Source]:
    """What is to do again: all but the instances that were released just as the plan says now."""
    stamped = stamps(plan, run.plan_folder(plan.study))
    return [i.source for i in plan.instances if not run.carried_out(i.source, stamped[i.uid])]


def study_terms(sources: Sequence[Source], run: Run) -> tuple[Terms, dict[Source, PixelscrubError]]:
    """What identifies in this study, over the headers of all its instances.

    Returns:
        the terms, and the files whose header could not be read: those must not be released,
        for nobody knows what to look for in them.
    """
    unread: dict[Source, PixelscrubError] = {}

    def read() -> Iterator[Terms]:
        size = attrgetter("size")
        for source, found in map_in_chunks(run.pool, worker.read_terms_of, sources, size):
            _raise_if_missing(found)
            if isinstance(found, PixelscrubError):
                unread[source] = found
            else:
                yield found

    return together(read()), unread


def make_plan(study: Study, terms: Terms, run: Run) -> Plan:
    """Find everything that identifies, and save it as the study's plan."""
    folder = run.plan_folder(study.uid)
    plan = Plan(study=study.uid, patient=study.patient, recipe=run.recipe)
    names, stacks = names_of(study, run), Stacks()
    suspects: set[str] = set()
    with StudyContext(terms).laid_down(run.private.scratch()) as facts:
        tasks = (LookTask(instance, run.recipe, facts) for instance in study.instances)
        for task, seen in _looked_at(tasks, run):
            _raise_if_missing(seen)
            run.keep_trace(seen)
            if isinstance(seen, Seen) and seen.shows_metal:
                suspects.add(task.instance.uid)
            plan.instances.append(instance_plan(task.instance, names[task.instance.uid], seen))
            stacks.add(task.instance, seen)
            run.progress.advanced(1)
    stacks.search(plan.instances, run)
    if run.recipe.steps.face:
        _look_faces(study, plan, folder, run)
    if suspects:
        _look_objects(study, plan, frozenset(suspects), run)
    plan.save(folder)
    return plan


def _looked_at(
    tasks: Iterable[LookTask], run: Run
) -> Iterator[tuple[LookTask, Seen | PixelscrubError]]:
    """What was seen in each instance; where no step looks at pixels, in documents alone."""
    steps = run.recipe.steps
    if steps.text or steps.crop or steps.face or steps.objects:
        yield from run.pool.map(worker.look_instance, tasks)
        return
    for task in tasks:
        is_looked_at = is_document(task.instance.sop_class)
        yield task, run.pool.call(worker.look_instance, task) if is_looked_at else Seen()


def _look_faces(study: Study, plan: Plan, folder: Path, run: Run) -> None:
    held = {instance.uid for instance in plan.instances if instance.held}
    sought = [i for i in study.instances if _may_show_face(i, held)]
    found = run.pool.call(worker.look_faces, FaceTask(sought, run.recipe, folder))
    _raise_if_missing(found)
    if isinstance(found, PixelscrubError):
        volumes = [i.uid for i in study.instances if is_slice_class(i)]
        found = SeenFaces(held=dict.fromkeys(volumes, Reason.FACE_FAILED))
    plan.faces = found.plans
    for instance in plan.instances:
        instance.held = instance.held or found.held.get(instance.uid)
        instance.findings += found.findings.get(instance.uid, [])
        share = {step: round(s / len(plan.instances), 4) for step, s in found.seconds.items()}
        instance.seconds.update(share)


def _may_show_face(instance: Instance, held: set[str]) -> bool:
    """Whether a file is looked at with its study: no NIfTI volume, which is looked at by itself.

    Slices of a volume that cannot be read count; a picture that cannot says nothing of others.
    """
    is_picture = instance.format not in ("dicom", "nifti")
    return instance.format == "dicom" or (is_picture and instance.uid not in held)


def _look_objects(study: Study, plan: Plan, suspects: frozenset[str], run: Run) -> None:
    """Add metal in CT volumes; where looking failed, the instances that show some are held."""
    instances = [i for i in study.instances if i.format == "dicom"]
    task = ObjectTask(instances, suspects, plan.faces, run.recipe)
    found = run.pool.call(look_objects, task)
    _raise_if_missing(found)
    for instance in plan.instances:
        if isinstance(found, PixelscrubError):
            if instance.uid in suspects:
                instance.held = instance.held or Reason.DETECTOR_FAILED
        else:
            instance.findings += found.get(instance.uid, [])


def planned_before(study: Study, run: Run) -> Plan | None:
    """The plan of an earlier run, where it holds for these very files and this recipe."""
    with suppress(HeldError):
        plan = Plan.load(run.plan_folder(study.uid))
        planned = {instance.source for instance in plan.instances}
        given = {instance.source for instance in study.instances}
        passing = any(p.held in RETRYABLE for p in plan.instances)
        if plan.recipe == run.recipe and planned == given and not passing:
            return plan
    return None


def apply(plan: Plan, terms: Terms, unread: Mapping[Source, PixelscrubError], run: Run) -> None:
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
        source = instance.source
        if line := run.done(source):
            done.add(instance.uid)
            run.progress.advanced(1, line.outcome)
        elif instance.held:
            finish(instance, facts, HeldError(instance.held, instance.detail), run)
        elif error := unread.get(source) or bad_name(instance, plan, terms, run):
            finish(instance, facts, error, run)
        else:
            waiting.append(instance)
    _apply(waiting, plan, facts, run)
    draw_heads(plan, done, run)


def _apply(waiting: Sequence[InstancePlan], plan: Plan, facts: StudyContext, run: Run) -> None:
    stamped = stamps(plan, run.plan_folder(plan.study))
    with facts.laid_down(run.private.scratch()) as path:
        tasks = (_apply_task(instance, plan, path, run) for instance in waiting)
        for task, applied in run.pool.map(worker.apply_instance, tasks):
            _raise_if_missing(applied)
            committed = _commit(task, applied, run)
            finish(task.plan, facts, committed, run, stamped[task.plan.uid])


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
