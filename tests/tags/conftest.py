from __future__ import annotations

from pathlib import Path

import pydicom.data
import pytest

from pixelscrub.identity.pseudonyms import Pseudonyms
from tests.tags.samples import KEY


@pytest.fixture
def pseudonyms() -> Pseudonyms:
    return Pseudonyms(KEY)


@pytest.fixture(scope="session")
def packaged() -> Path:
    return Path(pydicom.data.__file__).parent / "test_files"
