#!/usr/bin/env python3
"""Print the conformance statement of the tags step (PS3.15 E.1.3), made from its data files."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from pixelscrub.identity import pseudonyms, tables
from pixelscrub.tags import attribute_types, codes, structured

LEFT = (
    "unknown ones, private ones and those of groups 0000 to 0006 are removed, persons' names are "
    "emptied; others stay byte for byte, without the study's names, numbers and UIDs where they "
    "hold any, and without text that stands in place of a number."
)
HEAD = "| profile or option | code | claimed where |\n| --- | --- | --- |\n"


def options() -> list[str]:
    rows = [f"| Basic Profile | {codes.BASIC[0]} | no rule of the recipe keeps more |"]
    rows += [f"| {codes.TEXT[1]} | {codes.TEXT[0]} | burned-in text was looked for and masked |"]
    rows += [f"| {codes.FACE[1]} | {codes.FACE[0]} | a face was taken out |"]
    return rows + [f"| {m} | {c} | `{n}` |" for n, (c, m) in sorted(codes.OPTIONS.items())]


def main() -> None:
    listed = tables.read_records("ps3_15.csv")
    kinds = Counter(record["kind"] for record in tables.read_records("sop_classes.csv"))
    added = [record["tag"] for record in listed if record["source"] == "ours"]
    parts = [
        "# De-identification conformance statement",
        "pixelscrub is a de-identifier under the Application Level Confidentiality Profiles of "
        "DICOM PS3.15 2026d, Annex E. It is no re-identifier: whoever has the key and the "
        "crosswalk can turn single pseudonyms back, but no command restores an instance. Where a "
        "recipe names a certificate (`encrypt_for`), its holder can read the original attributes, "
        "which are in each instance, encrypted.",
        HEAD + "\n".join(options()),
        f"Table E.1-1: {len(listed) - len(added)} rows. Added by us: {', '.join(added)}.",
        f"{attribute_types.resolve.__doc__}",
        f"{tables.ProfileRow.code.__doc__}",
        f"{structured.fate.__doc__}",
        f"UIDs: {pseudonyms.Pseudonyms.uid.__doc__}",
        f"Dates: {pseudonyms.Pseudonyms.shift_days.__doc__}",
        f"Attributes that the table does not list: {LEFT}",
        "SOP classes: " + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
        + ". Encapsulated documents are redacted; opaque and unknown classes are held unless the "
        "recipe drops their content.",
    ]  # fmt: skip
    print("\n\n".join(" ".join(p.split()) if "|" not in p else p for p in parts))


if __name__ == "__main__":
    main()
