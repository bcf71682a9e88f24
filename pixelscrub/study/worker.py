"""What runs in a worker process: one instance (or one study's faces) a call.

Every function takes one picklable argument and raises `HeldError` where the instance must not
be released.
"""

from __future__ import annotations

import hashlib
import hmac
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from pixelscrub.errors import HeldError, PixelscrubError, Reason, guarded
from pixelscrub.findings import Finding
from pixelscrub.formats.kinds import FileFormat
from pixelscrub.intake.instance import Instance, Source
from pixelscrub.jobs.child import quietly
from pixelscrub.store.seal import content_of
from pixelscrub.study.beside_dicom import apply_volume, look_volume, opened_upright, unwrap
from pixelscrub.study.documents import (
    apply_document,
    check_documents,
    look_document,
    save_page,
)
from pixelscrub.study.files import check_unchanged, opened, timed, writing
from pixelscrub.study.headers import header_task, set_made_uids
from pixelscrub.study.tasks import (
    STRUCTURE_SET,
    Applied,
    ApplyTask,
    FaceTask,
    HeadTask,
    LookTask,
    PlaneTask,
    SamePixelsTask,
    Seen,
    SeenFaces,
)

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

    from pixelscrub.identity.terms import Terms
    from pixelscrub.pixels.edit import Edit, VoxelEdit
    from pixelscrub.pixels.image import Image


def read_instances(files: list[Source | Instance]) -> list[Instance | HeldError]:
    """Read what places each file in its study; of what was placed earlier only the digest."""
    from pixelscrub.intake.read import read_again, read_instance

    def read(file: Source | Instance) -> Instance | HeldError:
        try:
            return read_instance(file) if isinstance(file, Source) else read_again(file)
        except HeldError as error:
            return error

    return [read(file) for file in files]


def read_terms_of(sources: list[Source]) -> list[Terms | PixelscrubError]:
    """What identifies, by the headers of many instances; an error as a value where one has it."""
    return [quietly(read_terms, source) for source in sources]


def read_terms(source: Source) -> Terms:
    """What identifies, by the header of one instance."""
    from pixelscrub.identity.terms import Terms

    if source.file_format() is not FileFormat.DICOM:
        return Terms()  # what metadata of other files say is not carried over
    with opened(source) as file:
        return Terms.read(file)


def have_same_pixels(task: SamePixelsTask) -> bool:
    """Whether one instance came in two transfer syntaxes; what cannot be read is not the same."""
    from pixelscrub.pixels.image import has_same_frames

    first, second = task.first, task.second
    if first.transfer_syntax == second.transfer_syntax:
        return False  # other bytes in the same encoding are other content
    if (first.study, first.series, first.patient) != (second.study, second.series, second.patient):
        return False
    with suppress(HeldError), opened(first.source) as one, opened(second.source) as other:
        return has_same_frames(one, other)
    return False


def look_instance(task: LookTask) -> Seen:
    """Look for burned-in text, photographed faces and objects in every frame, and for margins."""
    from pixelscrub.crop.margins import crop_box
    from pixelscrub.photos import find
    from pixelscrub.pixels.image import Image
    from pixelscrub.study.objects import add_objects, blank_named_label, blank_shown_label
    from pixelscrub.text.find import find_text
    from pixelscrub.text.frames.volume import profile_of
    from pixelscrub.text.reading.tesseract import reading_in

    seen = Seen()
    steps = task.recipe.steps
    if task.instance.format == "nifti":
        return look_volume(task.instance)
    with opened_upright(task.instance) as (file, turn), timed(seen.seconds, "look"):
        image = Image(file)
        if image.info is None:
            seen.findings = look_document(task, image.header)
            return seen
        if blank_named_label(image, task, seen):
            return turn(seen)
        if steps.text or steps.crop:
            with reading_in(task.recipe.text.languages):
                findings = find_text(image, task.recipe.text, task.terms)
            seen.crop = crop_box(image, findings) if steps.crop else None
            seen.findings = findings if steps.text else []
            seen.profile = profile_of(image) if steps.text else None
        if steps.face:
            seen.findings = [*seen.findings, *find.find_photographed_faces(image)]
        if steps.objects:
            add_objects(image, task, seen)
        blank_shown_label(image, task, seen)
    return turn(seen)


