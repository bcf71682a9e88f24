import json

import pytest

from pixelscrub.errors import NothingUsableError, UsageError
from pixelscrub.findings import Box, Finding
from pixelscrub.plan import Plan
from pixelscrub.recipe import Recipe
from pixelscrub.review import plans as saving
from pixelscrub.review import session as sessions
from pixelscrub.review.plans import ChangedOutsideError
from pixelscrub.review.reach import FindingPlace
from pixelscrub.review.session import Asked, SaveError, Session
from tests.review.samples import KEPT, SURE, TEXT

DRAWN = Finding(kind="manual", box=Box(30, 2, 44, 8), source="review")


@pytest.fixture
def session(prepared):
    return Session(prepared.path, "ada")


@pytest.fixture
def decide(session):
    """Asks for a decision on the instance with a UID."""

    def ask(verb, uid="1.1", plan="study-1", **more):
        place = FindingPlace(plan, session.plans.instance(plan, uid))
        return session.decide(Asked(verb, place, **more))

    return ask


def masked(finding):
    return finding.model_copy(update={"action": "mask"})


def kept(finding):
    return finding.model_copy(update={"action": "keep"})


def test_rejected_finding_is_kept_and_accepted_one_masked(decide, prepared):
    decide("reject", finding=TEXT)
    decide("accept", finding=KEPT)
    assert prepared.planned("still-1.dcm").findings == [SURE, kept(TEXT), masked(KEPT)]
    assert prepared.planned("still-2.dcm").findings == [TEXT]


def test_decision_is_in_the_plan_and_in_the_record_at_once(decide, prepared):
    decide("reject", finding=TEXT)
    lines = (prepared.path / "decisions.jsonl").read_text().splitlines()
    (told,) = map(json.loads, lines)
    assert (told["who"], told["verb"]) == ("ada", "reject")
    assert told["changes"][0]["uid"] == "1.1"


@pytest.mark.parametrize(
    ("scope", "sources"),
    [
        ("frames", {"still-1.dcm"}),
        ("series", {"still-1.dcm", "still-2.dcm", "other.dcm"}),
        ("layout", {"still-1.dcm", "still-2.dcm", "cine.dcm"}),
    ],
)
def test_drawn_box_reaches_as_far_as_asked(decide, prepared, scope, sources):
    decide("box", box=DRAWN.box, scope=scope)
    found = {
        i.source.path
        for study in ("study-1", "study-2")
        for i in prepared.plan(study).instances
        if DRAWN in i.findings
    }
    assert found == sources


def test_decision_on_a_layout_is_recorded_as_a_rule(decide):
    rule = decide("box", box=DRAWN.box, scope="layout").rule
    assert (rule.manufacturer, rule.model, rule.modality) == ("acme", "one", "ot")
    assert (rule.rows, rule.columns, rule.box, rule.action) == (32, 48, DRAWN.box, "mask")
    assert decide("reject", finding=TEXT, scope="layout").rule.action == "keep"
    assert decide("check", scope="layout").rule is None
    assert decide("box", box=DRAWN.box, scope="series").rule is None


def test_box_on_one_frame_of_a_cine_holds_for_that_frame(decide, prepared):
    decide("box", uid="1.3", box=DRAWN.box, scope="frame", frame=2)
    assert prepared.planned("cine.dcm").findings[-1].frames == (2, 2)


def test_box_is_clipped_and_one_outside_is_refused(decide, prepared):
    decide("box", box=Box(40, 20, 90, 90))
    assert prepared.planned("still-1.dcm").findings[-1].box == Box(40, 20, 48, 32)
    with pytest.raises(UsageError, match="outside"):
        decide("box", box=Box(60, 20, 90, 90))
    with pytest.raises(UsageError, match="frame"):
        decide("box", box=Box(4, 2, 9, 9), frame=1)


