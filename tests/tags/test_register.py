"""The register of PS3.15 Annex E: each requirement has a test, or a reason why it has none."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from pixelscrub.identity import tables
from pixelscrub.identity.pseudonyms import Pseudonyms
from tests.tags import torture
from tests.tags.samples import read, rewritten

HERE = Path(__file__).parent


def test_every_requirement_has_a_test_that_exists_or_a_reason():
    rows = list(csv.DictReader((HERE / "register.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) > 50
    for row in rows:
        shown = row["shown by"]
        if not shown.startswith("does not apply: "):
            name, test = shown.split("::")
            files = [path.read_text(encoding="utf-8") for path in HERE.parent.rglob(name)]
            assert any(f"def {test}(" in text for text in files), row


def test_every_section_of_the_options_is_registered():
    text = (HERE / "register.csv").read_text(encoding="utf-8")
    for number in range(1, 12):
        assert f"\nE.3.{number}," in text


def test_the_conformance_statement_is_current():
    root = HERE.parents[1]
    made = subprocess.run(
        [sys.executable, root / "scripts" / "conformance_statement.py"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert made.stdout == (root / "docs" / "conformance.md").read_text(encoding="utf-8")


def test_the_page_of_attributes_is_current_and_names_each_row():
    root = HERE.parents[1]
    made = subprocess.run(
        [sys.executable, root / "scripts" / "conformance_attributes.py"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert made == (root / "docs" / "conformance-attributes.md").read_text(encoding="utf-8")
    listed = [r["tag"] for r in tables.read_records("ps3_15.csv") if r["tag"] >= "00080000"]
    rows = re.findall(r"^\| \((.{4}),(.{4})\) \|", made, re.MULTILINE)
    assert len(rows) == 3 * len([tag for tag in listed if tag != "private"])


def test_what_the_page_says_is_what_is_done():
    """Each attribute of the page, planted in a CT image, becomes what the sentence says."""
    page = (HERE.parents[1] / "docs" / "conformance-attributes.md").read_text(encoding="utf-8")
    default = page.partition("## Recipe `research`")[0]
    said = {
        int(group + element, 16): text
        for group, element, text in re.findall(
            r"^\| \(([0-9A-F]{4}),([0-9A-F]{4})\) \| .*? \| (.*) \|$", default, re.MULTILINE
        )
    }
    made = torture.plant(5, CTImageStorage, ExplicitVRLittleEndian)
    after = read(rewritten(made.data, Pseudonyms(bytes(32))))
    checked = 0
    for tag in made.listed:
        if tag not in said:
            continue
        checked += 1
        if said[tag].startswith("It is removed"):
            assert tag not in after, f"{tag:08X}"
        elif said[tag].startswith("It is kept empty"):
            assert tag in after
            assert not after[tag].value, f"{tag:08X}"
        elif said[tag].startswith("It is replaced"):
            assert after[tag].value, f"{tag:08X}"
    assert checked > 500
