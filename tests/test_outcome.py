import json

import pytest

from pixelscrub.errors import Reason
from pixelscrub.findings import Box
from pixelscrub.outcome import AuditLine, FaceLine, Outcome, Summary, TextLine, TransferSyntax


def test_line_has_the_names_of_the_contract():
    line = AuditLine(
        source="a.dcm",
        outcome=Outcome.CLEAN,
        output="p/s/r/1.dcm",
        transfer_syntax=TransferSyntax(before="1.2", after="1.2"),
        text=[TextLine(frames=(0, 3), box=Box(1, 2, 3, 4), kind="text", score=0.5, action="mask")],
        face=FaceLine(status="removed", mask="face.nii.gz", checks={"fit": 0.9}),
    )
    written = json.loads(line.to_json())
    assert written["transfer_syntax"] == {"in": "1.2", "out": "1.2"}
    assert written["text"] == [
        {"frames": [0, 3], "box": [1, 2, 3, 4], "kind": "text", "score": 0.5, "action": "mask"}
    ]
    assert written["face"]["status"] == "removed"
    assert written["tags"] == {"removed": 0, "emptied": 0, "replaced": 0, "kept": 0}
    assert AuditLine.model_validate_json(line.to_json()) == line


def held(reason):
    return AuditLine(source="a", outcome=Outcome.HELD, reason=reason)


@pytest.mark.parametrize(
    ("lines", "instances", "interrupted", "code"),
    [
        ([AuditLine(source="a", outcome=Outcome.CLEAN)], 1, False, 0),
        ([held(Reason.NOT_DICOM), AuditLine(source="b", outcome=Outcome.CLEAN)], 1, False, 0),
        ([held(Reason.TEXT_LEFT)], 1, False, 2),
        ([held(Reason.NOT_DICOM)], 0, False, 3),
        ([held(Reason.DAMAGED_FILE)], 0, False, 3),
        ([], 1, True, 130),
    ],
)
def test_exit_code_follows_from_the_counts(lines, instances, interrupted, code):
    summary = Summary(instances=instances, interrupted=interrupted)
    for line in lines:
        summary.add(line)
    assert summary.exit_code == code


def test_summary_counts_by_reason_and_kind():
    summary = Summary()
    found = TextLine(frames=None, box=Box(0, 0, 1, 1), kind="text", score=1, action="mask")
    face = FaceLine(status="removed", mask=None, checks={})
    summary.add(AuditLine(source="a", outcome=Outcome.CLEAN, text=[found, found], face=face))
    summary.add(held(Reason.TEXT_LEFT))
    summary.add(held(Reason.NOT_DICOM))
    assert (summary.clean, summary.held) == (1, 1)
    assert summary.reasons == {"text_left": 1}
    assert summary.skipped == {"not_dicom": 1}
    assert summary.findings == {"text": 2, "face": 1}


def test_inputs_add_up_and_are_accounted_for():
    summary = Summary(undone=3)
    for line in (AuditLine(source="a", outcome=Outcome.CLEAN), held(Reason.DAMAGED_FILE)):
        summary.add(line)
    summary.add(held(Reason.NOT_DICOM))
    summary.add(held(Reason.DICOMDIR))
    said = "files found: 7 = 1 clean + 1 held + 2 left alone + 3 not come to"
    assert (summary.inputs, summary.account()) == (7, said)
    written = json.loads(summary.model_dump_json())
    settled = written["clean"] + written["held"] + sum(written["left"].values())
    assert written["inputs"] == settled + written["undone"] == 7
    assert Summary.model_validate_json(summary.model_dump_json()) == summary