def test_accepting_for_a_series_masks_the_place_in_all_of_it(decide, prepared):
    decide("accept", finding=SURE, scope="series")
    assert prepared.planned("still-1.dcm").findings[0] == SURE
    added = Finding(kind="manual", box=SURE.box, source="review")
    assert prepared.planned("still-2.dcm").findings == [TEXT, added]


def test_accepting_for_a_device_covers_every_frame_of_cines(decide, prepared):
    decide("accept", finding=TEXT, scope="layout")
    everywhere = Finding(kind="manual", box=TEXT.box, source="review")
    assert prepared.planned("cine.dcm").findings[-1] == everywhere
    assert prepared.planned("still-2.dcm").findings == [TEXT]


def test_rejecting_for_a_device_leaves_its_place_visible_in_all(decide, prepared):
    decide("reject", finding=TEXT, scope="layout")
    assert prepared.planned("still-2.dcm").findings == [kept(TEXT)]
    assert prepared.planned("cine.dcm").findings[0].action == "keep"
    assert prepared.planned("still-1.dcm").findings[0] == SURE


def test_image_that_cannot_be_read_is_not_reached(decide, prepared):
    (prepared.inputs / "still-2.dcm").unlink()
    decide("box", box=DRAWN.box, scope="series")
    assert prepared.planned("still-2.dcm").findings == [TEXT]
    assert prepared.planned("other.dcm").findings == [DRAWN]


def test_drawn_box_can_be_erased_and_a_found_one_cannot(decide, prepared):
    decide("box", box=DRAWN.box, scope="series")
    decide("erase", finding=DRAWN, scope="series")
    assert prepared.planned("other.dcm").findings == []
    with pytest.raises(UsageError, match="reject"):
        decide("erase", finding=TEXT)


def test_undo_takes_everything_back_step_by_step_even_after_a_restart(decide, prepared):
    before = [prepared.plan(s).model_dump() for s in ("study-1", "study-2")]
    decide("reject", finding=TEXT, scope="layout")
    decide("box", box=DRAWN.box, scope="layout")
    decide("hold", uid="2.0", plan="study-2", scope="series")
    session = Session(prepared.path, "grace")
    undone = [session.undo() for _ in range(3)]
    assert [decision.undoes for decision in undone] == [3, 2, 1]
    assert [prepared.plan(s).model_dump() for s in ("study-1", "study-2")] == before
    with pytest.raises(UsageError, match="nothing to undo"):
        session.undo()
    assert len((prepared.path / "decisions.jsonl").read_text().splitlines()) == 6


def test_person_holds_back_and_releases_what_the_eye_can_judge(decide, prepared):
    decide("hold")
    assert prepared.planned("still-1.dcm").held == "held_by_person"
    with pytest.raises(UsageError, match="already"):
        decide("hold")
    decide("release")
    decide("release", uid="1.5")
    assert prepared.planned("still-1.dcm").held is None
    assert prepared.planned("large.dcm").held is None
    assert prepared.planned("large.dcm").detail == ""


def test_what_a_proof_holds_is_not_overruled(decide, prepared):
    with pytest.raises(UsageError, match="overruled"):
        decide("release", uid="1.4")
    assert prepared.planned("other.dcm").held == "text_left"


def test_verdicts_and_checks_are_known_after_a_restart(decide, prepared):
    decide("accept", finding=TEXT)
    decide("reject", finding=SURE)
    decide("check", uid="1.2")
    decide("check", uid="2.0", plan="study-2", scope="series")
    session = Session(prepared.path)
    assert session.verdicts() == {
        ("study-1", "1.1"): {TEXT, kept(SURE)},
        ("study-1", "1.2"): {TEXT},
    }
    assert len(session.checked()) == 4
    session.undo()
    assert session.checked() == {("study-1", "1.2")}


def test_verdict_is_void_where_the_plan_says_otherwise_by_hand(decide, session, prepared):
    decide("accept", finding=TEXT)
    found = prepared.planned("still-1.dcm").findings[1]
    assert found in session.verdicts()["study-1", "1.1"]
    assert kept(found) not in session.verdicts()["study-1", "1.1"]


