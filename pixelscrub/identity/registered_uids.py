"""Which UIDs are DICOM's own, so that they stay, and which hold a date and so tell something."""

from __future__ import annotations

import re
from functools import lru_cache

from pydicom.uid import UID

ROOT = "1.2.840.10008."
_CONTEXT_GROUPS = re.compile(r"1\.2\.840\.10008\.6\.1\.[1-9]\d{0,3}")
_TEMPLATES = re.compile(r"1\.2\.840\.10008\.(?:8\.1|9)\.[1-9]\d{0,2}")
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d{2}"
    r"|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:19|20)\d{2})(?!\d)"
)
_DATE_TIME = re.compile(
    r"(?<!\d)(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d"
)


@lru_cache(maxsize=4096)
def is_registered(uid: str) -> bool:
    """Whether a UID is registered in PS3.6: listed there, or of a context group or template."""
    if not uid.startswith(ROOT):
        return False
    is_listed = UID(uid).name != uid
    return (
        is_listed
        or _CONTEXT_GROUPS.fullmatch(uid) is not None
        or _TEMPLATES.fullmatch(uid) is not None
    )


@lru_cache(maxsize=4096)
def is_made_up(uid: str) -> bool:
    """Whether a UID stands below DICOM's root without being registered, or holds a date."""
    if uid.startswith(ROOT):
        return not is_registered(uid)
    return _DATE.search(uid) is not None or _DATE_TIME.search(uid) is not None
