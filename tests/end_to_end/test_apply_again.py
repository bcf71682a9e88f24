"""`apply` carries out what a person changed, and leaves alone what was released just so."""

import json

import numpy as np
import pydicom
import pytest

import pixelscrub
from pixelscrub import Plan
from pixelscrub.findings import Box, Finding


@pytest.fixture
def ran(run_scrub, make_instance, save, tmp_path):
    first = make_instance(np.full((64, 64), 90, np.uint8))
    for number in (1, 2):
        instance = make_instance(np.full((64, 64), 90, np.uint8), InstanceNumber=number)
        instance.StudyInstanceUID = first.StudyInstanceUID
        save(instance, tmp_path / "in" / f"{number}.dcm")
    (tmp_path / "in" / "notes.txt").write_text("no image")
    return run_scrub(tmp_path / "in", tmp_path)


def plan_folder(ran):
    (path,) = ran.private.glob("plans/*/plan.json")
    return path.parent


def add_box(ran):
    plan = Plan.load(plan_folder(ran))
    planned = next(i for i in plan.instances if i.source.path == "1.dcm")
    planned.findings.append(Finding(kind="manual", box=Box(8, 8, 24, 24)))
    plan.save(plan_folder(ran))


def times(ran):
    return {path: path.stat().st_mtime_ns for path in ran.outputs()}


def test_only_the_corrected_instance_is_written_again(ran):
    before = times(ran)
    add_box(ran)
    summary = pixelscrub.apply(ran.private, ran.out, workers=1)
    assert summary.clean == 2
    after = times(ran)
    corrected = ran.out / ran.audit["1.dcm"]["output"]
    assert {path for path in after if after[path] != before[path]} == {corrected}
    pixels = pydicom.dcmread(corrected).pixel_array
    assert not pixels[8:24, 8:24].any()
    assert (pixels[30:] == 90).all()


def test_nothing_changed_means_nothing_is_written_and_the_audit_stays(ran):
    before, audit = times(ran), ran.audit
    pixelscrub.apply(ran.private, ran.out, workers=1)
    assert times(ran) == before
    assert ran.audit == audit
    assert audit["notes.txt"]["reason"] == "not_dicom"


def test_lost_output_is_written_again(ran):
    lost = ran.outputs()[0]
    content = lost.read_bytes()
    lost.unlink()
    pixelscrub.apply(ran.private, ran.out, workers=1)
    assert pydicom.dcmread(lost).pixel_array.tobytes() in content


def test_instance_held_by_a_person_is_taken_back(ran):
    path = plan_folder(ran) / "plan.json"
    plan = json.loads(path.read_text())
    plan["instances"][0]["held"] = "text_left"
    path.write_text(json.dumps(plan))
    summary = pixelscrub.apply(ran.private, ran.out, workers=1)
    assert (summary.clean, summary.held) == (1, 1)
    assert len(ran.outputs()) == 1
