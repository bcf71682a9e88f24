"""Network: what peers of the gateway do wrong; each trial is one of the gateway's own tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from tests.faults.ground import ROOT, Tally

FAULTS = (
    "aborted breaks broken refused rejected two_associations tls mute full_disk killed crash agree "
    "kept_and_held not_taken taken understood damaged unreachable becomes_a_path away defect tried "
    "loses asked_after twice missing_file certificate ca_that half_a_pair gone cannot_be_read"
)


def run(folder: Path, tally: Tally, short: bool) -> None:
    """Run the gateway's tests of faults; what is skipped is not counted."""
    if short:
        return
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "tests/net", "-q", "-k", " or ".join(FAULTS.split())]
    subprocess.run(
        [*command, f"--junitxml={report}", "-p", "no:cacheprovider"],
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    for case in ElementTree.parse(report).iter("testcase"):
        if case.find("skipped") is None:
            failed = case.find("failure") is not None or case.find("error") is not None
            tally.count(str(case.get("name")), *["failed"] * failed)
