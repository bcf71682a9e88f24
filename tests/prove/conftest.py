from __future__ import annotations

import io
from pathlib import Path

import pydicom.data
import pytest
from pydicom import dcmread

from pixelscrub.identity.terms import Terms

PACKAGED = Path(pydicom.data.__file__).parent / "test_files"


class KnownTerms(Terms):
    """Terms of a study whose names are looked for just as they are."""

    __slots__ = ()

    def variants(self):
        return self.names


def packaged(name):
    return dcmread(PACKAGED / name)


def as_bytes(dataset, **options):
    out = io.BytesIO()
    dataset.save_as(out, **({"enforce_file_format": True} | options))
    return out.getvalue()


@pytest.fixture
def terms():
    return KnownTerms(frozenset({"Lindqvist", "lindqvist^åsa", "4711-77", "19640229", "Lee"}))
