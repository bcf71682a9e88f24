"""The eighteen identifiers of HIPAA Safe Harbor (45 CFR 164.514(b)(2)(i)) as rows of a statement.

Each row says where the identifier can stand in an image, what this run did there and how often,
and what `verify` found. Counts come from the records of the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pixelscrub.recipe import Recipe
from pixelscrub.statement.records import Records

NOT_RUN: Final = "not run"
HEADER_ISSUES: Final = frozenset(
    {
        "identifier_left",
        "attribute_left",
        "identifier_in_name",
        "preamble_kept",
        "application_entity_left",
    }
)
PIXEL_ISSUES: Final = frozenset(
    {"identifier_in_picture", "mask_missing", "slide_label_left", "text_left"}
)
FACE_ISSUES: Final = frozenset({"face_left", "face_not_taken_out"})


@dataclass(frozen=True)
class Identifier:
    """One of the eighteen.

    Attributes:
        code: letter of the regulation's list.
        name: key of its name in the texts.
        attributes: keywords of attributes that hold it, examples of Table E.1-1.
        places: keys of the places where it can stand: attributes, pixels, face, streams.
        kept_by: options of PS3.15 that let a part of it stay.
    """

    code: str
    name: str
    attributes: tuple[str, ...]
    places: tuple[str, ...] = ("attributes", "pixels", "streams")
    kept_by: tuple[str, ...] = ()


INSTITUTION: Final = ("retain_institution_identity",)
DEVICE: Final = ("retain_device_identity",)
DATES: Final = ("retain_full_dates", "retain_modified_dates")
IDENTIFIERS: Final = (
    Identifier("A", "names", ("PatientName", "OtherPatientNames", "ReferringPhysicianName")),
    Identifier(
        "B", "places", ("PatientAddress", "RegionOfResidence", "InstitutionAddress"),
        kept_by=INSTITUTION,
    ),
    Identifier(
        "C", "dates", ("PatientBirthDate", "StudyDate", "AcquisitionDateTime", "PatientAge"),
        kept_by=DATES,
    ),
    Identifier("D", "telephone", ("PatientTelephoneNumbers", "ReferringPhysicianTelephoneNumbers")),
    Identifier("E", "fax", ("PersonTelecomInformation",)),
    Identifier("F", "email", ("PatientTelecomInformation",)),
    Identifier("G", "social_security", ("OtherPatientIDs",)),
    Identifier("H", "medical_record", ("PatientID", "AccessionNumber", "AdmissionID")),
    Identifier("I", "health_plan", ("InsurancePlanIdentification",)),
    Identifier("J", "account", ("PatientAccountNumber", "ServiceEpisodeID")),
    Identifier("K", "licence", ("ResponsibleOrganization",)),
    Identifier("L", "vehicle", ("PatientComments",)),
    Identifier(
        "M", "device", ("DeviceSerialNumber", "DeviceUID", "UniqueDeviceIdentifier"), kept_by=DEVICE
    ),
    Identifier("N", "web", ("RetrieveURL", "StorageURL"), ("attributes", "streams")),
    Identifier("O", "network", ("StationName", "RetrieveAETitle"), ("attributes",), DEVICE),
    Identifier("P", "biometric", ("PatientPhotograph",), ("attributes",)),
    Identifier("Q", "photograph", ("IconImageSequence",), ("pixels", "face")),
    Identifier(
        "R", "other", ("SOPInstanceUID", "StudyID", "PerformedProcedureStepID"),
        ("attributes", "pixels", "streams"), ("retain_uids",),
    ),
)  # fmt: skip


def rows(records: Records, over_89: int = 0) -> list[dict[str, object]]:
    """The eighteen rows, for a statement.

    Args:
        records: of the run.
        over_89: patients whose age of 90 or more the release tells; where ages are in bands, all
            of them are one group, which the regulation allows.
    """
    generalised = records.recipe.release.on_rare == "generalise"
    ages = ["ages_over_89"] if over_89 and not generalised else []
    faces = ["faces_partial"] if records.counts.faces["partial"] else []
    more = {"dates": ages, "photograph": faces}
    return [_row(one, records, more.get(one.name, [])) for one in IDENTIFIERS]


def kept_for(one: Identifier, recipe: Recipe) -> list[str]:
    """Steps that are off, and options and rules by which a part of an identifier may stay."""
    kept = [option for option in one.kept_by if option in set(map(str, recipe.tags.options))]
    off = {
        "attributes": not recipe.steps.tags,
        "pixels": not recipe.steps.text,
        "face": not recipe.steps.face,
    }
    kept += [f"{place}_not_searched" for place in one.places if off.get(place)]
    rules = {str(rule.keyword) for rule in recipe.tags.rules if rule.action == "keep"}
    return kept + sorted(rules & set(one.attributes))


def _row(one: Identifier, records: Records, more: list[str]) -> dict[str, object]:
    """One row; `more` is what stays beside what the recipe lets stay."""
    counts, recipe = records.counts, records.recipe
    done: dict[str, int] = {}
    if "attributes" in one.places and recipe.steps.tags:
        done["instances_de_identified"] = counts.released
    if "pixels" in one.places and recipe.steps.text:
        masked = sum(n for (_, action), n in counts.findings.items() if action == "mask")
        done["regions_masked"] = masked
    if "face" in one.places and recipe.steps.face:
        done["instances_defaced"] = counts.faces["removed"] + counts.faces["partial"]
    return {
        "code": one.code,
        "name": one.name,
        "attributes": list(one.attributes),
        "places": list(one.places),
        "done": done,
        "kept": kept_for(one, recipe) + more,
        "verified": _verified(one, records.verified),
    }


def _verified(one: Identifier, found: dict[str, int] | None) -> int | str:
    """Issues that `verify` found where the identifier can stand."""
    if found is None:
        return NOT_RUN
    kinds = {
        "attributes": HEADER_ISSUES,
        "streams": HEADER_ISSUES,
        "pixels": PIXEL_ISSUES,
        "face": FACE_ISSUES,
    }
    matching = frozenset().union(*(kinds[place] for place in one.places))
    return sum(count for kind, count in found.items() if kind in matching)
