from __future__ import annotations

import pytest
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import (
    BasicTextSRStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from pixelscrub.recipe import TagSettings
from pixelscrub.tags.deidentify import HeaderTask, deidentify
from tests.tags.samples import make_ct, read, written

STRUCTURED = ("clean_structured_content", "retain_modified_dates")


def code(value, scheme="DCM", meaning="Meaning"):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def content(kind, concept, **values):
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", kind
    item.ConceptNameCodeSequence = [concept]
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def report():
    measured = Dataset()
    measured.NumericValue = "12.5"
    measured.MeasurementUnitsCodeSequence = [code("mm", "UCUM", "mm")]
    finding = content("CONTAINER", code("121070", meaning="Findings"))
    finding.ContentSequence = [
        content("TEXT", code("99", "99LOCAL"), TextValue="brain of Gundersen"),
        content("NUM", code("121206", meaning="Distance"), MeasuredValueSequence=[measured]),
        content("CODE", code("121071"), ConceptCodeSequence=[code("T-A0100", "SRT", "Brain")]),
        content("TEXT", code("121106"), TextValue="called Gundersen at 555-123-4567"),
        content("DATETIME", code("121201", meaning="Date"), DateTime="20200131"),
        content("PNAME", code("121008", meaning="Person Observer Name"), PersonName="Olsen^Kari"),
        content("UIDREF", code("121012", meaning="Device UID"), UID="1.2.3.44"),
    ]
    return make_ct(
        SOPClassUID=BasicTextSRStorage, Modality="SR", ValueType="CONTAINER",
        ConceptNameCodeSequence=[code("121144", meaning="Document Title")],
        ContentSequence=[finding],
    )  # fmt: skip


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
def test_basic_profile_replaces_the_whole_tree(pseudonyms, syntax):
    header = read(written(report(), syntax))
    deidentify(header, HeaderTask(TagSettings(), pseudonyms))
    (item,) = read(written(header, syntax)).ContentSequence
    assert item.TextValue == "REMOVED"
    assert item.ConceptNameCodeSequence[0].CodeValue == codes.DCM.Comment.value


def test_cleaning_keeps_measurements_and_codes(pseudonyms):
    header = read(written(report()))
    deidentify(header, HeaderTask(TagSettings(options=STRUCTURED), pseudonyms))
    data = written(header)
    assert b"undersen" not in data
    assert b"Olsen" not in data
    text, number, coded, date, person, uid = read(data).ContentSequence[0].ContentSequence
    assert text.TextValue == "brain of"
    assert number.MeasuredValueSequence[0].NumericValue == 12.5
    assert number.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue == "mm"
    assert coded.ConceptCodeSequence[0].CodeMeaning == "Brain"
    assert date.DateTime != "20200131"
    assert person.PersonName == "REMOVED"
    assert pseudonyms.uid("1.2.3.44") == uid.UID


def test_private_codes_are_cleaned_and_public_ones_kept(pseudonyms):
    request = Dataset()
    request.ReasonForRequestedProcedureCodeSequence = [
        code("A-47110815", "99HOSP", "Szymanski"),
        code("47110815", "SCT", "Crohn's disease"),
    ]
    header = read(written(make_ct(RequestAttributesSequence=[request])))
    deidentify(header, HeaderTask(TagSettings(options=("clean_descriptors",)), pseudonyms))
    clean = read(written(header)).RequestAttributesSequence[0]
    private, public = clean.ReasonForRequestedProcedureCodeSequence
    assert "47110815" not in private.CodeValue
    assert private.CodeMeaning == "REMOVED"
    assert public.CodeMeaning == "Crohn's disease"


def test_graphic_annotations_keep_shape_and_lose_text(pseudonyms):
    text = Dataset()
    text.UnformattedTextValue = "tumor of Gundersen"
    graphic = Dataset()
    graphic.GraphicLayer = "LAYER1"
    graphic.TextObjectSequence = [text]
    drawn = Dataset()
    drawn.GraphicData = [1.0, 2.0]
    graphic.GraphicObjectSequence = [drawn]
    made = make_ct(SOPClassUID="1.2.840.10008.5.1.4.1.1.11.1", GraphicAnnotationSequence=[graphic])
    basic, cleaned = read(written(made)), read(written(made))
    deidentify(basic, HeaderTask(TagSettings(), pseudonyms))
    options = ("clean_graphics", "clean_descriptors")
    deidentify(cleaned, HeaderTask(TagSettings(options=options), pseudonyms))
    item = read(written(basic)).GraphicAnnotationSequence[0]
    assert item.TextObjectSequence[0].UnformattedTextValue == "REMOVED"
    assert item.GraphicObjectSequence[0].GraphicData == [0.0, 0.0]
    item = read(written(cleaned)).GraphicAnnotationSequence[0]
    assert item.TextObjectSequence[0].UnformattedTextValue == "tumor of"
    assert item.GraphicObjectSequence[0].GraphicData == [1.0, 2.0]
