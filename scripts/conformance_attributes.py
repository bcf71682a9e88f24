#!/usr/bin/env python3
"""Print what is done with each attribute of PS3.15 Table E.1-1 and why, in sentences.

A page that a hospital can read and sign. Usage: conformance_attributes.py [RECIPE...]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from pydicom.datadict import dictionary_description

from pixelscrub.dicom.elements import keyword_of, standard_vr
from pixelscrub.identity import tables
from pixelscrub.recipe import Recipe
from pixelscrub.tags.actions import PATIENT_ID, PATIENT_NAME
from pixelscrub.tags.policy import Action, Decision, ElementPlace, Policy

RECIPES = ("default", "research", "tcia")
IOD = "ct-image"
FIRST = 0x00080000
"""What stands before is no data set: file meta information is made anew."""
PRIVATE = (
    "They are removed. Table E.1-1 says X under the Basic Profile.",
    "Those of Table E.3.10-1 stay, their texts cleaned and their dates as all dates; the others "
    "are removed. Table E.1-1 says C under the option `retain_safe_private`.",
)
PSEUDONYMS = {
    PATIENT_ID: "It is replaced by a pseudonym.",
    PATIENT_NAME: "It is replaced by the pseudonym of the Patient ID.",
    0x00080050: "It is replaced by a pseudonym; an empty one stays empty.",
}
SENTENCES = {
    Action.KEEP: "It stays, without the study's names and numbers.",
    Action.REMOVE: "It is removed.",
    Action.EMPTY: "It is kept empty.",
    Action.REPLACE: "It is replaced by a value that says nothing.",
    Action.UID: "It is replaced by a new UID, the same wherever the old one stood.",
    Action.CLEAN: "It is cleaned: words that no list knows are taken out.",
    Action.SHIFT: "It is moved by the patient's number of days; times of day stay.",
}
SEQUENCES = {
    Action.KEEP: "Its items stay, and each of their attributes is treated as this page says.",
    Action.CLEAN: "Its items stay, and all their texts are cleaned.",
    Action.REPLACE: "Its items stay, and what they tell is replaced.",
}


def decision(policy: Policy, tag: int) -> Decision:
    """What a recipe does with an attribute at the top of a CT image."""
    return policy.fate(ElementPlace(tag, standard_vr(tag), "", "", "keep", False, IOD))


def sentence(tag: int, found: Decision) -> str:
    """What is done, and by which rule, in words."""
    vr, action = standard_vr(tag), found.action
    if tag in PSEUDONYMS and action in {Action.EMPTY, Action.REPLACE}:
        done = PSEUDONYMS[tag]
    elif vr == "SQ" and action in SEQUENCES:
        done = SEQUENCES[action]
    else:
        done = SENTENCES[action]
    return f"{done} {reason(found.why)}"


def reason(why: str) -> str:
    """The rule that says so, in words."""
    found = re.fullmatch(r"(\S+) (\w+) (\S+?)(?: as (\w))?", why)
    if found is None:
        return f"Because: {why}."
    source, option, code, resolved = found.groups()
    table = "Table E.1-1" if source == "E.1-1" else "An addition of this program"
    under = "the Basic Profile" if option == "basic" else f"the option `{option}`"
    by_type = f", which its Type makes {resolved}" if resolved else ""
    return f"{table} says {code} under {under}{by_type}."


def page(recipe: str) -> list[str]:
    """One row an attribute."""
    policy = Policy(Recipe.load(recipe).tags)
    safe = policy.options & {"retain_safe_private"}
    rows = [f"## Recipe `{recipe}`", "", "| attribute | name | what is done, and why |",
            "| --- | --- | --- |"]  # fmt: skip
    for record in tables.read_records("ps3_15.csv"):
        if record["tag"] == "private":
            rows.append(f"| private | of all makers | {PRIVATE[bool(safe)]} |")
            continue
        tag = int(record["tag"].replace("x", "0"), 16)
        if tag < FIRST:
            continue
        name = dictionary_description(tag) if keyword_of(tag) else "retired"
        told = sentence(tag, decision(policy, tag))
        rows.append(f"| ({record['tag'][:4]},{record['tag'][4:]}) | {name} | {told} |")
    return rows


def main() -> None:
    print("# What is done with each attribute, and why\n")
    print(
        "Printed by `scripts/conformance_attributes.py` from the rules that the program runs on, "
        "for an attribute at the top of a CT image; where an IOD requires a value, one that says "
        "nothing stands in its place. Attributes that no table lists: see `conformance.md`.\n"
    )
    for recipe in sys.argv[1:] or RECIPES:
        print("\n".join(page(recipe)), end="\n\n")
    print("Read and approved for use at this site:\n\nName, role, date: ____________________")


if __name__ == "__main__":
    main()
