"""Names of files in the output folder: made of pseudonyms and numbers, nothing of the input's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import count

from pixelscrub.formats.kinds import ENDING, FileFormat
from pixelscrub.intake.instance import Instance


def assign(
    instances: Sequence[Instance],
    earlier: Mapping[str, str],
    patient: str,
    pseudonym: Callable[[str], str],
) -> dict[str, str]:
    """Give each instance its name, `<patient>/<study>/<series>/<number>.dcm`.

    Other formats keep their endings. Numbers follow Instance Number within the series. An instance
    keeps the name that it had in an earlier run, so that a resumed run writes what an uninterrupted
    one would have written.

    Args:
        instances: of one study.
        earlier: names of an earlier run, by SOP Instance UID.
        patient: pseudonym of the patient.
        pseudonym: gives the pseudonym of a UID.
    """
    names = {i.uid: earlier[i.uid] for i in instances if i.uid in earlier}
    taken = set(names.values())
    counters: dict[str, count[int]] = {}
    for instance in sorted(instances, key=lambda i: (i.series, i.number, i.uid)):
        if instance.uid in names:
            continue
        folder = folder_of(patient, instance.study, instance.series, pseudonym)
        counter = counters.setdefault(folder, count(1))
        name = next(
            n for k in counter if (n := f"{folder}/{k:04d}{ending_of(instance)}") not in taken
        )
        names[instance.uid] = name
        taken.add(name)
    return names


def ending_of(instance: Instance) -> str:
    """How the name ends: as its format is written; a volume stays compressed or not."""
    kind = FileFormat(instance.format)
    is_plain = kind is FileFormat.NIFTI and not instance.source.path.lower().endswith(".gz")
    return ".nii" if is_plain else ENDING[kind]


def folder_of(patient: str, study: str, series: str, pseudonym: Callable[[str], str]) -> str:
    """The folder of a series, `<patient>/<study>/<series>`.

    A site's own pseudonyms may hold what leads elsewhere in a path; it becomes `_`.

    Args:
        patient: pseudonym of the patient.
        study: Study Instance UID of the originals.
        series: Series Instance UID of the originals.
        pseudonym: gives the pseudonym of a UID.
    """
    return "/".join(_safe(part) for part in (patient, pseudonym(study), pseudonym(series)))


def _safe(part: str) -> str:
    return re.sub(r"^\.+|[^ -.0-\[\]-~]", "_", part) or "_"