def look_planes(task: PlaneTask) -> dict[str, list[Finding]]:
    """Look for text in planes across slices: findings by SOP Instance UID."""
    from pixelscrub.text.frames.volume import find_across

    slices = ((i.uid, i.number, opened(i.source)) for i in task.instances)
    with guarded(Reason.DETECTOR_FAILED):
        return find_across(slices, task.planes, task.recipe.text)


def look_faces(task: FaceTask) -> SeenFaces:
    """Look for faces in one study; masks of volumes go into the plan's folder."""
    from pixelscrub.study.faces import look_for_faces

    seconds: dict[str, float] = {}
    with guarded(Reason.FACE_FAILED), timed(seconds, "faces"):
        seen = look_for_faces(task)
    seen.seconds = seconds
    return seen


def apply_instance(task: ApplyTask) -> Applied:
    """Change pixels and tags as planned, write to the scratch file, and prove what was written."""
    source = check_unchanged(task.plan.source)
    try:
        with guarded(Reason.INTERNAL_ERROR):
            applied = _apply(task, source)
            applied.content = content_of(task.scratch)
            return applied
    except BaseException:
        task.scratch.unlink(missing_ok=True)
        raise


def _apply(task: ApplyTask, source: Source) -> Applied:
    from pixelscrub.prove.expected import ExpectedRemovals
    from pixelscrub.prove.release import release

    if task.plan.format == "nifti":
        return apply_volume(task, source)
    applied = Applied(task.plan.transfer_syntax)
    with opened(source) as file:
        shown = _cut(task, file)
        edit = apply_document(task, shown, applied)
        if edit is None:
            edit = _rewrite(task, shown, applied)
        if edit is None:
            edit = _edit(task, shown, applied)
    with opened(source) as original, timed(applied.seconds, "prove"):
        terms = task.terms.but(applied.spared) if task.recipe.steps.tags else None
        promise = ExpectedRemovals(task.plan.findings, task.faces, task.folder, task.plan.uid)
        release(original, task.scratch, edit, terms, promise)
        check_documents(task, original, terms)
    with timed(applied.seconds, "pictures"):
        applied.pictures = save_page(task, source) or _save_pictures(task, source, edit)
    if task.plan.format != "dicom":
        unwrap(task, source, applied)
    applied.spared = frozenset()
    return applied


def _cut(task: ApplyTask, file: BinaryIO) -> BinaryIO:
    """A structure set without the face that its head lost; other files as they are."""
    if task.plan.sop_class != STRUCTURE_SET or not task.faces:
        return file
    import SimpleITK as sitk  # noqa: N813

    from pixelscrub.study.contours import without_face

    with guarded(Reason.FACE_FAILED):
        masks = [sitk.ReadImage(str(task.folder / f.mask)) for f in task.faces if f.mask]
        return without_face(file, masks)


def _rewrite(task: ApplyTask, file: BinaryIO, applied: Applied) -> Edit | None:
    """Go from file to file where the pixels stay; None where the way leads over the image."""
    from pixelscrub.dicom.parts import parts_of
    from pixelscrub.pixels.edit import Edit
    from pixelscrub.pixels.frames import is_minimal
    from pixelscrub.tags.deidentify import rewrite
    from pixelscrub.tags.done import Done

    steps, plan = task.recipe.steps, task.plan
    masks = any(f.action == "mask" for f in plan.findings)
    if not steps.tags or masks or task.faces or plan.crop is not None or plan.made_uids:
        return None
    parts = parts_of(file)
    if parts is None or (steps.text and parts.shows_more):
        return None
    if parts.pixels is not None and not is_minimal(
        file, parts.pixels, parts.header, parts.syntax, not parts.header.how.little
    ):
        return None
    done = Done(text=steps.text and parts.pixels is not None)
    with timed(applied.seconds, "tags"), writing(task.scratch) as out:
        applied.note_tags(rewrite(out, parts, header_task(task, done)))
    applied.transfer_syntax = parts.syntax
    return Edit(drop_overlays=steps.text)


