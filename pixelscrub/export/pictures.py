"""Frames as PNG or JPEG, as a viewer shows them when it opens the image."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final, Literal

from PIL import Image as Pillow

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.intake.instance import Instance
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.show import show

QUALITY: Final = 92
SUFFIX: Final = {"png": ".png", "jpeg": ".jpg"}


def write_pictures(
    instances: list[Instance], folder: Path, form: Literal["png", "jpeg"]
) -> tuple[int, Counter[str]]:
    """Write a picture of each frame, named after its instance (and frame, from 1).

    Returns:
        files written, and instances of which none could be, by reason.
    """
    files, not_shown = 0, Counter[str]()
    for instance in instances:
        try:
            files += _write(instance, folder, form)
        except HeldError as error:
            not_shown[error.reason] += 1
    return files, not_shown


def _write(instance: Instance, folder: Path, form: Literal["png", "jpeg"]) -> int:
    base = (folder / instance.source.path).with_suffix("")
    with guarded(Reason.UNREADABLE), instance.source.open_instance() as file:
        image = Image(file)
        count = image.known.frames
        base.parent.mkdir(parents=True, exist_ok=True)
        for index in range(count):
            name = base.name + (f"_{index + 1:04d}" if count > 1 else "") + SUFFIX[form]
            picture = Pillow.fromarray(show(image, index))
            with guarded(Reason.WRITE_FAILED):
                picture.save(base.with_name(name), format=form.upper(), quality=QUALITY)
    return count
