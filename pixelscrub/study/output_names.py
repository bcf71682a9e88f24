"""What outputs are called, and whether a plan may call one so."""

from __future__ import annotations

from pixelscrub.errors import HeldError, Reason
from pixelscrub.identity.terms import Terms, pattern
from pixelscrub.intake.instance import Study
from pixelscrub.plan import InstancePlan, Plan
from pixelscrub.store.names import assign, folder_of
from pixelscrub.study.run import Run


def names_of(study: Study, run: Run) -> dict[str, str]:
    """The output name of each instance of a study, by its SOP Instance UID."""
    earlier = {i.uid: run.earlier_output(i.source) for i in study.instances}
    kept = {uid: name for uid, name in earlier.items() if name is not None}
    patient = run.pseudonyms.patient_id(study.patient or study.uid)
    return assign(study.instances, kept, patient, run.pseudonyms.uid)


def _folder(patient: str, study: str, series: str, run: Run) -> str:
    """Where instances of a series go."""
    pseudonyms = run.pseudonyms
    return folder_of(pseudonyms.patient_id(patient), study, series, pseudonyms.uid)


def bad_name(instance: InstancePlan, plan: Plan, terms: Terms, run: Run) -> HeldError | None:
    """Why an instance must not get the name that its plan gives it; None for names of ours.

    A person may give another name, but no other instance's, and none that identifies.
    """
    folder = instance.output.rpartition("/")[0]
    if folder == _folder(plan.patient or plan.study, plan.study, instance.series, run):
        return None
    named = pattern(terms.variants())
    if named is not None and named.search(instance.output):
        return HeldError(Reason.IDENTIFIER_LEFT, "in the name of the output")
    if not run.claim(instance.output):
        return HeldError(Reason.PLAN_INVALID, "another instance has this output")
    return None
