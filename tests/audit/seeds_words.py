"""Leaks of words, dates and numbers to plant in an output, beside those of `seeds`."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from .seeds import Seed, _put, _seed

OTHERS = "Mrs Vintercastle 867-5309"
LEFT = ("identifier_disguised", "identifier_left")
BIRTH = ("birth_date_left", "identifier_left", "identifier_disguised")
OTHER = ("person_left", "unknown_word_left")


def _both(keyword: str, text: str, *kinds: str) -> Seed:
    """A leak that an original holds as well: `plant` writes it into both of a pair."""
    return _put(keyword, text, *kinds)


def _item(sequence: str, **fields: str) -> Seed:
    def change(dataset: Dataset) -> None:
        item = Dataset()
        for keyword, value in fields.items():
            setattr(item, keyword, value)
        setattr(dataset, sequence, Sequence([item]))

    return _seed(change, *OTHER)


BIRTHS = (
    "29.02.1934", "29/02/34", "02/29/1934", "1934-02-29", "29 February 1934", "29. Februar 1934",
    "29 février 1934", "29 de febrero de 1934", "29 febbraio 1934", "29 februari 1934",
    "29 de fevereiro de 1934", "Feb 29, 1934", "1934 02 29", "29-02-1934", "29021934",
)  # fmt: skip
DISGUISES = (
    "L i n d q v i s t", "tsivqdnil", "Lind\x1b(Bqvist", "Lind-qvist", "OttilieLindqvist",
    "Z K 4 7 1 1 7 7", "ZK.47.11.77", "ZK/4711/77", "Lindqvist\\Ottilie", "eilitto",
)  # fmt: skip
ATTRIBUTES = (
    "CommentsOnTheScheduledProcedureStep", "WindowCenterWidthExplanation", "LUTExplanation",
    "AcquisitionProtocolName", "PartialViewDescription", "DocumentTitle", "ReasonForCancellation",
    "InterventionDescription", "PixelSpacingCalibrationDescription", "HangingProtocolCreator",
    "RTImageDescription", "RTImageName", "BeamName", "TreatmentProtocols", "SegmentDescription",
    "TrackingID", "CodeMeaning", "GraphicLayerDescription", "FrameOfInterestDescription",
    "SurfaceComments",
)  # fmt: skip
SENTENCES = (
    OTHERS, "Dr Vintercastle", "Frau Vintercastle", "Mme Vintercastle", "Sra. Vintercastle",
    "anna@hospital.org", "see https://example.org/1", "call 030 1234567", "+47 22 33 44 55",
    "room 12", "Zimmer 312", "95 years old", "92-jährige", "quatre-vingt-dix ans",
)  # fmt: skip


def _short(text: str) -> str:
    return text[:16]


NUMBERS = {
    "id as a number": _put("ReconstructionDiameter", "471177", "number_left"),
    "id in a binary number": _put("SelectorULValue", 471177, "number_left"),
    "id in a real number": _put("SelectorFDValue", 471177.0, "number_left"),
    "birth date as a number": _put("TableHeight", "19340229", "number_left", *BIRTH),
    "id in a uid": _put("ContextUID", "1.2.826.5.471177.3", "uid_tells"),
    "uid below the root of dicom": _put("ContextUID", "1.2.840.10008.99.4711", "uid_tells"),
    "age without a unit": _put("PatientAge", "095", "age_above_89"),
    "age above 89": _put("PatientAge", "097Y", "age_above_89"),
}
SEEDS = {
    **{f"birth date {text}": _put("DocumentTitle", text, *BIRTH) for text in BIRTHS},
    **{f"disguised {text!r}": _put("DocumentTitle", text, *LEFT) for text in DISGUISES},
    **{f"others in {name}": _put(name, OTHERS, *OTHER) for name in ATTRIBUTES},
    **{f"told: {text}": _put("DocumentTitle", text, *OTHER, "age_above_89") for text in SENTENCES},
    **NUMBERS,
    "others in a code": _item("ProcedureCodeSequence", CodeMeaning=f"CT for {OTHERS}"),
    "others in a segment": _item("SegmentSequence", SegmentLabel=OTHERS),
}
