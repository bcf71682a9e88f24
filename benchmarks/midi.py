"""The MIDI-B validation in one command: ten rules of the public checker on an answer key.

Usage: python -m benchmarks.midi [PATIENTS]
       python -m benchmarks.midi --key ANSWERS.csv INPUT OUTPUT

Without a key, made-up patients are scrubbed and checked (`tests/tags/answers`): every rule of the
Medical Image De-Identification Benchmark (MIDI-B, 2024) on an answer key of our own, with names in
disguise, dates in every form and phrases that may not be lost. With a key, an output that was made
of its files is checked. A key is a CSV with the columns `SOPInstanceUID`, `tag` (a keyword, or a
path such as `RequestAttributesSequence[0].RequestedProcedureID`), `action` and `value`; actions are
the rules below. Prints a table in Markdown; exits with 4 where a rule fails.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom import Dataset

from pixelscrub.audit.pairs import by_content, read_all
from pixelscrub.compat.quiet import hush
from pixelscrub.findings import Box
from pixelscrub.identity.pseudonyms import Pseudonyms
from tests.tags import answers, samples

RULES = answers.CHECKS
PATIENTS = 32
FAILED = 4
"""Exit code where a rule fails, as `verify` has it."""
Rows = dict[str, list[dict[str, str]]]


def synthetic(patients: int) -> answers.Score:
    """Scrub made-up patients and check every file."""
    score, pseudonyms = answers.Score(), Pseudonyms(bytes(32))
    box = Box(*answers.BOX)
    for unseen in (False, True):
        for asked in answers.made_up(patients, seed=11, unseen=unseen):
            score.add(asked, samples.masked(asked.data, box, pseudonyms, options=answers.OPTIONS))
    return score


def read_key(path: Path) -> Rows:
    """What is asked of each instance, by its SOP Instance UID."""
    found: Rows = defaultdict(list)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            found[row["SOPInstanceUID"]].append(row)
    return found


def against_key(key: Rows, source: Path, output: Path) -> tuple[Counter[str], Counter[str]]:
    """Check an output against a key: rules asked, and rules that do not hold."""
    originals, outputs = read_all([source])[0], read_all([output])[0]
    done: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    uids: dict[str, set[str]] = defaultdict(set)
    patients: dict[str, set[str]] = defaultdict(set)
    for name, made_of in by_content(originals, outputs).items():
        before, after = originals[made_of].header, outputs[name].header
        uids[str(before.SOPInstanceUID)].add(str(after.SOPInstanceUID))
        patients[str(before.get("PatientID"))].add(str(after.get("PatientID")))
        for row in key.get(str(before.SOPInstanceUID), []):
            done[row["action"]] += 1
            failed[row["action"]] += not holds(row, before, after)
    for rule, made in (("uid_consistent", uids), ("patid_consistent", patients)):
        done[rule] += len(made)
        failed[rule] += sum(len(new) != 1 for new in made.values())
    return done, failed


def holds(row: dict[str, str], before: Dataset, after: Dataset) -> bool:
    """Whether one line of a key holds for a pair of headers."""
    old, new, said = value(before, row["tag"]), value(after, row["tag"]), row["value"].casefold()
    folded = new.casefold()
    is_kept = all(word in folded.split() for word in said.split())
    return {
        "tag_retained": old == new,
        "text_notnull": bool(new),
        "text_retained": is_kept,
        "text_removed": said not in folded,
        "date_shifted": bool(new) and old != new and len(old) == len(new),
        "uid_changed": bool(new) and old != new,
    }.get(row["action"], True)


def value(header: Dataset, path: str) -> str:
    """The text at a path of keywords; empty where there is none."""
    found: Any = header
    for keyword, index in re.findall(r"(\w+)(?:\[(\d+)\])?", path):
        if not isinstance(found, Dataset) or keyword not in found:
            return ""
        found = getattr(found, keyword)
        if index:
            items = list(found) if isinstance(found, list) or hasattr(found, "append") else []
            found = items[int(index)] if int(index) < len(items) else None
    return "" if found is None else str(found)


def rows(done: Counter[str], failed: Counter[str]) -> Iterator[str]:
    """The table."""
    yield "| rule | asked | failed | right |\n| --- | --- | --- | --- |"
    for rule in RULES:
        if done[rule]:
            right = 100 - 100 * failed[rule] / done[rule]
            yield f"| {rule} | {done[rule]:,} | {failed[rule]:,} | {right:.3f} % |"
    total = 100 - 100 * failed.total() / max(done.total(), 1)
    yield f"| all | {done.total():,} | {failed.total():,} | {total:.3f} % |"


def main() -> int:
    hush()
    if "--key" in sys.argv:
        path, source, output = map(Path, sys.argv[sys.argv.index("--key") + 1 :][:3])
        done, failed = against_key(read_key(path), source, output)
    else:
        given = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
        score = synthetic(given[0] if given else PATIENTS)
        done, failed = score.done, score.failed
    print(*rows(done, failed), sep="\n")
    return FAILED if failed.total() else 0


if __name__ == "__main__":
    sys.exit(main())
