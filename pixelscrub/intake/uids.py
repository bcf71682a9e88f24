"""UIDs for instances that came without: made from what is there, the same in every run.

A made UID only places an instance. What is written to the output is its keyed pseudonym, as of
every other UID.
"""

from __future__ import annotations

import hashlib
from typing import Final

from pixelscrub.intake.plain import Said

STUDY: Final = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
)
"""What tells one study from another where no UID does."""
SERIES: Final = ("Modality", "SeriesNumber", "SeriesDate", "SeriesTime", "SeriesDescription")
"""What tells one series of a study from another where no UID does."""


def made_uid(*parts: str) -> str:
    """A UID below 2.25 (PS3.5 B.2) that the same parts always give."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def complete(
    header: Said, digest: str, uid: str, study: str, series: str
) -> tuple[str, str, str, tuple[str, ...]]:
    """Make what is missing of the UIDs that place an instance.

    Files of one study, or of one series, that say the same of it stay together. A file that says
    nothing is a study of its own.

    Args:
        header: at least the elements of `STUDY` and `SERIES`.
        digest: of the whole file.
        uid: SOP Instance UID as the header gives it, empty where it does not.
        study: Study Instance UID, likewise.
        series: Series Instance UID, likewise.

    Returns:
        SOP Instance UID, Study Instance UID, Series Instance UID, and the keywords of those that
        were made.
    """
    made = [
        keyword
        for keyword, value in (
            ("SOPInstanceUID", uid),
            ("StudyInstanceUID", study),
            ("SeriesInstanceUID", series),
        )
        if not value
    ]
    uid = uid or made_uid("instance", digest)
    study = study or made_uid("study", *(_said(header, STUDY) or [series or digest]))
    series = series or made_uid("series", study, *_said(header, SERIES))
    return uid, study, series, tuple(made)


def _said(header: Said, keywords: tuple[str, ...]) -> list[str]:
    """The values of the elements, with their keywords; empty where no element has one."""
    values = [(keyword, str(header.get(keyword) or "").strip()) for keyword in keywords]
    return [part for pair in values if pair[1] for part in pair]
