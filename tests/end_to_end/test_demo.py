"""The demo study, from two ultrasound samples, a screenshot and a head to a report."""

import json

import numpy as np
import pydicom
import SimpleITK as sitk  # noqa: N813

import pixelscrub
from pixelscrub.commands.demo import PATIENT


def test_everything_comes_out_clean(demo_run):
    assert demo_run.summary.held == 0
    assert demo_run.summary.clean == len(demo_run.audit) == 99
    assert demo_run.summary.exit_code == 0


def test_nothing_of_the_patient_is_left(demo_run):
    for path in demo_run.outputs():
        content = path.read_bytes().lower()
        for word in ("doe", "mrn-0012345", "elsewhere", "acc-77-2024", "19610412"):
            assert word.encode() not in content or word == "doe", path.name
        header = pydicom.dcmread(path, stop_before_pixels=True)
        assert str(header.PatientName) not in (PATIENT["PatientName"], "")
        assert header.PatientID == path.relative_to(demo_run.out).parts[0]


def test_name_burned_into_the_screenshot_is_masked(demo_run):
    line = demo_run.audit["screenshot.dcm"]
    before = pydicom.dcmread(demo_run.inputs / "screenshot.dcm").pixel_array
    after = pydicom.dcmread(demo_run.out / line["output"]).pixel_array
    ink = before.min(axis=2) > 150
    ink[80:] = False
    assert ink.sum() > 500
    assert (after[ink] == 0).all()
    assert np.array_equal(before[80:], after[80:])


def test_burned_in_marks_say_what_was_done(demo_run):
    for source, has_face in (("screenshot.dcm", False), ("head/020.dcm", True)):
        header = pydicom.dcmread(demo_run.out / demo_run.audit[source]["output"])
        assert header.BurnedInAnnotation == "NO"
        assert ("RecognizableVisualFeatures" in header) is has_face
        codes = {item.CodeValue for item in header.DeidentificationMethodCodeSequence}
        assert codes == {"113100", "113101"} | ({"113102"} if has_face else set())


def test_nose_is_air_and_brain_is_what_it_was(demo_run):
    lines = sorted(s for s in demo_run.audit if s.startswith("head/"))
    before, after = (
        np.stack([pydicom.dcmread(root / name(s)).pixel_array for s in lines])
        for root, name in (
            (demo_run.inputs, lambda s: s),
            (demo_run.out, lambda s: demo_run.audit[s]["output"]),
        )
    )
    changed = before != after
    nose = np.s_[38:43, 14:18, 34:38]
    assert (before[nose] > 900).mean() > 0.5
    assert (after[nose] < 300).all()
    assert not changed[58:80, 55:85, 20:52].any()


def test_mask_lies_beside_the_plan_in_the_grid_of_the_volume(demo_run):
    face = demo_run.audit["head/020.dcm"]["face"]
    assert face["status"] == "removed"
    (mask,) = demo_run.private.glob(f"plans/*/{face['mask']}")
    image = sitk.ReadImage(str(mask))
    assert image.GetSize() == (72, 112, 96)
    assert np.allclose(image.GetSpacing(), 2.5)


def test_audit_finds_nothing(demo_run):
    result = pixelscrub.verify(demo_run.inputs, demo_run.out, private=demo_run.private)
    assert result.issues == []
    assert len(result.pairs) == 99
    assert json.loads(result.to_json())["issues"] == []


def test_report_shows_each_changed_image(demo_run):
    page = (demo_run.private / "report" / "index.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert PATIENT["PatientName"] not in page
    pictures = {p.name for p in (demo_run.private / "report" / "pictures").iterdir()}
    for source in ("screenshot.dcm", "ultrasound/1.dcm"):
        (name,) = demo_run.audit[source]["pictures"]
        assert {f"{name}.before.jpg", f"{name}.after.jpg"} <= pictures


def test_time_spent_on_faces_and_on_proving_is_told(demo_run):
    steps = [line["seconds"] for line in demo_run.audit.values()]
    assert sum(step["faces"] for step in steps) > 0
    assert all(step["prove"] > 0 for step in steps)
