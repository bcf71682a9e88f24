"""Objects in one instance, and metal in one study's CT volumes; runs in a worker process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixelscrub.errors import Reason, guarded

if TYPE_CHECKING:
    from pixelscrub.findings import Finding
    from pixelscrub.pixels.image import Image
    from pixelscrub.study.tasks import LookTask, ObjectTask, Seen


def add_objects(image: Image, task: LookTask, seen: Seen) -> None:
    """Add the objects of one instance to what was seen in it.

    Of a CT only whether it shows something brighter than bone: which side of the skin that is on
    its volume tells.

    Raises:
        HeldError: a frame cannot be read, or DETECTOR_FAILED.
    """
    from pixelscrub.objects.ct import CtSettings
    from pixelscrub.objects.find import find_objects
    from pixelscrub.objects.suspects import is_slice, shows_metal

    if is_slice(image):
        with guarded(Reason.DETECTOR_FAILED):
            seen.shows_metal = shows_metal(image, CtSettings())
    texts = [found for found in seen.findings if found.kind in {"text", "barcode"}]
    seen.findings = [*seen.findings, *find_objects(image, task.recipe.objects, texts)]


def look_objects(task: ObjectTask) -> dict[str, list[Finding]]:
    """Look for metal in one study's CT volumes.

    Returns:
        findings of kind `object` by SOP Instance UID.

    Raises:
        HeldError: DETECTOR_FAILED, or what made a frame unreadable.
    """
    from pixelscrub.objects.find import find_in_volumes

    return find_in_volumes(task.instances, task.suspects, task.faces, task.recipe.objects)