def test_decision_needs_a_finding_with_a_box(decide):
    for finding in (None, Finding(kind="overlay", action="remove")):
        with pytest.raises(UsageError, match="finding"):
            decide("accept", finding=finding)


def test_plan_changed_by_another_program_is_not_overwritten(decide, prepared):
    folder = prepared.path / "plans" / "study-1"
    plan = Plan.load(folder)
    plan.instances[1].findings.append(SURE)
    plan.save(folder)
    with pytest.raises(ChangedOutsideError):
        decide("reject", finding=TEXT)
    assert SURE in prepared.planned("still-2.dcm").findings
    decide("reject", finding=TEXT)
    assert SURE in prepared.planned("still-2.dcm").findings


def full(*_):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("where", ["plan", "record"])
def test_full_disk_changes_nothing_and_says_so(session, decide, prepared, monkeypatch, where):
    decide("accept", finding=TEXT)
    files = sorted(p for p in prepared.path.rglob("*") if p.is_file())
    before = {p: p.read_bytes() for p in files}
    memory = session.plans.opened["study-1"].plan.model_dump()
    with monkeypatch.context() as patched:
        if where == "plan":
            patched.setattr(saving, "_write", full)
        else:
            patched.setattr(session.record, "append", full)
        with pytest.raises(SaveError, match="disk full"):
            decide("box", box=DRAWN.box, scope="layout")
    assert {p: p.read_bytes() for p in prepared.path.rglob("*") if p.is_file()} == before
    assert session.plans.opened["study-1"].plan.model_dump() == memory
    decide("box", box=DRAWN.box)
    assert DRAWN in prepared.planned("still-1.dcm").findings


def test_folder_without_plans_and_without_good_ones_is_refused(tmp_path, prepared):
    with pytest.raises(NothingUsableError):
        Session(tmp_path / "in")
    for path in prepared.path.glob("plans/*/plan.json"):
        path.write_text("{}")
    with pytest.raises(UsageError, match="study-1: study: missing"):
        Session(prepared.path)


def test_person_is_known_by_the_login_or_not_at_all(prepared, monkeypatch):
    monkeypatch.setattr(sessions.getpass, "getuser", lambda: "grace")
    assert Session(prepared.path).who == "grace"

    def nobody():
        raise KeyError

    monkeypatch.setattr(sessions.getpass, "getuser", nobody)
    assert Session(prepared.path).who == "unknown"


def layouts_of(prepared):
    return Recipe.load(prepared.path / "layouts.toml").text.layouts


def test_layout_is_kept_as_a_recipe_for_images_to_come(decide, session, prepared):
    decide("box", box=DRAWN.box)
    assert not (prepared.path / "layouts.toml").exists()
    decide("box", box=DRAWN.box, scope="layout")
    (layout,) = layouts_of(prepared)
    assert (layout.manufacturer, layout.model, layout.modality) == ("acme", "one", "ot")
    assert (layout.rows, layout.columns, layout.boxes) == (32, 48, (DRAWN.box,))
    session.undo()
    assert layouts_of(prepared) == ()


def test_erased_layout_leaves_the_recipe(decide, prepared):
    decide("box", box=DRAWN.box, scope="layout")
    assert decide("erase", finding=DRAWN, scope="layout").rule.action == "keep"
    assert layouts_of(prepared) == ()


def test_full_disk_leaves_layouts_as_they_were(decide, prepared, monkeypatch):
    decide("box", box=DRAWN.box, scope="layout")
    before = {p: p.read_bytes() for p in prepared.path.rglob("*") if p.is_file()}
    write = saving._write

    def full_for_layouts(path, content):
        write(path, content) if path.name.startswith("plan") else full()

    with monkeypatch.context() as patched:
        patched.setattr(saving, "_write", full_for_layouts)
        with pytest.raises(SaveError, match="disk full"):
            decide("accept", finding=TEXT, scope="layout")
    assert {p: p.read_bytes() for p in prepared.path.rglob("*") if p.is_file()} == before
