"""Outlines of the skin that lie beside the images: RT structure sets and segmentations."""

from __future__ import annotations

import re
from typing import Final

from pixelscrub.errors import Reason, guarded
from pixelscrub.intake.instance import Instance

MODALITIES: Final = frozenset({"RTSTRUCT", "SEG"})
NAMES: Final = {
    "StructureSetROISequence": ("ROIName", "ROIDescription"),
    "SegmentSequence": ("SegmentLabel", "SegmentDescription"),
    "RTROIObservationsSequence": ("RTROIInterpretedType",),
}
"""Where names stand (PS3.3 C.8.8.5, C.8.8.8, C.8.20.2)."""
SKIN: Final = re.compile(
    r"skin|body|extern|outline|contour|surface|face|facial|head|nose|nasal|haut|peau|piel",
    re.IGNORECASE,
)


def outlines_skin(instance: Instance) -> bool:
    """Whether a structure set or a segmentation names an outline from which a face can be drawn.

    Raises:
        HeldError: FACE_FAILED, where it cannot be read.
    """
    from pydicom import dcmread

    if instance.modality not in MODALITIES:
        return False
    with guarded(Reason.FACE_FAILED), instance.source.open_instance() as file:
        header = dcmread(file, stop_before_pixels=True, force=True, specific_tags=list(NAMES))
        return any(
            SKIN.search(str(item.get(name) or ""))
            for sequence, names in NAMES.items()
            for item in header.get(sequence) or []
            for name in names
        )
