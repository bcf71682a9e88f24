"""The register of PS3.15 Annex E: each requirement has a test, or a reason why it has none."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

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
