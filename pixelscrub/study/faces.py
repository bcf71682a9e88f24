"""Look for the faces of one study: in its volumes, in what makes no volume, in shapes of a head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.study.tasks import SeenFaces

if TYPE_CHECKING:
    from pixelscrub.intake.instance import Instance
    from pixelscrub.study.tasks import FaceTask


def look_for_faces(task: FaceTask) -> SeenFaces:
    """Look everywhere; masks of volumes go into the plan's folder."""
    from pixelscrub.face.find import find_faces
    from pixelscrub.prove.face_check import find_face

    found = find_faces(task.instances, task.recipe.face, task.folder, check=find_face)
    seen = SeenFaces(list(found.plans), dict(found.held))
    for instance in found.loose:
        _look_at_picture(instance, seen)
    for instance in task.instances:
        if instance.uid not in seen.held:
            _look_at_shapes(instance, seen)
    return seen


def _look_at_picture(instance: Instance, seen: SeenFaces) -> None:
    from pixelscrub.photos.loose import find_loose_faces
    from pixelscrub.pixels.image import Image

    try:
        with guarded(Reason.UNREADABLE), instance.source.open() as file:
            found = find_loose_faces(Image(file))
    except HeldError as error:
        seen.held[instance.uid] = error.reason
        return
    if found:
        seen.findings[instance.uid] = found


def _look_at_shapes(instance: Instance, seen: SeenFaces) -> None:
    """Structure sets, segmentations, surfaces, models and dose that show a face are held."""
    from pixelscrub.prove.shapes import face_in_shapes, may_hold_shape

    if not may_hold_shape(instance.sop_class):
        return
    try:
        with guarded(Reason.UNREADABLE), instance.source.open() as file:
            shows_face = face_in_shapes(file).is_face
    except HeldError as error:
        seen.held[instance.uid] = error.reason
        return
    if shows_face:
        seen.held[instance.uid] = Reason.FACE_IN_DERIVED
