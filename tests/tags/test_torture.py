from __future__ import annotations

import pytest
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    EnhancedMRImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RTStructureSetStorage,
)

from pixelscrub.recipe import TagSettings
from pixelscrub.tags.deidentify import HeaderTask, deidentify
from tests.tags import torture
from tests.tags.samples import read, written


def scrub(made, pseudonyms, *options):
    header = read(made.data)
    deidentify(header, HeaderTask(TagSettings(options=options), pseudonyms))
    return written(header)


@pytest.mark.parametrize(
    "syntax",
    [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian],
)
@pytest.mark.parametrize(
    "sop_class", [CTImageStorage, EnhancedMRImageStorage, RTStructureSetStorage]
)
def test_nothing_planted_survives_and_nothing_else_is_lost(pseudonyms, sop_class, syntax):
    made = torture.plant(len(sop_class), sop_class, syntax)
    assert len(made.tokens) > 400
    assert len(torture.leaks(made, made.data)) == len(made.tokens)
    out = scrub(made, pseudonyms)
    assert torture.leaks(made, out) == []
    assert torture.untouched(made, out) == []
    assert torture.lost(made, out) == []


def test_deflated_files_too(pseudonyms):
    made = torture.plant(1, CTImageStorage, DeflatedExplicitVRLittleEndian)
    header = read(scrub(made, pseudonyms))
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    assert torture.leaks(made, written(header)) == []


def test_cleaning_options_leave_nothing_planted(pseudonyms):
    made = torture.plant(2, CTImageStorage, ExplicitVRLittleEndian)
    cleaning = ("clean_descriptors", "clean_structured_content", "clean_graphics")
    out = scrub(made, pseudonyms, *cleaning, "retain_modified_dates")
    assert torture.leaks(made, out) == []
    assert torture.lost(made, out) == []
