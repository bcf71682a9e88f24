"""What every way of writing an instance does with its header."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

    from pixelscrub.study.tasks import ApplyTask
    from pixelscrub.tags.deidentify import HeaderTask
    from pixelscrub.tags.done import Done


def set_made_uids(task: ApplyTask, header: FileDataset) -> None:
    """Put made UIDs where the header has none; keyed where no later step replaces them."""
    from pixelscrub.identity.pseudonyms import Pseudonyms

    settings = task.recipe.tags
    stays = not task.recipe.steps.tags or "retain_uids" in settings.options
    keyed = Pseudonyms.of(task.key, settings).uid if stays else str
    values = {
        "SOPInstanceUID": task.plan.uid,
        "StudyInstanceUID": task.study,
        "SeriesInstanceUID": task.plan.series,
    }
    for keyword in task.plan.made_uids:
        header.add_new(keyword, "UI", keyed(values[keyword]))  # the element may be of another VR
    if "SOPInstanceUID" in task.plan.made_uids:
        header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID


def header_task(task: ApplyTask, done: Done) -> HeaderTask:
    """How the header is to be de-identified."""
    from pixelscrub.identity.pseudonyms import Pseudonyms
    from pixelscrub.tags.deidentify import HeaderTask

    settings = task.recipe.tag_settings
    pseudonyms = Pseudonyms.of(task.key, settings)
    return HeaderTask(settings, pseudonyms, done, task.terms, task.patient)