def _edit(task: ApplyTask, file: BinaryIO, applied: Applied) -> Edit:
    from pixelscrub.pixels.image import Image
    from pixelscrub.pixels.write import write

    with timed(applied.seconds, "read"):
        image = Image(file)
        set_made_uids(task, image.header)
        edit = plan_edit(task, image)
    with timed(applied.seconds, "tags"):
        header = _clean_header(task, image, edit, applied)
    with timed(applied.seconds, "write"), writing(task.scratch) as out:
        write(out, image, header, edit)
    return edit


def plan_edit(task: ApplyTask, image: Image) -> Edit:
    """The plan of one instance as a change to its pixels, fitted to how they are stored."""
    from pixelscrub.pixels.edit import Edit, FrameBox
    from pixelscrub.pixels.fit import fit

    masked = [f for f in task.plan.findings if f.action == "mask" and f.box is not None]
    edit = Edit(
        boxes=tuple(FrameBox(f.box, f.frames) for f in masked if f.box is not None),
        fill=task.recipe.pixels.fill,
        voxels=_face_edit(task, image),
        crop=task.plan.crop,
        drop_overlays=task.recipe.steps.text,
        keep_planes=not (task.recipe.steps.text or task.recipe.steps.tags),
    )
    return fit(image, edit)


def _face_edit(task: ApplyTask, image: Image) -> VoxelEdit | None:
    if not task.faces or task.plan.sop_class == STRUCTURE_SET:
        return None
    from pixelscrub.face.fill import voxel_edit

    seed = hmac.digest(task.key, task.plan.uid.encode(), hashlib.sha256)
    return voxel_edit(task.faces, task.folder, image.header, task.plan.uid, seed)


def _clean_header(task: ApplyTask, image: Image, edit: Edit, applied: Applied) -> FileDataset:
    from pixelscrub.pixels.adapt import adapt
    from pixelscrub.tags.deidentify import deidentify
    from pixelscrub.tags.done import Done

    steps, header = task.recipe.steps, image.header
    _check_agreement(task, image)
    adapt(header, image, edit, correct=task.recipe.pixels.disagreement == "correct")
    if steps.tags:
        done = Done(text=steps.text and image.info is not None, face=edit.voxels is not None)
        applied.note_tags(deidentify(header, header_task(task, done)))
    applied.transfer_syntax = str(header.file_meta.TransferSyntaxUID)
    return header


def _check_agreement(task: ApplyTask, image: Image) -> None:
    """Raise where the recipe holds instances whose header says what the pixel data do not."""
    if task.recipe.pixels.disagreement == "hold" and image.corrections():
        raise HeldError(Reason.CODESTREAM_MISMATCH, ", ".join(image.corrections()))


def _save_pictures(task: ApplyTask, source: Source, edit: Edit) -> list[str]:
    """Pictures for the report. The instance is proved by now: one that cannot be shown goes on."""
    if not edit:
        return []
    from pixelscrub.report.pictures import save_instance

    with opened(source) as original, task.scratch.open("rb") as written, suppress(HeldError):
        return [save_instance(task.pictures, task.plan.output, original, written, edit)]
    return []


def draw_head(task: HeadTask) -> None:
    """Draw a head from three sides and in three planes, before and after."""
    from pixelscrub.report.heads import DrawnHead, save

    save(DrawnHead(task.mask, task.before, task.after), task.pictures, task.name)
