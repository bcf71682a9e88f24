"""Encapsulated documents on their way through a study: looked at, redacted, proved."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from pixelscrub.documents.kinds import DocumentKind, document_of, is_document
from pixelscrub.errors import HeldError, Reason
from pixelscrub.study.files import opened, timed, writing
from pixelscrub.study.headers import header_task, set_made_uids

if TYPE_CHECKING:
    from pixelscrub.findings import Finding
    from pixelscrub.identity.terms import Terms
    from pixelscrub.intake.instance import Source
    from pixelscrub.pixels.edit import Edit
    from pixelscrub.recipe import Recipe
    from pixelscrub.study.tasks import Applied, ApplyTask, LookTask


def look_document(task: LookTask, header: Any) -> list[Finding]:
    """What is to be masked in the pages of an instance; nothing where it holds no document.

    Raises:
        HeldError: DOCUMENT_DROPPED, where the recipe leaves documents out; those of
            `documents.find`.
    """
    if not is_document(task.instance.sop_class):
        return []
    if task.recipe.documents == "drop":
        raise HeldError(Reason.DOCUMENT_DROPPED)
    if not _is_redacted(task.recipe):
        return []
    from pixelscrub.documents.find import find_in_document

    return find_in_document(header, task.recipe, task.terms)


def _is_redacted(recipe: Recipe) -> bool:
    """Whether any step looks at words."""
    return recipe.steps.text or recipe.steps.tags


def apply_document(task: ApplyTask, file: BinaryIO, applied: Applied) -> Edit | None:
    """Write an instance with its document redacted; None where it holds none, or it stays.

    Raises:
        HeldError: those of `documents.redact` and of the tags step.
    """
    if not is_document(task.plan.sop_class) or not _is_redacted(task.recipe):
        return None
    from pixelscrub.documents.redact import redact
    from pixelscrub.pixels.adapt import adapt
    from pixelscrub.pixels.edit import Edit
    from pixelscrub.pixels.image import Image
    from pixelscrub.pixels.write import write
    from pixelscrub.tags.deidentify import deidentify
    from pixelscrub.tags.done import Done

    image = Image(file)
    header, edit = image.header, Edit(drop_overlays=True)
    set_made_uids(task, header)
    has_pages = document_of(header).kind is DocumentKind.PDF
    done = Done(text=has_pages and task.recipe.steps.text, document=True)
    how = header_task(task, done)
    with timed(applied.seconds, "document"):
        document, identifier = redact(header, task.plan.findings, how.terms, how.pseudonyms)
    with timed(applied.seconds, "tags"):
        mime = header.get("MIMETypeOfEncapsulatedDocument")
        del header.EncapsulatedDocument
        adapt(header, image, edit)
        if task.recipe.steps.tags:
            applied.note_tags(deidentify(header, how))
        header.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
        header.EncapsulatedDocumentLength = len(document)
        if identifier and task.recipe.steps.tags:
            header.HL7InstanceIdentifier = identifier
        if mime and document.startswith(b"%PDF-"):
            header.MIMETypeOfEncapsulatedDocument = "application/pdf"
    with timed(applied.seconds, "write"), writing(task.scratch) as out:
        write(out, image, header, edit)
    applied.transfer_syntax = str(header.file_meta.TransferSyntaxUID)
    return edit


def check_documents(task: ApplyTask, original: BinaryIO, terms: Terms | None) -> None:
    """Prove the document of a written instance, where it holds one that was redacted."""
    if not is_document(task.plan.sop_class) or not _is_redacted(task.recipe):
        return
    from pixelscrub.prove.formats.documents import check_document

    original.seek(0)
    with task.scratch.open("rb") as written:
        check_document(original, written, task.plan.findings, terms)


def save_page(task: ApplyTask, source: Source) -> list[str]:
    """A picture for the report of the first page that lost something, before and after."""
    masked = [f for f in task.plan.findings if f.action == "mask" and f.frames is not None]
    if not is_document(task.plan.sop_class) or not masked:
        return []
    from pydicom import dcmread

    from pixelscrub.documents.pdf import Pdf
    from pixelscrub.documents.redact import boxes_of
    from pixelscrub.report.pictures import save

    page = min(found.frames[0] for found in masked if found.frames is not None)
    with opened(source) as original, task.scratch.open("rb") as written, suppress(HeldError):
        documents = [document_of(dcmread(file, force=True)) for file in (original, written)]
        with Pdf(documents[0].data) as before, Pdf(documents[1].data) as after:
            boxes = boxes_of(masked, page)
            pictures = before.picture(page), after.picture(page)
            return [save(task.pictures, task.plan.output, *pictures, boxes)]
    return []
