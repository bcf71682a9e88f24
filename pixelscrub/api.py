"""The verbs: what a script imports and what the command line calls."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from pixelscrub.compat.quiet import hush
from pixelscrub.errors import (
    HeldError,
    NothingUsableError,
    Reason,
    UsageError,
)
from pixelscrub.intake.find import SkippedFile
from pixelscrub.intake.instance import Source
from pixelscrub.outcome import Outcome, Summary
from pixelscrub.plan import Plan
from pixelscrub.recipe import Recipe
from pixelscrub.store.output import Output, check_places
from pixelscrub.study import pipeline, records
from pixelscrub.study.context import StudyContext
from pixelscrub.study.placing import gather
from pixelscrub.study.run import Progress, Run, drive, open_run, write_record

if TYPE_CHECKING:
    from pixelscrub.audit.issues import AuditResult
    from pixelscrub.intake.instance import Study
    from pixelscrub.jobs.limits import Limits

AnyPath = str | PathLike[str]


def scrub(  # noqa: PLR0913 (the options of the contract)
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    *,
    recipe: Recipe | AnyPath = "default",
    private: AnyPath | None = None,
    key: AnyPath | None = None,
    workers: int | None = None,
    dask: str | None = None,
    resume: bool = False,
    dry_run: bool = False,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Summary:
    """De-identify everything below `inputs` and write what is proved clean to `out`.

    Args:
        inputs: files or folders; archives and folders of any depth are looked through.
        out: the output folder; made if missing, refused if it holds foreign files.
        recipe: a recipe, the name of a built-in one, or a TOML file.
        private: the private folder; by default `out` with `-private` added.
        key: file with the secret key; by default `key` in the private folder.
        workers: worker processes; by default one a core.
        dask: address of a Dask scheduler to use in place of local processes.
        resume: continue an earlier run, and take an output folder that is not empty.
        dry_run: look and plan only, as `inspect`; the output folder is not made.
        limits: what one instance may cost in time and memory.
        progress: told how the run gets on.

    Returns:
        Counts by outcome and reason; `exit_code` is 3 where no file is a DICOM instance.

    Raises:
        UsageError: the folders, the key or the recipe cannot be used.
        MissingComponentError: a program that the recipe needs is not installed.
    """
    paths, out = _paths(inputs), Path(out)
    folder = private_folder(out, private)
    check_places(paths, out, folder)
    chosen = checked_recipe(recipe)
    with open_run(chosen, folder, _path(key), workers, dask, limits) as run:
        run.progress = progress or run.progress
        if dry_run:
            return _planned(paths, run)
        run.output = Output.open(out, run.journal.has_output, resume=resume)
        _begin(run, resume)
        with gather(paths, run) as intake:
            run.progress.started(2 * intake.count + intake.skipped_count, intake.count)
            records.record_skipped(intake.skipped, run)
            drive(pipeline.scrub, intake.studies, run)
            return write_record(run, intake.count, intake.count + intake.skipped_count)


def _begin(run: Run, resume: bool) -> None:
    """Go on with what the journal says, or start anew."""
    if not resume:
        run.journal.forget()
        return
    run.journal.require_key()
    run.journal.forget_left()


def inspect(
    inputs: AnyPath | Sequence[AnyPath],
    *,
    private: AnyPath,
    recipe: Recipe | AnyPath = "default",
    key: AnyPath | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Plan]:
    """Look and plan, and write no image: the plans lie in the private folder for `apply`.

    Args:
        inputs: files or folders, as in `scrub`.
        private: the private folder; the plans lie in it.
        recipe: a recipe, the name of a built-in one, or a TOML file.
        key: file with the secret key; by default `key` in the private folder.
        workers: worker processes; by default one a core.
        progress: told how the run gets on.

    Raises:
        UsageError, MissingComponentError: as in `scrub`.
        NothingUsableError: no file below `inputs` is a DICOM instance.
    """
    paths, folder = _paths(inputs), Path(private)
    check_places(paths, folder)
    with (
        open_run(checked_recipe(recipe), folder, _path(key), workers) as run,
        gather(paths, run) as intake,
    ):
        if not intake.count:
            raise NothingUsableError("no file below the input is a DICOM instance")
        run.progress = progress or run.progress
        run.progress.started(intake.count, intake.count)
        return drive(pipeline.plan, intake.studies, run)


def apply(
    private: AnyPath,
    out: AnyPath,
    *,
    key: AnyPath | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Carry out the plans in a private folder, as a person left them.

    Instances that were released just as their plans say are not written again. What cannot be
    carried out of a plan is held as PLAN_INVALID, and the rest is done.

    Raises:
        UsageError: a folder or the key cannot be used.
        NothingUsableError: the private folder holds no plan.
        HeldError: PLAN_INVALID, where no plan can be read.
    """
    folder, out = Path(private), Path(out)
    check_places([], out, folder)
    plans, broken = _read_plans(folder.absolute())
    count = sum(len(plan.instances) for plan in plans) + len(broken)
    with open_run(plans[0].recipe, folder, _path(key), workers) as run:
        run.output = Output.open(out, run.journal.has_output)
        run.progress = progress or run.progress
        if run.journal.is_of_another_key:
            run.journal.forget()
        run.journal.forget_below(run.private.path)
        run.journal.forget(source for plan in plans for source in pipeline.changed(plan, run))
        run.progress.started(count, count)
        records.record_skipped(broken, run)
        drive(pipeline.apply_plan, plans, run)
        return write_record(run, count, count)


