"""Pictures of slide labels that were not blanked."""

from __future__ import annotations

from collections.abc import Iterator

from pixelscrub.audit.issues import Issue
from pixelscrub.audit.pairs import File
from pixelscrub.errors import HeldError
from pixelscrub.pixels.image import Image
from pixelscrub.text.slides import is_named_label


def check_label(output: File, name: str) -> Iterator[Issue]:
    """Look at a picture that its header calls a label or an overview of a slide.

    Yields:
        `slide_label_left` where a frame shows anything; `unreadable` where it cannot be decoded.
    """
    if not is_named_label(output.header):
        return
    try:
        with output.open() as file:
            image = Image(file)
            frames = range(image.info.frames if image.info is not None else 0)
            shown = (image.frame(index) for index in frames)
            left = next(
                (at for at, cells in enumerate(shown) if (cells != cells[0, 0]).any()), None
            )
    except HeldError:
        yield Issue("unreadable", name)
        return
    if left is not None:
        yield Issue("slide_label_left", name, f"frame {left}")
