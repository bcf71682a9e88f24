"""Identity: files that claim the same instance, patients of one ID, references across files."""

from __future__ import annotations

from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.faults.ground import CLEAN, Case, Ran, Tally, encoded, instance, try_cases


def run(folder: Path, tally: Tally, short: bool) -> None:
    """All files lie in one folder; what they say of one another is compared afterwards."""
    first = instance()
    second = instance(StudyInstanceUID=first.StudyInstanceUID)
    second.SeriesInstanceUID = first.SeriesInstanceUID
    second.InstanceNumber = 1
    changed = encoded(first).replace(b"20200102", b"20200103")
    other_name = instance(PatientName="Other^Name")
    other_id = instance(PatientID="PLNT-770462")
    padded_id = instance(PatientID="PLNT-770461 ")
    same_study = instance(StudyInstanceUID=first.StudyInstanceUID, PatientID="PLNT-770469")
    missing = instance(PatientID="", PatientName="")
    reference = Dataset()
    reference.ReferencedSOPClassUID = first.SOPClassUID
    reference.ReferencedSOPInstanceUID = first.SOPInstanceUID
    pointing = instance(ReferencedImageSequence=Sequence([reference]))
    cases = [
        Case.of("a first.dcm", first),
        Case.of("b same bytes.dcm", encoded(first), "duplicate_instance"),
        Case.of("c same UID.dcm", changed, "conflicting_instances"),
        Case.of("d same number.dcm", second),
        Case.of("e one ID, two names.dcm", other_name),
        Case.of("f one name, two IDs.dcm", other_id),
        Case.of("g padded ID.dcm", padded_id),
        Case.of("h one study, two patients.dcm", same_study, CLEAN, "conflicting_instances"),
        Case.of("i nobody.dcm", missing),
        Case.of("j pointing.dcm", pointing),
    ]
    judge_links(try_cases(cases, folder, tally), tally)


def judge_links(ran: Ran, tally: Tally) -> None:
    """Same stays same and different stays different, and references still lead somewhere."""
    read = {s: dcmread(ran.out / line["output"]) for s, line in ran.lines.items() if line["output"]}
    patient = {source[:1]: str(made.PatientID) for source, made in read.items()}
    first = read["a first.dcm"]
    checks = {
        "one ID stays one": patient["a"] == patient["d"] == patient["e"] == patient["g"],
        "two IDs stay two": patient["a"] != patient["f"],
        "nobody is not somebody": patient["i"] != patient["a"],
        "one study stays one": first.StudyInstanceUID == read["d same number.dcm"].StudyInstanceUID,
        "numbers do not collide": len({line["output"] for line in ran.lines.values()}) > len(read),
        "a reference leads to its instance": first.SOPInstanceUID
        == read["j pointing.dcm"].ReferencedImageSequence[0].ReferencedSOPInstanceUID,
    }
    for name, is_right in checks.items():
        tally.count(name, *["not so"] * (not is_right))
