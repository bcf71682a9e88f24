"""What an instance's header says about the part of the body it shows."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedMRColorImageStorage,
    EnhancedMRImageStorage,
    EnhancedPETImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    LegacyConvertedEnhancedPETImageStorage,
    MRImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameSingleBitSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    NuclearMedicineImageStorage,
    ParametricMapStorage,
    PositronEmissionTomographyImageStorage,
    SecondaryCaptureImageStorage,
    XRay3DAngiographicImageStorage,
    XRay3DCraniofacialImageStorage,
)

from pixelscrub.errors import Reason, guarded
from pixelscrub.intake.instance import Instance
from pixelscrub.intake.mosaic import KIND, image_type

VOLUMES: Final[dict[str, str]] = {
    CTImageStorage: "CT",
    EnhancedCTImageStorage: "CT",
    LegacyConvertedEnhancedCTImageStorage: "CT",
    MRImageStorage: "MR",
    EnhancedMRImageStorage: "MR",
    EnhancedMRColorImageStorage: "MR",
    LegacyConvertedEnhancedMRImageStorage: "MR",
    PositronEmissionTomographyImageStorage: "PT",
    EnhancedPETImageStorage: "PT",
    LegacyConvertedEnhancedPETImageStorage: "PT",
    XRay3DAngiographicImageStorage: "CT",
    XRay3DCraniofacialImageStorage: "CT",
    ParametricMapStorage: "",
    NuclearMedicineImageStorage: "",
    SecondaryCaptureImageStorage: "",
    MultiFrameSingleBitSecondaryCaptureImageStorage: "",
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage: "",
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage: "",
    MultiFrameTrueColorSecondaryCaptureImageStorage: "",
}
"""SOP classes whose instances may be slices of a head, and how their values are read first."""
MODALITIES: Final[dict[str, str]] = {
    "CT": "CT",
    "CBCT": "CT",
    "MR": "MR",
    "MRI": "MR",
    "NMR": "MR",
    "PT": "PT",
    "PET": "PT",
}
"""Values of Modality, in capitals, that say the same in any other class."""
PROJECTED: Final = frozenset(
    ("PROJECTION IMAGE", "MIP", "MINIP", "MAX_IP", "VOLUME_RENDERED", "VOLREN", "VRT", "CPR")
)
"""Values of Image Type (PS3.3 C.8.16.1.3, C.8.2.1.1.1) of pictures that are no slices."""
TAGS: Final = ["BodyPartExamined", "StudyDescription", "SeriesDescription", "ProtocolName"]
HEAD: Final = re.compile(
    r"head|brain|skull|cran|kopf|sch[aä]del|hirn|t[eê]te|c[eé]r[eé]b|face|facial|orbit|sinus|"
    r"neuro|nasal|maxill|jaw|mandib|dental|ear\b|iac\b|pituit|cabeza|testa|enc[eé]f",
    re.IGNORECASE,
)


def may_show_head(instance: Instance) -> bool:
    """Whether an instance may hold slices of a head, by its class, or else by its Modality."""
    return is_slice_class(instance) and _words(instance).is_image


def is_slice_class(instance: Instance) -> bool:
    """Whether an instance's class, or else its Modality, is one whose images may be slices."""
    return instance.sop_class in VOLUMES or instance.modality.strip().upper() in MODALITIES


def kind_of(instance: Instance) -> str:
    """`CT`, `MR` or `PT`, as its class or else its Modality says; empty where neither does."""
    by_class = VOLUMES.get(instance.sop_class, "")
    return by_class or MODALITIES.get(instance.modality.strip().upper(), "")


def says_head(instance: Instance) -> bool:
    """Whether any description names the head or a part of it, or slices lie side by side.

    Such mosaics are MR of the brain over time, whatever else their headers say.
    """
    words = _words(instance)
    return HEAD.search(words.descriptions) is not None or KIND in words.kinds


def is_mosaic(instance: Instance) -> bool:
    """Whether slices lie side by side in one frame, as Siemens writes MR over time."""
    return KIND in _words(instance).kinds


def is_projection(instance: Instance) -> bool:
    """Whether pixels sum up what lies behind them, or show a surface: a scout of CT, a MIP."""
    kinds = _words(instance).kinds
    return bool(kinds & PROJECTED) or (instance.modality == "CT" and "LOCALIZER" in kinds)


def is_colour(instance: Instance) -> bool:
    """Whether its pixels have several samples."""
    return _words(instance).samples > 1


class _Words(NamedTuple):
    descriptions: str
    is_image: bool
    kinds: frozenset[str]
    samples: int


@lru_cache(maxsize=4096)
def _words(instance: Instance) -> _Words:
    """All descriptions in one, whether it is an image, values of Image Type, samples a pixel."""
    from pydicom import dcmread

    with guarded(Reason.FACE_FAILED), instance.source.open_instance() as file:
        wanted = [*TAGS, "Rows", "ImageType", "SamplesPerPixel"]
        header = dcmread(file, stop_before_pixels=True, force=True, specific_tags=wanted)
        descriptions = " ".join(str(header.get(tag) or "") for tag in TAGS)
        samples = int(header.get("SamplesPerPixel") or 1)
        return _Words(descriptions, "Rows" in header, image_type(header), samples)
