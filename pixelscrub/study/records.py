"""What is written down of each file: its part of the plan, and its line of the audit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pixelscrub.errors import HeldError, PixelscrubError, Reason
from pixelscrub.identity.pseudonyms import CrosswalkEntry
from pixelscrub.intake.find import SkippedFile
from pixelscrub.intake.instance import Instance
from pixelscrub.outcome import AuditLine, FaceLine, ObjectLine, Outcome, TextLine, TransferSyntax
from pixelscrub.plan import FacePlan, InstancePlan
from pixelscrub.report.naming import stem_of
from pixelscrub.study.context import StudyContext
from pixelscrub.study.run import Run
from pixelscrub.study.tasks import Applied, Seen


def instance_plan(instance: Instance, output: str, seen: Seen | PixelscrubError) -> InstancePlan:
    """What was seen in one instance, as its part of the plan; held where looking failed."""
    plan = InstancePlan(
        uid=instance.uid,
        series=instance.series,
        source=instance.source,
        output=output,
        sop_class=instance.sop_class if instance.format == "dicom" else "",
        transfer_syntax=instance.transfer_syntax,
        format=instance.format,
        made_uids=list(instance.made),
    )
    if isinstance(seen, Seen):
        plan.findings, plan.crop, plan.seconds = seen.findings, seen.crop, seen.seconds
    else:
        plan.held, plan.detail = reason_of(seen)
    return plan


def audit_line(instance: InstancePlan, faces: Sequence[FacePlan]) -> AuditLine:
    """What the plan says of one instance, as a line of the audit; `held` until it is proved.

    Args:
        instance: its part of the plan.
        faces: the volumes that hold it.
    """
    objects = [f for f in instance.findings if f.about is not None]
    is_dicom = instance.format == "dicom"
    return AuditLine(
        source=instance.source.name,
        outcome=Outcome.HELD,
        reason=instance.held,
        detail=instance.detail or None,
        sop_class=instance.sop_class if is_dicom else None,
        format=instance.format,
        made_uids=instance.made_uids,
        transfer_syntax=TransferSyntax(before=instance.transfer_syntax if is_dicom else None),
        text=[
            TextLine(**f.model_dump(include=set(TextLine.model_fields)))
            for f in instance.findings
            if f.about is None
        ],
        objects=[ObjectLine.of(f) for f in objects],
        object_notes=sorted({note for f in objects if f.about for note in f.about.notes}),
        crop=instance.crop,
        face=_face_line(faces),
        seconds=dict(instance.seconds),
    )


def _face_line(faces: Sequence[FacePlan]) -> FaceLine | None:
    """The volume of which most is removed speaks for the instance."""
    order = ("partial", "removed", "none")
    chosen = min(faces, key=lambda f: order.index(f.status), default=None)
    if chosen is None:
        return None
    return FaceLine(status=chosen.status, mask=chosen.mask, checks=chosen.checks)


def record_skipped(skipped: Iterable[SkippedFile], run: Run) -> None:
    """Write down the files that are no instances, or that cannot stand for one."""
    for file in skipped:
        run.record(file.source, skipped_line(file))


def skipped_line(file: SkippedFile) -> AuditLine:
    """What the audit says of a file that is not looked at."""
    return AuditLine(
        source=file.source.name,
        outcome=Outcome.HELD,
        reason=file.reason,
        detail=file.detail or None,
    )


def finish(
    instance: InstancePlan,
    facts: StudyContext,
    applied: Applied | PixelscrubError,
    run: Run,
    stamp: str = "",
) -> None:
    """Write down what became of one instance."""
    line = audit_line(instance, facts.faces_of(instance.uid))
    crosswalk: Sequence[CrosswalkEntry] = ()
    content = ""
    if isinstance(applied, PixelscrubError):
        line.reason, line.detail = reason_of(applied)
        run.keep_trace(applied)
        if line.face is not None and line.face.mask:
            line.pictures = [head_name(instance)]
    else:
        crosswalk, content = applied.crosswalk, applied.content
        line.outcome, line.output = Outcome.CLEAN, instance.output
        line.transfer_syntax.after = applied.transfer_syntax or None
        line.tags.update(applied.tags)
        line.pictures = applied.pictures
        if applied.face is not None:
            status, checks = applied.face
            line.face = FaceLine(status=status, mask=None, checks=checks)
        line.seconds.update(applied.seconds)
    run.record(instance.source, line, crosswalk, stamp, content)


def head_name(instance: InstancePlan) -> str:
    """What pictures of the head that an instance is a slice of are called."""
    return stem_of(f"{instance.output.rpartition('/')[0]}/head")


def reason_of(error: PixelscrubError) -> tuple[Reason, str]:
    """Why an instance is held, as code and detail."""
    if isinstance(error, HeldError):
        return error.reason, error.detail
    return Reason.INTERNAL_ERROR, HeldError.of_internal(error).detail