def _read_plans(private: Path) -> tuple[list[Plan], list[SkippedFile]]:
    """The plans of a private folder, and the files that are none or plan a study once more."""
    plans: dict[str, Plan] = {}
    broken: list[SkippedFile] = []
    errors: list[HeldError] = []
    for path in sorted(private.glob("plans/*/plan.json")):
        name = path.relative_to(private).as_posix()
        unusable = SkippedFile(Source(private, name, 0, 0), Reason.PLAN_INVALID)
        try:
            plan = Plan.load_each(path.parent)
        except HeldError as error:
            errors.append(error)
            broken.append(unusable)
            continue
        if plans.setdefault(plan.study, plan) is not plan:  # of the same study as another one
            broken.append(unusable)
    if not plans and not broken:
        raise NothingUsableError("the private folder holds no plan")
    if not plans:
        raise errors[0]
    return list(plans.values()), broken


def verify(
    inputs: AnyPath | Sequence[AnyPath],
    out: AnyPath,
    *,
    private: AnyPath | None = None,
    recipe: Recipe | AnyPath | None = None,
) -> AuditResult:
    """Audit an output, ours or another tool's, against its originals.

    Args:
        inputs: the originals.
        out: the output folder.
        private: our private folder, which says what was made of what; without it files are
            paired by their content.
        recipe: what may stay; by default what the plans of the private folder say.

    Returns:
        What was found; its `issues` are empty where the output holds.

    Raises:
        UsageError: a folder does not exist, or the recipe is not valid.
    """
    from pixelscrub.audit.audit import audit

    hush()
    allowed = recipe if recipe is None or isinstance(recipe, Recipe) else Recipe.load(str(recipe))
    return audit(_paths(inputs), Path(out), _path(private), allowed)


def _planned(inputs: Sequence[Path], run: Run) -> Summary:
    """Look and plan only; `clean` are the instances that no plan holds back.

    The journal and the output stay as they are, so that a run that was interrupted can go on.
    """
    summary, alone = Summary(recipe=run.recipe.name), threading.Lock()

    def count(study: Study, run: Run) -> None:
        plan = pipeline.plan(study, run)
        facts = StudyContext(faces=plan.faces)
        with alone:
            for instance in plan.instances:
                line = records.audit_line(instance, facts.faces_of(instance.uid))
                line.outcome = Outcome.HELD if instance.held else Outcome.CLEAN
                summary.add(line)

    with gather(inputs, run) as intake:
        run.progress.started(intake.count, intake.count)
        summary.instances = intake.count
        for line in map(records.skipped_line, intake.skipped):
            summary.add(line)
        drive(count, intake.studies, run)
        found = intake.count + intake.skipped_count
    summary.interrupted = run.pool.is_stopped
    summary.undone = max(0, found - summary.inputs)
    return summary


def private_folder(out: Path, private: AnyPath | None) -> Path:
    """The private folder that goes with an output: by default beside it, `-private` added."""
    resolved = out.resolve()
    return Path(private) if private else resolved.with_name(f"{resolved.name}-private")


def checked_recipe(recipe: Recipe | AnyPath) -> Recipe:
    """The recipe, after a look whether all programs that it needs are installed.

    Raises:
        RecipeError: there is none of that name, or it is not valid.
        MissingComponentError: a program is not installed.
    """
    chosen = recipe if isinstance(recipe, Recipe) else Recipe.load(str(recipe))
    if chosen.steps.text or chosen.steps.crop:
        from pixelscrub.text.detectors import require
        from pixelscrub.text.reading.tesseract import require as require_tesseract

        reads = chosen.text.spares != "nothing"
        require(chosen.text.detectors)
        if reads or "tesseract" in chosen.text.detectors:
            require_tesseract(chosen.text.languages)
    return chosen


def _paths(inputs: AnyPath | Sequence[AnyPath]) -> list[Path]:
    given = [inputs] if isinstance(inputs, str | PathLike) else list(inputs)
    if not given:
        raise UsageError("no input was named")
    return [Path(path) for path in given]


def _path(given: AnyPath | None) -> Path | None:
    return None if given is None else Path(given)
