from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pydicom.data
import pytest
from pydicom import dcmread

PACKAGED = Path(pydicom.data.__file__).parent / "test_files"


@dataclass
class KnownTerms:
    """Stands for the terms of a study."""

    values: frozenset[str]

    def variants(self):
        return self.values


def packaged(name):
    return dcmread(PACKAGED / name)


def as_bytes(dataset, **options):
    out = io.BytesIO()
    dataset.save_as(out, **options)
    return out.getvalue()


@pytest.fixture
def terms():
    return KnownTerms(frozenset({"Lindqvist", "lindqvist^åsa", "4711-77", "19640229", "Lee"}))
