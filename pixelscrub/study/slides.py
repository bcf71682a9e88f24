"""Pictures of slide labels on their way through a study: blanked, dropped or searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixelscrub.errors import HeldError, Reason

if TYPE_CHECKING:
    from pixelscrub.pixels.image import Image
    from pixelscrub.study.tasks import LookTask, Seen


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
