"""Objects and slide labels in one instance, metal in a study's CT volumes; in a worker process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixelscrub.errors import HeldError, Reason, guarded

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


def blank_named_label(image: Image, task: LookTask, seen: Seen) -> bool:
    """Blank a picture that its header calls a label; there is nothing left to look for in it.

    Returns:
        whether it was.

    Raises:
        HeldError: SLIDE_LABEL_DROPPED, where the recipe leaves such pictures out.
    """
    from pixelscrub.text.slides import is_named_label

    if not _is_wanted(task) or not is_named_label(image.header):
        return False
    _blank(image, task, seen)
    return True


def blank_shown_label(image: Image, task: LookTask, seen: Seen) -> None:
    """Blank a picture in which text was found that makes it one of a label.

    Raises:
        HeldError: SLIDE_LABEL_DROPPED, where the recipe leaves such pictures out.
    """
    from pixelscrub.text.slides import shows_label

    if _is_wanted(task) and shows_label(image.header, seen.findings):
        _blank(image, task, seen)


def _is_wanted(task: LookTask) -> bool:
    return task.recipe.steps.text and task.recipe.slide_labels != "search"


def _blank(image: Image, task: LookTask, seen: Seen) -> None:
    from pixelscrub.text.slides import whole_picture

    if task.recipe.slide_labels == "drop":
        raise HeldError(Reason.SLIDE_LABEL_DROPPED)
    seen.findings = [whole_picture(image)]
    seen.crop = None
