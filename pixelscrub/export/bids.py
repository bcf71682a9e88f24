"""Names after the Brain Imaging Data Structure (BIDS 1.10), and side-cars of the tags kept.

Names are made of our pseudonyms, modality and acquisition parameters; nothing is guessed from
descriptions, which scrubbing takes out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pydicom import dcmread

from pixelscrub.errors import Reason, guarded
from pixelscrub.intake.instance import Instance

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

IN_SECONDS: Final = ("EchoTime", "RepetitionTime", "InversionTime")
"""Milliseconds in DICOM, seconds in BIDS."""
GROUPS: Final = (0x0008, 0x0018, 0x0028, 0x0054)
"""Of the image, the acquisition and the equipment; nothing of patient and study."""
VALUE_REPRESENTATIONS: Final = frozenset(("CS", "DS", "IS", "US", "SS", "FL", "FD", "LO", "SH"))
FEWEST_OF_A_RUN: Final = 20
"""Repeated volumes from which on an echo planar series is one of function."""


def name_of(instance: Instance, tags: dict[str, Any], number: int, volumes: int) -> str:
    """`sub-<patient>/ses-<study>/<kind>/sub-..._ses-..._run-..._<suffix>.nii.gz`.

    Args:
        instance: one of the volume; its path in the output folder is made of pseudonyms.
        tags: its side-car.
        number: which volume of the series it is, from 1.
        volumes: how many times it was taken.
    """
    patient, study, series, _ = instance.source.path.split("/")
    kind, suffix = _kind(instance.modality, tags, volumes)
    sub, ses = f"sub-{_label(patient)}", f"ses-{_label(study)[-8:]}"
    acquisition = f"acq-{_label(series)[-8:]}"
    name = f"{sub}_{ses}_{acquisition}_run-{number:02d}_{suffix}.nii.gz"
    return f"{sub}/{ses}/{kind}/{name}"


def sidecar(instances: list[Instance]) -> dict[str, Any]:
    """What all instances of a volume say alike of image, acquisition and equipment."""
    common: dict[str, Any] | None = None
    for instance in instances:
        with guarded(Reason.DAMAGED_FILE), instance.source.open_instance() as file:
            tags = _tags(dcmread(file, stop_before_pixels=True, force=True))
        if common is None:
            common = tags
        common = {k: v for k, v in common.items() if tags.get(k) == v}
    result = dict(common or {})
    for keyword in IN_SECONDS:
        if isinstance(result.get(keyword), int | float):
            result[keyword] = result[keyword] / 1000
    return result


def _tags(header: Dataset) -> dict[str, Any]:
    found = {}
    for element in header:
        wanted = element.tag.group in GROUPS and element.VR in VALUE_REPRESENTATIONS
        if wanted and element.keyword and not element.is_empty:
            found[element.keyword] = _plain(element.value)
    return found


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, str):
        return value
    if hasattr(value, "__iter__"):
        return [_plain(one) for one in value]
    return int(value) if float(value).is_integer() else float(value)


def _kind(modality: str, tags: dict[str, Any], volumes: int) -> tuple[str, str]:
    """Folder and suffix."""
    if modality == "PT":
        return "pet", "pet"
    if modality != "MR":
        return modality.lower() or "other", _label(modality).lower() or "image"
    if "DiffusionBValue" in tags:
        return "dwi", "dwi"
    if volumes >= FEWEST_OF_A_RUN:
        return "func", "bold"
    return "anat", _weighting(tags)


def _weighting(tags: dict[str, Any]) -> str:
    """By echo, repetition and inversion time, as textbooks of MR have it; seconds."""
    echo, repetition, inversion = (float(tags.get(k) or 0) for k in IN_SECONDS)
    if inversion > 1.5 and echo > 0.06:
        return "FLAIR"
    if echo > 0.06 and repetition > 1.5:
        return "T2w"
    if 0 < echo <= 0.03 and (repetition < 1.0 or inversion):
        return "T1w"
    return "MRI"


def _label(text: str) -> str:
    """BIDS labels hold letters and digits only."""
    return re.sub(r"[^A-Za-z0-9]", "", text)
