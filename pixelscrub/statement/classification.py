"""What a release is in the words of the laws, and what would have to be destroyed for more.

GDPR Art. 4(5) speaks of pseudonymisation, recital 26 of anonymous information; 45 CFR 164.514(b)(2)
of Safe Harbor. This is evidence for somebody who decides, not legal advice.
"""

from __future__ import annotations

from typing import Any

from pixelscrub.statement.records import Records

DATES = ("retain_full_dates", "retain_modified_dates")


def classify(records: Records, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Codes for what the release is; the texts say them in words.

    Args:
        records: of the run.
        rows: the eighteen rows.

    Returns:
        `gdpr`, `hipaa_safe_harbor` with the rows it fails for (None where no row fails, and
        `verify` was not run), `to_destroy` and `limits`.
    """
    to_destroy = ["key"] * records.has_key + ["crosswalk"] * records.has_crosswalk
    to_destroy += ["private_folder", "originals"]
    failed = [row["code"] for row in rows if row["kept"] or row["verified"] not in (0, "not run")]
    gdpr = "pseudonymous" if records.has_key or records.has_crosswalk else "key_elsewhere"
    return {
        "gdpr": gdpr,
        "gdpr_article": "4(5)",
        "hipaa_safe_harbor": False if failed else None if records.verified is None else True,
        "hipaa_failed_rows": failed,
        "to_destroy": to_destroy,
        "limits": limits(records),
    }


def limits(records: Records) -> list[str]:
    """Codes of what a reader has to bear in mind."""
    found = ["not_legal_advice", "rare_disease", "other_sources"]
    if records.verified is None:
        found.append("not_verified")
    if not records.reviewed:
        found.append("not_reviewed")
    if records.counts.held:
        found.append("held_are_not_in")
    return found
