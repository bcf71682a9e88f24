"""Files that are no DICOM: volumes in NIfTI, and pictures on their way back to their own format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final

from pixelscrub.errors import Reason, guarded
from pixelscrub.formats.kinds import FileFormat
from pixelscrub.study.files import opened, timed, writing
from pixelscrub.study.tasks import Applied, Seen

if TYPE_CHECKING:
    from pixelscrub.face.nifti.deface import Modality
    from pixelscrub.face.nifti.file import NiftiFile
    from pixelscrub.findings import Box
    from pixelscrub.formats.pictures import JpegFrame
    from pixelscrub.intake.instance import Instance, Source
    from pixelscrub.study.tasks import ApplyTask

AIR_OF_CT: Final = -500.0
"""Hounsfield units (air has -1000) below which magnitudes of other modalities do not lie."""
OF_AIR: Final = 0.02
"""Share of voxels that lie there in CT: more than noise, less than what surrounds any body."""


@contextmanager
def opened_upright(instance: Instance) -> Iterator[tuple[BinaryIO, Callable[[Seen], Seen]]]:
    """An instance, open for looking, and what brings finds back to the way it is stored.

    A photograph lies on its side for those who read it as it is stored.

    Raises:
        HeldError: UNREADABLE, DAMAGED_FILE.
    """
    turned = _turned(instance) if instance.format == "jpeg" else None
    if turned is None:
        with opened(instance.source) as file:
            yield file, lambda seen: seen
        return
    frame, file = turned
    with file:
        yield file, lambda seen: _turn_back(seen, frame)


def _turned(instance: Instance) -> tuple[JpegFrame, BinaryIO] | None:
    from pixelscrub.formats.pictures import UPRIGHT, jpeg_frame
    from pixelscrub.formats.turned import upright

    with guarded(Reason.UNREADABLE), instance.source.open() as file:
        data = file.read()
    with guarded(Reason.DAMAGED_FILE):
        frame = jpeg_frame(data)
    return None if frame.orientation == UPRIGHT else (frame, upright(data))


def _turn_back(seen: Seen, frame: JpegFrame) -> Seen:
    from pixelscrub.formats.turned import turned_back

    def back(box: Box) -> Box:
        return turned_back(box, frame.orientation, frame.columns, frame.rows)

    seen.findings = [
        found if found.box is None else found.model_copy(update={"box": back(found.box)})
        for found in seen.findings
    ]
    seen.crop = None if seen.crop is None else back(seen.crop)
    seen.profile = None
    return seen


def look_volume(instance: Instance) -> Seen:
    """Make sure that a NIfTI volume can be read; its face is looked for when it is written.

    Raises:
        HeldError: those of `face.nifti.file.read_nifti`.
    """
    from pixelscrub.face.nifti.file import read_nifti

    seen = Seen()
    with timed(seen.seconds, "look"):
        read_nifti(instance.source.root / instance.source.path)
    return seen


def apply_volume(task: ApplyTask, source: Source) -> Applied:
    """Write a NIfTI volume without its words and, where it shows one, without its face.

    Raises:
        HeldError: those of `face.nifti.deface`.
    """
    from pixelscrub.face.nifti.deface import copy_nifti, deface_nifti
    from pixelscrub.face.nifti.file import read_nifti
    from pixelscrub.prove.face_check import find_face

    applied = Applied("")
    path = source.root / source.path
    ending = ".nii.gz" if task.plan.output.endswith(".gz") else ".nii"
    out = task.scratch.with_name(f"{task.scratch.name}{ending}")
    try:
        with timed(applied.seconds, "faces"):
            face = task.recipe.face
            if task.recipe.steps.face:
                done = deface_nifti(
                    path, out, modality_of(read_nifti(path)), ears=face.ears,
                    orbits=face.orbits, fill=face.fill, check=find_face, may_be_faceless=True,
                )  # fmt: skip
                applied.face = ("removed" if done.voxels else "none", done.checks)
            else:
                copy_nifti(path, out)
        out.chmod(0o600)
        out.replace(task.scratch)
    finally:
        out.unlink(missing_ok=True)
    return applied


def modality_of(file: NiftiFile) -> Modality:
    """CT where voxels have the values of air in Hounsfield units, else MR."""
    import numpy as np

    values = file.real(file.times[0])
    return (
        "CT" if float((values < AIR_OF_CT).mean()) > OF_AIR and np.isfinite(values).any() else "MR"
    )


def unwrap(task: ApplyTask, source: Source, applied: Applied) -> None:
    """Put the picture in place of the instance that stood for it, and prove it once more.

    Raises:
        HeldError: ENCODE_FAILED; those of `prove.formats.pictures`.
    """
    from pixelscrub.formats.unwrapped import unwrapped
    from pixelscrub.prove.formats.pictures import check_picture_file

    kind = FileFormat(task.plan.format)
    with timed(applied.seconds, "unwrap"):
        with guarded(Reason.UNREADABLE), source.open() as file:
            original = file.read()
        with task.scratch.open("rb") as instance:
            picture = unwrapped(instance, original, kind)
            instance.seek(0)
            check_picture_file(picture, instance, original, kind)
        with writing(task.scratch) as out:
            out.write(picture)
    applied.transfer_syntax = ""
