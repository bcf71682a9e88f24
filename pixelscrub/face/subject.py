"""What an instance's header says about the part of the body it shows."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from pixelscrub.errors import Reason, guarded
from pixelscrub.intake.instance import Instance

MODALITIES: Final = frozenset({"CT", "MR", "PT"})
"""Modalities whose volumes can show a face. SPECT, ultrasound and projections are not looked at."""
TAGS: Final = ["BodyPartExamined", "StudyDescription", "SeriesDescription", "ProtocolName", "Rows"]
HEAD: Final = re.compile(
    r"head|brain|skull|cran|kopf|sch[aä]del|hirn|t[eê]te|c[eé]r[eé]b|face|facial|orbit|sinus|"
    r"neuro|nasal|maxill|jaw|mandib|dental|ear\b|iac\b|pituit|cabeza|testa|enc[eé]f",
    re.IGNORECASE,
)
OTHER: Final = frozenset(
    "KNEE ANKLE FOOT HAND WRIST ELBOW FOREARM LEG CALF THIGH HIP PELVIS PROSTATE UTERUS BLADDER "
    "KIDNEY LIVER ABDOMEN LSPINE SSPINE COCCYX BREAST HEART TOE FINGER THUMB EXTREMITY ARM "
    "SHOULDER HUMERUS FEMUR PHANTOM".split()
)
"""Values of Body Part Examined (PS3.16 annex L) whose fields of view leave out the face."""


def may_show_head(instance: Instance) -> bool:
    """Whether the instance is an image of a modality whose volumes can show a face."""
    return instance.modality in MODALITIES and _words(instance)[2]


def says_head(instance: Instance) -> bool:
    """Whether any description names the head or a part of it."""
    return HEAD.search(_words(instance)[1]) is not None


def says_other(instance: Instance) -> bool:
    """Whether the header names a part of the body without a face, and no description a head."""
    return _words(instance)[0] in OTHER and not says_head(instance)


@lru_cache(maxsize=4096)
def _words(instance: Instance) -> tuple[str, str, bool]:
    """Body part, all descriptions in one, and whether it is an image."""
    from pydicom import dcmread

    with guarded(Reason.FACE_FAILED), instance.source.open() as file:
        header = dcmread(file, stop_before_pixels=True, force=True, specific_tags=list(TAGS))
        body_part = str(header.get("BodyPartExamined") or "").strip().upper()
        return body_part, " ".join(str(header.get(t) or "") for t in TAGS[:4]), "Rows" in header
