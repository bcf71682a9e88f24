"""What an instance's header says about the part of the body it shows."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from pixelscrub.errors import Reason, guarded
from pixelscrub.intake.instance import Instance
from pixelscrub.intake.mosaic import KIND, image_type

MODALITIES: Final = frozenset({"CT", "MR", "PT"})
"""Modalities whose volumes can show a face. SPECT, ultrasound and projections are not looked at."""
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
OTHER: Final = frozenset(
    [
        "KNEE",
        "ANKLE",
        "FOOT",
        "HAND",
        "WRIST",
        "ELBOW",
        "FOREARM",
        "LEG",
        "CALF",
        "THIGH",
        "HIP",
        "PELVIS",
        "PROSTATE",
        "UTERUS",
        "BLADDER",
        "KIDNEY",
        "LIVER",
        "ABDOMEN",
        "LSPINE",
        "SSPINE",
        "COCCYX",
        "BREAST",
        "HEART",
        "TOE",
        "FINGER",
        "THUMB",
        "EXTREMITY",
        "ARM",
        "SHOULDER",
        "HUMERUS",
        "FEMUR",
        "PHANTOM",
    ]
)
"""Values of Body Part Examined (PS3.16 annex L) whose fields of view leave out the face."""


def may_show_head(instance: Instance) -> bool:
    """Whether the instance is an image of a modality whose volumes can show a face."""
    return instance.modality in MODALITIES and _words(instance)[2]


def says_head(instance: Instance) -> bool:
    """Whether any description names the head or a part of it, or slices lie side by side.

    Such mosaics are MR of the brain over time, whatever else their headers say.
    """
    _, descriptions, _, kinds = _words(instance)
    return HEAD.search(descriptions) is not None or KIND in kinds


def says_other(instance: Instance) -> bool:
    """Whether the header names a part of the body without a face, and no description a head."""
    return _words(instance)[0] in OTHER and not says_head(instance)


def is_projection(instance: Instance) -> bool:
    """Whether pixels sum up what lies behind them, or show a surface: a scout of CT, a MIP."""
    kinds = _words(instance)[3]
    return bool(kinds & PROJECTED) or (instance.modality == "CT" and "LOCALIZER" in kinds)


@lru_cache(maxsize=4096)
def _words(instance: Instance) -> tuple[str, str, bool, frozenset[str]]:
    """Body part, all descriptions in one, whether it is an image, and values of Image Type."""
    from pydicom import dcmread

    with guarded(Reason.FACE_FAILED), instance.source.open_instance() as file:
        wanted = [*TAGS, "Rows", "ImageType"]
        header = dcmread(file, stop_before_pixels=True, force=True, specific_tags=wanted)
        body_part = str(header.get("BodyPartExamined") or "").strip().upper()
        descriptions = " ".join(str(header.get(tag) or "") for tag in TAGS)
        return body_part, descriptions, "Rows" in header, image_type(header)
