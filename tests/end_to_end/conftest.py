"""Runs of the whole job, made once for all tests that look at them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import pixelscrub
from pixelscrub.commands.demo import make_study
from pixelscrub.outcome import Summary


@dataclass
class Ran:
    """What one run left behind."""

    inputs: Path
    out: Path
    private: Path
    summary: Summary

    @property
    def audit(self) -> dict[str, dict[str, Any]]:
        """Lines of the audit by source."""
        lines = (self.private / "audit.jsonl").read_text(encoding="utf-8").splitlines()
        return {line["source"]: line for line in map(json.loads, lines)}

    def outputs(self) -> list[Path]:
        """All files in the output folder."""
        return sorted(p for p in self.out.rglob("*") if p.is_file())


@pytest.fixture(scope="session")
def run_scrub():
    """Scrubs a folder into a place beside `folder`; keyword arguments go to `scrub`."""

    def run(inputs: Path, folder: Path, **options) -> Ran:
        out = folder / "out"
        summary = pixelscrub.scrub(inputs, out, workers=2, **options)
        return Ran(inputs, out, folder / "out-private", summary)

    return run


@pytest.fixture(scope="session")
def demo_run(run_scrub, tmp_path_factory) -> Ran:
    """The demo study, scrubbed with the default recipe."""
    folder = tmp_path_factory.mktemp("demo")
    return run_scrub(make_study(folder / "original"), folder)


@pytest.fixture(scope="session")
def packaged_run(run_scrub, packaged, tmp_path_factory) -> Ran:
    """pydicom's packaged files, scrubbed with the default recipe."""
    folder = tmp_path_factory.mktemp("packaged")
    shutil.copytree(packaged, folder / "original")
    return run_scrub(folder / "original", folder)
