"""Look for the faces of one study: in its volumes, in what makes no volume, in shapes of a head."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.study.tasks import SeenFaces

if TYPE_CHECKING:
    import SimpleITK as sitk  # noqa: N813

    from pixelscrub.intake.instance import Instance
    from pixelscrub.plan import FacePlan
    from pixelscrub.study.tasks import FaceTask


def look_for_faces(task: FaceTask) -> SeenFaces:
    """Look everywhere; masks of volumes go into the plan's folder."""
    from pixelscrub.face.find import find_faces
    from pixelscrub.prove.face_check import find_face

    found = find_faces(task.instances, task.recipe.face, task.folder, check=find_face)
    seen = SeenFaces(list(found.plans), dict(found.held))
    has_head = bool(found.held) or any(plan.status != "none" for plan in found.plans)
    for instance in found.loose:
        _look_at_picture(instance, has_head, seen)
    for instance in task.instances:
        if instance.uid not in seen.held:
            _look_at_shapes(instance, task, seen)
    return seen


def _look_at_picture(instance: Instance, has_head: bool, seen: SeenFaces) -> None:
    """A slice or scout loses its face; of a rendering the rest of the head would tell as much."""
    from pixelscrub.face.subject import is_projection, is_slice_class
    from pixelscrub.photos.loose import find_loose_faces
    from pixelscrub.photos.pictures import SETTINGS
    from pixelscrub.pixels.image import Image

    settings = SETTINGS
    if is_projection(instance) or (has_head and not is_slice_class(instance)):
        settings = replace(SETTINGS, min_score=SETTINGS.min_expected)
    try:
        with guarded(Reason.UNREADABLE), instance.source.open_instance() as file:
            found = find_loose_faces(Image(file), settings)
    except HeldError as error:
        seen.held[instance.uid] = error.reason
        return
    if found and is_slice_class(instance):
        seen.findings[instance.uid] = found
    elif found:
        seen.held[instance.uid] = Reason.FACE_IN_DERIVED


def _look_at_shapes(instance: Instance, task: FaceTask, seen: SeenFaces) -> None:
    """Structure sets, segmentations, surfaces, models and dose that show a face.

    Those made of pixels are cut by the masks of heads in their frame of reference; where that is
    not enough, and all others, are held.
    """
    from pixelscrub.prove.shapes import face_in_shapes, may_hold_shape
    from pixelscrub.study.shapes import cut_shape

    if not may_hold_shape(instance.sop_class):
        return
    try:
        with guarded(Reason.UNREADABLE), instance.source.open_instance() as file:
            if not face_in_shapes(file).is_face:
                return
        masks = _masks(instance.frame_of_reference, task, seen.plans)
        name = f"face-shape-{len(seen.plans) + 1}.nii.gz"
        plan = cut_shape(instance, masks, task.folder, name)
    except HeldError as error:
        seen.held[instance.uid] = error.reason
        return
    if plan is None:
        seen.held[instance.uid] = Reason.FACE_IN_DERIVED
    else:
        seen.plans.append(plan)


def _masks(frame_of_reference: str, task: FaceTask, plans: list[FacePlan]) -> list[sitk.Image]:
    """What was taken from volumes of a frame of reference."""
    import SimpleITK as sitk  # noqa: N813

    series = {one.series for one in task.instances if one.frame_of_reference == frame_of_reference}
    return [
        sitk.ReadImage(str(task.folder / plan.mask))
        for plan in plans
        if frame_of_reference and plan.mask and plan.status == "removed" and plan.series in series
    ]
