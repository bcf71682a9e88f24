"""The marks of conformance: what was done to this very instance, and no more (PS3.15 E.3)."""

from __future__ import annotations

from functools import lru_cache

from pixelscrub.dicom.elements import Encoding
from pixelscrub.dicom.writer import item, leaf, sequence
from pixelscrub.recipe import TagSettings
from pixelscrub.tags.done import Done

METHOD = "pixelscrub"
GENERALISED = "\\ages, sizes, weights and times generalised"
"""There is no code for it (CID 7050), so it is a value of De-identification Method."""
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


@lru_cache(maxsize=64)
def marks(
    settings: TagSettings, done: Done, whole_profile: bool, how: Encoding
) -> dict[int, bytes]:
    """The marks as elements by tag; an empty one is to be left out.

    Args:
        settings: the options that were active.
        done: what was done to the pixels.
        whole_profile: no rule of the recipe kept what the Basic Profile would have changed;
            otherwise the profile is not claimed.
        how: how elements are written.
    """
    method = METHOD if whole_profile else f"{METHOD}\\recipe with own rules"
    method += GENERALISED * settings.generalise
    codes = [BASIC] if whole_profile else []
    codes += [TEXT] * done.text + [FACE] * done.face
    codes += [code for name, code in OPTIONS.items() if name in settings.options]
    dates = [text for name, text in _DATES.items() if name in settings.options]
    elements = {
        0x00120062: leaf(0x00120062, "CS", "YES", how),
        0x00120063: leaf(0x00120063, "LO", method, how),
        0x00120064: sequence(0x00120064, [_code(*code, how) for code in codes], how),
        0x00280303: leaf(0x00280303, "CS", (dates or ["REMOVED"])[0], how),
    }
    if done.text:
        elements[0x00280301] = leaf(0x00280301, "CS", "NO", how)
    if done.face:
        elements[0x00280302] = leaf(0x00280302, "CS", "NO", how)
    return elements


def _code(value: str, meaning: str, how: Encoding) -> bytes:
    leaves = [(0x00080100, "SH", value), (0x00080102, "SH", "DCM"), (0x00080104, "LO", meaning)]
    return item([leaf(*each, how) for each in leaves], how)
