from __future__ import annotations

import pytest
from pydicom import Dataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from pixelscrub.errors import HeldError, Reason
from pixelscrub.recipe import TagSettings
from pixelscrub.tags.deidentify import deidentify
from pixelscrub.tags.done import Done
from tests.tags.samples import make_ct, read, written

SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]


def scrubbed(header, pseudonyms, syntax=ExplicitVRLittleEndian, **settings):
    loaded = read(written(header, syntax))
    deidentify(loaded, TagSettings(**settings), pseudonyms, Done())
    return read(written(loaded, syntax))


def nested(depth, **values):
    inner = Dataset()
    for keyword, value in values.items():
        setattr(inner, keyword, value)
    for _ in range(depth):
        outer = Dataset()
        outer.AnatomicRegionSequence = [inner]
        inner = outer
    return inner


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_identity_is_gone_at_any_depth(pseudonyms, syntax):
    inner = nested(
        4, PatientName="Gundersen^Ragnhild", InstitutionName="St Olav", CodeMeaning="Head"
    )
    header = make_ct(AnatomicRegionSequence=[inner], InstitutionName="St Olav")
    header.private_block(0x0029, "SOMEONE", create=True).add_new(1, "LO", "Gundersen")
    loaded = read(written(header, syntax))
    deidentify(loaded, TagSettings(), pseudonyms, Done())
    data = written(loaded, syntax)
    assert b"undersen" not in data
    assert b"Olav" not in data
    assert b"SOMEONE" not in data
    assert b"MRN" not in data
    assert b"19500517" not in data
    clean = read(data)
    assert clean.KVP == 120
    assert clean.BodyPartExamined == "HEAD"
    item = clean.AnatomicRegionSequence[0]
    while "AnatomicRegionSequence" in item:
        item = item.AnatomicRegionSequence[0]
    assert item.CodeMeaning == "Head"


def test_unknown_sop_class_is_held(pseudonyms):
    header = make_ct(SOPClassUID="1.2.3.999")
    with pytest.raises(HeldError) as caught:
        deidentify(header, TagSettings(), pseudonyms, Done())
    assert caught.value.reason is Reason.UNKNOWN_SOP_CLASS


def test_encapsulated_documents_are_held(pseudonyms):
    header = make_ct(SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1")
    with pytest.raises(HeldError) as caught:
        deidentify(header, TagSettings(), pseudonyms, Done())
    assert caught.value.reason is Reason.UNSUPPORTED_CONTENT


def test_types_decide_compound_codes(pseudonyms):
    header = make_ct(AcquisitionDate="20200131", ContentDate="20200131", OperatorsName="A^B")
    clean = scrubbed(header, pseudonyms)
    assert clean.StudyDate == ""
    assert "AcquisitionDate" not in clean
    assert clean.ContentDate == ""
    assert "OperatorsName" not in clean


def test_what_is_kept_is_kept_byte_for_byte(pseudonyms):
    header = make_ct(ImageComments="", WindowCenter=["40.0 ", "400"])
    before = read(written(header))
    after = read(written(header))
    deidentify(after, TagSettings(), pseudonyms, Done())
    kept = [e for tag, e in after.items() if getattr(e, "is_raw", False) and tag.group == 0x28]
    assert kept
    assert all(before.get_item(e.tag).value == e.value for e in kept)


def test_pseudonyms_agree_over_instances(pseudonyms):
    one = scrubbed(make_ct(SOPInstanceUID="1.2.3.1"), pseudonyms)
    other = scrubbed(make_ct(SOPInstanceUID="1.2.3.2"), pseudonyms)
    assert one.PatientID == other.PatientID == one.PatientName
    assert one.StudyInstanceUID == other.StudyInstanceUID
    assert one.SOPInstanceUID != other.SOPInstanceUID
    assert one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID
