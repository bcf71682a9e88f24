"""A plan that was read is untrusted: names, types and sizes; one bad record holds that record."""

import json
import os
from pathlib import Path

import pytest

from pixelscrub.errors import HeldError, Reason
from pixelscrub.intake.instance import Source
from pixelscrub.plan import BAD_RECORD, FacePlan, InstancePlan, Plan
from pixelscrub.recipe import Recipe

SLICES = [("1", 0), ("2", 0)]


def instance(uid, **values):
    source = Source(Path("/in"), f"{uid}.dcm", size=9, modified=5)
    named = {"source": source, "output": f"p/s/r/{uid}.dcm"}
    return InstancePlan(uid=uid, series="1", **(named | values))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "plans" / "study"
    folder.mkdir(parents=True)
    face = FacePlan(series="1", status="removed", mask="face-1.nii.gz", slices=SLICES)
    instances = [instance("1"), instance("2"), instance("3")]
    Plan(study="s", recipe=Recipe(), instances=instances, faces=[face]).save(folder)
    return folder


def change(folder, part, number, **values):
    raw = json.loads((folder / "plan.json").read_text())
    raw[part][number] |= values
    (folder / "plan.json").write_text(json.dumps(raw))


def held(plan):
    return {i.uid for i in plan.instances if i.held is Reason.PLAN_INVALID}


def test_sound_plan_is_read_as_it_was_written(folder):
    assert Plan.load(folder) == Plan.load_each(folder)
    assert not held(Plan.load(folder))


@pytest.mark.parametrize(
    "values",
    [
        {"output": "../ESCAPED/evil.dcm"},
        {"output": "/etc/cron.d/evil"},
        {"output": "p/../../evil.dcm"},
        {"output": ""},
        {"output": 7},
        {"output": "p/s/r/1.dcm"},
        {"findings": "all"},
        {"findings": [{"kind": "text", "box": [0, 0, 10**30, 4]}]},
        {"findings": [{"kind": "text", "box": [0, 0, 4, 4], "frames": [0, 10**12]}]},
        {"findings": [{"kind": "text", "box": [4, 4, 4, 4]}]},
        {"crop": [0, 0, 0, 0]},
        {"held": "no such reason"},
        {"surprise": 1},
        {"made_uids": ["PatientName"]},
    ],
)
def test_one_bad_record_holds_that_record(folder, values):
    change(folder, "instances", 1, **values)
    plan = Plan.load_each(folder)
    assert held(plan) == {"2"}
    assert [i.source.path for i in plan.instances] == ["1.dcm", "2.dcm", "3.dcm"]
    assert plan.instances[1].detail == BAD_RECORD
    with pytest.raises(HeldError, match="1 instances"):
        Plan.load(folder)


@pytest.mark.parametrize(
    "values",
    [
        {"path": "../../etc/shadow"},
        {"path": "/etc/shadow"},
        {"path": "a\0b"},
        {"path": None},
        {"archive": "../a.zip", "path": "../a.zip/x"},
        {"archive": "a.zip", "path": "b.dcm"},
        {"root": "relative"},
        {"root": "/in/../etc"},
        {"root": "/in\0"},
        {"size": -1},
        {"size": 10**30},
        {"modified": 10**30},
        {"surprise": 1},
    ],
)
def test_record_that_names_no_file_is_held_by_its_place(folder, values):
    raw = json.loads((folder / "plan.json").read_text())
    raw["instances"][1]["source"] |= values
    (folder / "plan.json").write_text(json.dumps(raw))
    assert_second_is_held_by_its_place(folder)


@pytest.mark.parametrize(
    "values",
    [{"source": "../../etc/shadow"}, {"source": None}, {"uid": ""}, {"uid": ["1"]}],
)
def test_record_without_a_file_or_a_uid_is_held_by_its_place(folder, values):
    change(folder, "instances", 1, **values)
    assert_second_is_held_by_its_place(folder)


def assert_second_is_held_by_its_place(folder):
    plan = Plan.load_each(folder)
    assert held(plan) == {"plans/study/plan.json/2"}
    assert plan.instances[1].source == Source(folder.parents[1], "plans/study/plan.json/2", 0, 0)


