"""How rare people are in a release: groups of patients who look alike by what is kept of them.

k-anonymity (Sweeney 2002, Int. J. Uncertain. Fuzz. 10:557) over patients, not over files. One
instance of each series is read, so that memory and time grow with series alone.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Values = tuple[str, ...]
"""What all series of one patient say of one attribute, sorted and without repeats."""

AGE_BAND: Final = 5
"""Years; the width that `generalise` uses too."""
OLDEST: Final = 90
"""Ages from here on are one group (45 CFR 164.514(b)(2)(i)(C))."""
SIZE_BAND: Final = 0.05
"""Metres."""
WEIGHT_BAND: Final = 5.0
"""Kilograms."""
AT_A_TIME: Final = 3
"""Attributes that somebody may know of a patient beside the release."""
WORST_SHOWN: Final = 3

ATTRIBUTES: Final = {
    "age": "PatientAge",
    "sex": "PatientSex",
    "size": "PatientSize",
    "weight": "PatientWeight",
    "ethnic_group": "EthnicGroup",
    "pregnancy": "PregnancyStatus",
    "study_date": "StudyDate",
    "device_serial": "DeviceSerialNumber",
    "device_model": "ManufacturerModelName",
    "institution": "InstitutionName",
    "body_part": "BodyPartExamined",
}
"""Quasi-identifiers, and the attribute that each is read from."""
SHIFTED_DATES: Final = "retain_modified_dates"
"""The option of PS3.15 under which dates are moved."""


@dataclass(frozen=True)
class Combination:
    """Patients by some quasi-identifiers.

    Attributes:
        attributes: which ones.
        k_min: patients in the smallest group; 0 without patients.
        unique_patients: patients who are alone in their group.
        patients: all patients.
        groups: values and patients of groups of at least k; smaller ones are not named.
        small_groups: how many groups are smaller than k.
    """

    attributes: tuple[str, ...]
    k_min: int
    unique_patients: int
    patients: int
    groups: list[tuple[dict[str, str], int]]
    small_groups: int

    @property
    def unique_share(self) -> float:
        """Share of patients who are alone in their group."""
        return self.unique_patients / self.patients if self.patients else 0.0


@dataclass(frozen=True)
class Release:
    """What a release says of its patients.

    Attributes:
        patients: for each pseudonym the values of each quasi-identifier.
        unreadable: outputs whose header could not be read; nobody knows how rare their patients
            are.
    """

    patients: dict[str, dict[str, Values]]
    unreadable: list[str]


@dataclass(frozen=True)
class Rarity:
    """What is rare in a release.

    Attributes:
        whole: by all quasi-identifiers together.
        worst: the combinations of three by which most patients are alone.
        over_89: patients of 90 years and more.
        rare_devices: devices (serial number or model) that fewer than k patients share.
        kept: for how many patients each quasi-identifier says something.
    """

    whole: Combination
    worst: list[Combination]
    over_89: int
    rare_devices: int
    kept: dict[str, int]


def attributes_kept(options: Iterable[str]) -> frozenset[str]:
    """Quasi-identifiers that say something true of a person under these options of PS3.15.

    A date that was moved by a secret number of days tells nobody when a patient was there.
    """
    shifted = {"study_date"} if SHIFTED_DATES in set(map(str, options)) else set()
    return frozenset(ATTRIBUTES) - shifted


def read_release(
    out: Path, outputs: Iterable[str], attributes: frozenset[str] = frozenset(ATTRIBUTES)
) -> Release:
    """What a release says of each patient, by pseudonym.

    Args:
        out: the output folder.
        outputs: names of its files; `<patient>/<study>/<series>/<number>.dcm`.
        attributes: quasi-identifiers to read, of `attributes_kept`.
    """
    found: dict[str, dict[str, set[str]]] = {}
    seen: set[str] = set()
    unreadable: list[str] = []
    for name in outputs:
        series = name.rpartition("/")[0]
        patient = found.setdefault(name.split("/", 1)[0], defaultdict(set))
        if series in seen or not name.endswith(".dcm"):  # a picture has no header that says more
            continue
        seen.add(series)
        said = _read_attributes(out / name, attributes)
        if said is None:
            unreadable.append(name)
            continue
        for attribute, value in said.items():
            patient[attribute].add(value)
    patients = {
        name: {attribute: tuple(sorted(values)) for attribute, values in said.items()}
        for name, said in found.items()
    }
    return Release(patients, unreadable)


def _read_attributes(path: Path, attributes: frozenset[str]) -> dict[str, str] | None:
    """What the header of a file says; None where it cannot be read."""
    from pydicom import dcmread

    from pixelscrub.errors import HeldError, Reason, guarded

    wanted = [ATTRIBUTES[name] for name in sorted(attributes)]
    try:
        with guarded(Reason.UNREADABLE):
            header = dcmread(path, stop_before_pixels=True, specific_tags=wanted)
            return {name: value for name in attributes if (value := _value(header, name))}
    except HeldError:
        return None


def _value(header: Dataset, attribute: str) -> str:
    text = str(header.get(ATTRIBUTES[attribute]) or "").strip()
    bands = {"age": age_band, "size": size_band, "weight": weight_band}
    return bands[attribute](text) if attribute in bands and text else text


def age_band(text: str) -> str:
    """An age string (AS) as the years of its band: `40-44`, `90+`; in months or less `0-4`."""
    found = re.fullmatch(r"(\d{1,3})([DWMY])", text.strip())
    if found is None:
        return text
    years = int(found[1]) if found[2] == "Y" else 0
    if years >= OLDEST:
        return f"{OLDEST}+"
    low = years // AGE_BAND * AGE_BAND
    return f"{low}-{low + AGE_BAND - 1}"


def size_band(text: str) -> str:
    """A size in metres, to the nearest band."""
    return _rounded(text, SIZE_BAND, 2)


def weight_band(text: str) -> str:
    """A weight in kilograms, to the nearest band."""
    return _rounded(text, WEIGHT_BAND, 0)


def _rounded(text: str, step: float, digits: int) -> str:
    try:
        return f"{round(float(text) / step) * step:.{digits}f}"
    except (ValueError, OverflowError):
        return text


def measure_rarity(patients: Mapping[str, Mapping[str, Values]], k: int) -> Rarity:
    """How many patients are alike, by all quasi-identifiers and by three at a time.

    Args:
        patients: of `read_release`.
        k: patients that a group has to hold to be named.
    """
    kept = Counter(name for said in patients.values() for name, values in said.items() if values)
    used = [name for name in ATTRIBUTES if kept[name]]
    whole = _combined(patients, tuple(used), k)
    sets = combinations(used, AT_A_TIME) if len(used) > AT_A_TIME else [tuple(used)]
    each = [_combined(patients, chosen, k) for chosen in sets if chosen]
    worst = sorted(each, key=lambda one: (-one.unique_share, one.k_min))[:WORST_SHOWN]
    ages = (said.get("age", ()) for said in patients.values())
    return Rarity(
        whole,
        worst,
        sum(f"{OLDEST}+" in values for values in ages),
        sum(_rare(patients, name, k) for name in ("device_serial", "device_model")),
        {name: kept[name] for name in ATTRIBUTES},
    )


def _combined(
    patients: Mapping[str, Mapping[str, Values]], chosen: tuple[str, ...], k: int
) -> Combination:
    counts = group_sizes(patients, chosen)
    named = [
        (dict(zip(chosen, map(" or ".join, values), strict=True)), count)
        for values, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        if count >= k
    ]
    small = len(counts) - len(named)
    alone = sum(count == 1 for count in counts.values())
    smallest = min(counts.values(), default=0)
    return Combination(chosen, smallest, alone, len(patients), named, small)


def group_sizes(
    patients: Mapping[str, Mapping[str, Values]], chosen: tuple[str, ...]
) -> Counter[tuple[Values, ...]]:
    """Patients by what is said of them."""
    return Counter(_key(said, chosen) for said in patients.values())


def rare_patients(release: Release, k: int) -> set[str]:
    """Patients whose group, by all quasi-identifiers, holds fewer than k.

    So is everybody of whom an output cannot be read.
    """
    used, patients = tuple(ATTRIBUTES), release.patients
    counts = group_sizes(patients, used)
    unknown = {name.split("/", 1)[0] for name in release.unreadable}
    return unknown | {name for name, said in patients.items() if counts[_key(said, used)] < k}


def _key(said: Mapping[str, Values], chosen: tuple[str, ...]) -> tuple[Values, ...]:
    return tuple(said.get(name, ()) for name in chosen)


def _rare(patients: Mapping[str, Mapping[str, Values]], attribute: str, k: int) -> int:
    """Values of an attribute that fewer than k patients share."""
    counts = Counter(value for said in patients.values() for value in said.get(attribute, ()))
    return sum(count < k for count in counts.values())
