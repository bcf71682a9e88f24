import json

import pytest

from pixelscrub.errors import HeldError, UsageError
from pixelscrub.plan import Plan
from pixelscrub.review import plans as saving
from pixelscrub.review.decisions import Change, Hold
from pixelscrub.review.plans import ChangedOutsideError, Plans
from tests.review.samples import SURE, TEXT


@pytest.fixture
def plans(prepared):
    return Plans(prepared.path)


def test_every_plan_is_opened(plans):
    assert list(plans.opened) == ["study-1", "study-2"]
    assert len(list(plans.instances())) == 8
    assert plans.broken == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda plan: plan["instances"][0]["findings"][0].update(box=[9, 9, 1, 1]), "box"),
        (
            lambda plan: plan["instances"][0]["source"].update(size="Quixote^Alonso"),
            "instances.0.source.size",
        ),
        (lambda plan: plan.update(version=3), "version"),
    ],
)
def test_plan_edited_into_nonsense_is_named_and_the_others_open(prepared, change, place):
    path = prepared.path / "plans" / "study-1" / "plan.json"
    plan = json.loads(path.read_text())
    change(plan)
    path.write_text(json.dumps(plan))
    before = path.read_bytes()
    plans = Plans(prepared.path)
    assert list(plans.opened) == ["study-2"]
    (broken,) = plans.broken
    assert broken.name == "study-1"
    assert place in broken.why or "findings" in broken.why
    assert "Quixote" not in broken.why
    assert path.read_bytes() == before


def test_plan_that_is_no_json_is_named(prepared):
    (prepared.path / "plans" / "study-1" / "plan.json").write_text("nonsense")
    (broken,) = Plans(prepared.path).broken
    assert "file" in broken.why


def test_changes_are_carried_out_and_reversed(plans):
    instance = plans.instance("study-1", "1.1")
    before = list(instance.findings)
    kept = TEXT.model_copy(update={"action": "keep"})
    change = Change(plan="study-1", uid="1.1", was=TEXT, now=kept)
    plans.carry_out([change])
    assert instance.findings == [before[0], kept, before[2]]
    plans.carry_out([change.reversed()])
    assert instance.findings == before


def test_hold_is_carried_out_where_the_plan_is_as_it_was(plans):
    free, held = Hold(), Hold(reason="held_by_person")
    change = Change(plan="study-1", uid="1.1", hold_was=free, hold_now=held)
    plans.carry_out([change])
    assert plans.instance("study-1", "1.1").held == "held_by_person"
    with pytest.raises(ChangedOutsideError):
        plans.carry_out([change])


def test_none_of_the_changes_is_made_where_one_cannot_be(plans):
    good = Change(plan="study-1", uid="1.1", now=SURE)
    bad = Change(plan="study-1", uid="1.2", was=SURE)
    before = plans.opened["study-1"].plan.model_dump()
    with pytest.raises(ChangedOutsideError):
        plans.carry_out([good, bad])
    with pytest.raises(UsageError):
        plans.carry_out([good, Change(plan="gone", uid="1.1", now=SURE)])
    assert plans.opened["study-1"].plan.model_dump() == before


def test_staged_plans_take_the_place_of_the_old_ones(plans, prepared):
    plans.carry_out([Change(plan="study-1", uid="1.2", now=SURE)])
    staged = plans.drafts(["study-1"])
    saving.stage(staged)
    assert SURE not in prepared.planned("still-2.dcm").findings
    saving.replace(staged)
    assert SURE in prepared.planned("still-2.dcm").findings
    assert not list(prepared.path.glob("plans/*/*.review"))
    plans.reload_changed()


def test_nothing_is_staged_where_one_plan_cannot_be_written(plans, prepared):
    (prepared.path / "plans" / "study-2" / "plan.json.review").mkdir()
    with pytest.raises(OSError, match="directory"):
        saving.stage(plans.drafts(["study-1", "study-2"]))
    assert not (prepared.path / "plans" / "study-1" / "plan.json.review").exists()


def test_plan_changed_outside_is_loaded_again_and_said(plans, prepared):
    folder = prepared.path / "plans" / "study-1"
    plan = Plan.load(folder)
    plan.instances[0].findings.clear()
    plan.save(folder)
    with pytest.raises(ChangedOutsideError, match="loaded again"):
        plans.reload_changed()
    assert plans.instance("study-1", "1.1").findings == []
    plans.reload_changed()


def test_plan_destroyed_outside_is_an_error(plans, prepared):
    path = prepared.path / "plans" / "study-1" / "plan.json"
    path.write_text("nonsense")
    with pytest.raises(HeldError):
        plans.reload_changed()
    path.unlink()
    with pytest.raises(HeldError):
        plans.reload_changed()