def of_version_1(raw):
    """The plan as version 1 had it: what says where a file is lay beside the rest."""
    for one in raw["instances"]:
        source = one.pop("source")
        one |= {"source": source.pop("path"), **source}
    return raw | {"version": 1}


def test_plan_of_version_1_is_read(folder):
    plan = Plan.load(folder)
    raw = of_version_1(json.loads((folder / "plan.json").read_text()))
    (folder / "plan.json").write_text(json.dumps(raw))
    assert Plan.load(folder) == plan


def test_records_of_version_1_are_judged_as_those_of_version_2(folder):
    raw = of_version_1(json.loads((folder / "plan.json").read_text()))
    raw["instances"][1]["source"] = "../../etc/shadow"
    raw["instances"][2] = "nonsense"
    (folder / "plan.json").write_text(json.dumps(raw))
    plan = Plan.load_each(folder)
    assert held(plan) == {"plans/study/plan.json/2", "plans/study/plan.json/3"}


def test_plan_of_a_later_version_is_refused_with_a_sentence(folder):
    (folder / "plan.json").write_text('{"version": 3}')
    with pytest.raises(HeldError, match="another version of pixelscrub"):
        Plan.load(folder)


def test_second_of_two_with_one_uid_is_held(folder):
    raw = json.loads((folder / "plan.json").read_text())
    raw["instances"].append(raw["instances"][0] | {"output": "p/s/r/9.dcm"})
    raw["instances"].append("nonsense")
    (folder / "plan.json").write_text(json.dumps(raw))
    plan = Plan.load_each(folder)
    assert [i.held for i in plan.instances[:3]] == [None] * 3
    assert [i.held for i in plan.instances[3:]] == [Reason.PLAN_INVALID] * 2


@pytest.mark.parametrize(
    "values",
    [
        {"mask": "../../key"},
        {"mask": "/dev/zero"},
        {"mask": "other/face-1.nii.gz"},
        {"fill": [float("inf"), 0]},
        {"tissue": 1e300},
        {"mosaic": [10**9, 10**9], "tiles": [[0, 0], [0, 0]]},
        {"mosaic": [64, 64]},
        {"tiles": [[0, 0]]},
        {"tiles": [[-1, 0], [0, 0]]},
        {"style": "none at all"},
    ],
)
def test_bad_face_holds_the_instances_that_it_is_of(folder, values):
    raw = json.loads((folder / "plan.json").read_text())
    raw["faces"][0] |= values
    text = json.dumps(raw).replace("Infinity", "1e999")
    (folder / "plan.json").write_text(text)
    plan = Plan.load_each(folder)
    assert held(plan) == {"1", "2"}
    assert plan.faces == []


@pytest.mark.parametrize("slices", ["all", [], [[7, 0]], [["unknown", 0]]])
def test_bad_face_that_does_not_tell_whose_it_is_holds_all(folder, slices):
    change(folder, "faces", 0, slices=slices, mask="../key")
    assert held(Plan.load_each(folder)) == {"1", "2", "3"}


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"version": 99}', b'{"instances": 1}'],
)
def test_plan_of_which_nothing_can_be_read_is_invalid(folder, content):
    (folder / "plan.json").write_bytes(content)
    with pytest.raises(HeldError) as caught:
        Plan.load_each(folder)
    assert caught.value.reason is Reason.PLAN_INVALID


def test_links_pipes_and_huge_plans_are_not_read(folder, tmp_path, monkeypatch):
    content = (folder / "plan.json").read_bytes()
    monkeypatch.setattr("pixelscrub.plan.MAX_PLAN_BYTES", len(content) - 1)
    with pytest.raises(HeldError):
        Plan.load(folder)
    monkeypatch.undo()
    (tmp_path / "elsewhere").symlink_to(folder)
    with pytest.raises(HeldError):
        Plan.load(tmp_path / "elsewhere")
    (folder / "plan.json").unlink()
    os.mkfifo(folder / "plan.json")
    with pytest.raises(HeldError):
        Plan.load(folder)


def test_lists_that_are_none_are_invalid(folder):
    raw = json.loads((folder / "plan.json").read_text()) | {"faces": {}}
    (folder / "plan.json").write_text(json.dumps(raw))
    with pytest.raises(HeldError, match="no list"):
        Plan.load_each(folder)
