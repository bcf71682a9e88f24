"""The marks of conformance: what was done to this very instance, and no more (PS3.15 E.3)."""

from __future__ import annotations

from pydicom import Dataset
from pydicom.sequence import Sequence

from pixelscrub.recipe import TagSettings
from pixelscrub.tags.done import Done

METHOD = "pixelscrub"
BASIC = ("113100", "Basic Application Confidentiality Profile")
TEXT = ("113101", "Clean Pixel Data Option")
FACE = ("113102", "Clean Recognizable Visual Features Option")
OPTIONS = {
    "clean_graphics": ("113103", "Clean Graphics Option"),
    "clean_structured_content": ("113104", "Clean Structured Content Option"),
    "clean_descriptors": ("113105", "Clean Descriptors Option"),
    "retain_full_dates": (
        "113106",
        "Retain Longitudinal Temporal Information Full Dates Option",
    ),
    "retain_modified_dates": (
        "113107",
        "Retain Longitudinal Temporal Information Modified Dates Option",
    ),
    "retain_patient_characteristics": ("113108", "Retain Patient Characteristics Option"),
    "retain_device_identity": ("113109", "Retain Device Identity Option"),
    "retain_uids": ("113110", "Retain UIDs Option"),
    "retain_safe_private": ("113111", "Retain Safe Private Option"),
    "retain_institution_identity": ("113112", "Retain Institution Identity Option"),
}
_DATES = {"retain_full_dates": "UNMODIFIED", "retain_modified_dates": "MODIFIED"}


def mark(header: Dataset, settings: TagSettings, done: Done, whole_profile: bool) -> None:
    """Write the marks into the header.

    Args:
        header: changed in place.
        settings: the options that were active.
        done: what was done to the pixels.
        whole_profile: no rule of the recipe kept what the Basic Profile would have changed;
            otherwise the profile is not claimed.
    """
    header.PatientIdentityRemoved = "YES"
    header.DeidentificationMethod = METHOD if whole_profile else [METHOD, "recipe with own rules"]
    codes = [BASIC] if whole_profile else []
    codes += [TEXT] * done.text + [FACE] * done.face
    codes += [code for name, code in OPTIONS.items() if name in settings.options]
    if codes:
        header.DeidentificationMethodCodeSequence = Sequence(map(_code, codes))
    elif "DeidentificationMethodCodeSequence" in header:
        del header.DeidentificationMethodCodeSequence
    dates = [text for name, text in _DATES.items() if name in settings.options]
    header.LongitudinalTemporalInformationModified = (dates or ["REMOVED"])[0]
    if done.text:
        header.BurnedInAnnotation = "NO"
    if done.face:
        header.RecognizableVisualFeatures = "NO"


def _code(code: tuple[str, str]) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodeMeaning = code
    item.CodingSchemeDesignator = "DCM"
    return item
