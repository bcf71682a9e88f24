"""Pictures of a slide's label: told by Image Type, and by what they show.

A whole slide comes with a picture of its label and one of the glass as a whole (Image Type `LABEL`
and `OVERVIEW`, PS3.3 C.8.12.4.1.1). Both show name, number and code, handwriting among them, which
no detector finds with certainty; so such a picture goes as a whole. Levels of the pyramid stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from pydicom.uid import (
    VLMicroscopicImageStorage,
    VLSlideCoordinatesMicroscopicImageStorage,
    VLWholeSlideMicroscopyImageStorage,
)

from pixelscrub.findings import Box, Finding

if TYPE_CHECKING:
    from pixelscrub.pixels.image import Image

SLIDE_CLASSES: Final = (
    VLMicroscopicImageStorage,
    VLSlideCoordinatesMicroscopicImageStorage,
    VLWholeSlideMicroscopyImageStorage,
)
SLIDE_MODALITY: Final = "SM"
LABEL_TYPES: Final = ("LABEL", "OVERVIEW")
MIN_TEXTS: Final = 2
"""Finds of text that make a picture one of a label. A single one may be a false find in tissue,
which costs its box and not the picture."""
SOURCE: Final = "slide_label"
"""What findings carry as their source."""


def is_named_label(header: Any) -> bool:
    """Whether a header says that a picture of a slide shows its label."""
    if not _is_of_slide(header):
        return False
    kind = header.get("ImageType") or ()
    values = [kind] if isinstance(kind, str) else list(kind)
    is_label = any(str(value).strip().upper() in LABEL_TYPES for value in values)
    return is_label or (_is_whole(header) and header.get("SpecimenLabelInImage") == "YES")


def shows_label(header: Any, findings: Sequence[Finding]) -> bool:
    """Whether a picture of a slide shows a label, whatever its header calls it.

    Args:
        header: of the instance.
        findings: what the text step found in it.
    """
    if not (_is_of_slide(header) and _is_whole(header)):
        return False
    texts = [f for f in findings if f.kind == "text" and f.action == "mask"]
    return len(texts) >= MIN_TEXTS or any(f.kind == "barcode" for f in findings)


def whole_picture(image: Image) -> Finding:
    """The finding that blanks every frame."""
    box = Box(0, 0, image.known.columns, image.known.rows)
    return Finding(kind="region", box=box, source=SOURCE)


def _is_of_slide(header: Any) -> bool:
    of_class = header.get("SOPClassUID") in SLIDE_CLASSES
    return of_class or header.get("Modality") == SLIDE_MODALITY


def _is_whole(header: Any) -> bool:
    """Whether the instance is one picture, no tiles."""
    return int(header.get("NumberOfFrames") or 1) == 1
