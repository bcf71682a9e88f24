"""What must not stand anywhere in an output: the terms of its study, less what an option keeps."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pixelscrub.identity.terms import Terms
from pixelscrub.prove.search import Needles

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

OPTION_CODES: Final = {
    "113103": "clean_graphics",
    "113104": "clean_structured_content",
    "113105": "clean_descriptors",
    "113106": "retain_full_dates",
    "113107": "retain_modified_dates",
    "113108": "retain_patient_characteristics",
    "113109": "retain_device_identity",
    "113110": "retain_uids",
    "113111": "retain_safe_private",
    "113112": "retain_institution_identity",
}
"""CID 7050."""
STANDARD_UIDS: Final = "1.2.840.10008."
MAKERS: Final = ("Manufacturer", "ManufacturerModelName")
DATES: Final = frozenset({"retain_full_dates", "retain_modified_dates"})
NEW_YEAR: Final = "0101"
"""How made-up dates end."""
TELLING: Final = 6
"""Characters from which the name of a place or a device, or a UID, tells anything."""


def claimed_options(header: Dataset) -> frozenset[str]:
    """The options of PS3.15 that a header says were applied."""
    codes = header.get("DeidentificationMethodCodeSequence") or []
    found = (OPTION_CODES.get(str(item.get("CodeValue", ""))) for item in codes)
    return frozenset(option for option in found if option)


def without_makers(terms: Terms, header: Dataset) -> Terms:
    """The terms less names of the maker and model in a header, which the Basic Profile keeps."""
    makers = (str(header.get(keyword) or "").casefold() for keyword in MAKERS)
    return but_makers(terms, frozenset(makers))


@lru_cache(maxsize=8)
def but_makers(terms: Terms, makers: frozenset[str]) -> Terms:
    """The terms less what stands in the names of makers and models, in small letters."""
    places, equipment = (
        frozenset(v for v in values if not any(v.casefold() in maker for maker in makers))
        for values in (terms.places, terms.equipment)
    )
    return replace(terms, places=places, equipment=equipment)


@lru_cache(maxsize=8)
def needles(terms: Terms, options: frozenset[str]) -> Needles:
    """What is to be looked for in an output that claims `options`."""
    return _prepared(values(terms, options))


@lru_cache(maxsize=8)
def _prepared(values: frozenset[str]) -> Needles:
    return Needles.of(values)


def values(terms: Terms, options: Set[str]) -> frozenset[str]:
    """What must not stand in an output of the study that claims `options`."""
    more: set[str] = set()
    if "retain_institution_identity" not in options:
        more |= terms.places
    if "retain_device_identity" not in options:
        more |= terms.equipment
    if not DATES & set(options):
        more |= {date for date in terms.dates if not date.endswith(NEW_YEAR)}
    if "retain_uids" not in options:
        more |= {uid for uid in terms.uids if not uid.startswith(STANDARD_UIDS)}
    spared = [text.casefold() for text in terms.spared]
    telling = {v for v in more if len(v) >= TELLING}
    return terms.variants() | {v for v in telling if not any(v.casefold() in t for t in spared)}
