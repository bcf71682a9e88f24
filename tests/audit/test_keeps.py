"""What a recipe's rules keep is no leak; what they do not name is one still."""

from __future__ import annotations

import numpy as np
import pytest

from pixelscrub import api
from pixelscrub.audit.headers.keeps import kept
from pixelscrub.prove.places import FoundValue
from pixelscrub.recipe import Recipe, TagRule, TagSettings

HEADER = [
    FoundValue("(0010,0020)", "LO", b"MRN-4711 "),
    FoundValue("(0008,1140)[0].(0008,1155)", "UI", b"1.2.3\0"),
    FoundValue("(0029,0010)", "LO", b"SOMEONE"),
    FoundValue("(0029,1002)", "LO", b"seven"),
    FoundValue("(0029,0011)", "LO", b"ELSE"),
    FoundValue("(0029,1102)", "LO", "händel".encode("latin-1")),
]


@pytest.mark.parametrize(
    ("rule", "places"),
    [
        ({"keyword": "PatientID"}, ["(0010,0020)"]),
        ({"tag": "0010xxxx"}, ["(0010,0020)"]),
        ({"pattern": "Patient.*"}, ["(0010,0020)"]),
        ({"group": "0010", "vr": "LO"}, ["(0010,0020)"]),
        ({"vr": "UI"}, ["(0008,1140)[0].(0008,1155)"]),
        ({"creator": "SOMEONE"}, ["(0029,1002)", "(0029,0010)"]),
        ({"creator": "ELSE", "element": "02"}, ["(0029,1102)", "(0029,0011)"]),
        ({"tag": "00290002"}, ["(0029,1002)", "(0029,1102)", "(0029,0010)", "(0029,0011)"]),
        ({"keyword": "PatientName"}, []),
    ],
)
def test_places_that_a_rule_keeps(rule, places):
    found = kept([TagRule(**rule, action="keep")], HEADER, "keep")
    assert sorted(place for place, _ in found) == sorted(places)


def test_first_rule_decides_and_other_actions_keep_nothing():
    rules = [
        TagRule(keyword="PatientID", action="remove"),
        TagRule(group="0010", action="keep"),
        TagRule(vr="UI", action="hash"),
    ]
    assert list(kept(rules, HEADER, "keep", "clean")) == []
    assert list(kept([], HEADER, "keep")) == []


def test_texts_are_read_in_either_character_set():
    rules = [TagRule(group="0029", action="keep")]
    assert dict(kept(rules, HEADER, "keep"))["(0029,1102)"] == "händel"


@pytest.fixture(scope="module")
def keeping(tmp_path_factory, make_instance, save):
    """An instance scrubbed by a recipe that keeps its patient's number and a private element."""
    folder = tmp_path_factory.mktemp("keeping")
    instance = make_instance(
        np.zeros((16, 16), np.uint8), PatientID="MRN-4711", PatientName="Quixote^Alonso"
    )
    instance.private_block(0x0029, "SOMEONE", create=True).add_new(2, "LO", "seven")
    save(instance, folder / "in" / "1.dcm")
    rules = (
        TagRule(keyword="PatientID", action="keep"),
        TagRule(creator="SOMEONE", action="keep"),
    )
    recipe = Recipe(tags=TagSettings(rules=rules)).model_copy(
        update={"steps": Recipe().with_steps("tags").steps}
    )
    api.scrub(folder / "in", folder / "out", recipe=recipe, workers=1)
    return folder, recipe


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("pixelscrub.audit.audit.check_picture", lambda *_: iter(()))
    monkeypatch.setattr("pixelscrub.audit.conformance.program", lambda: None)


def test_audit_knows_what_the_plan_keeps(keeping):
    folder, recipe = keeping
    assert api.verify(folder / "in", folder / "out", private=folder / "out-private").issues == []
    assert api.verify(folder / "in", folder / "out", recipe=recipe).issues == []


def test_audit_without_the_recipe_tells_all_of_it(keeping):
    folder, _ = keeping
    found = {issue.kind for issue in api.verify(folder / "in", folder / "out").issues}
    assert {"identifier_left", "listed_element_kept", "private_element_left"} <= found


def test_headers_that_were_to_stay_are_a_note(make_instance, save, tmp_path):
    save(make_instance(np.zeros((16, 16), np.uint8)), tmp_path / "in" / "1.dcm")
    api.scrub(tmp_path / "in", tmp_path / "out", recipe=Recipe().with_steps("crop"), workers=1)
    result = api.verify(tmp_path / "in", tmp_path / "out", private=tmp_path / "out-private")
    assert result.issues == []
    assert "headers: the recipe leaves 1 as they were" in result.notes


def test_private_folder_of_other_originals_is_said_and_not_used(keeping, make_instance, save):
    folder, recipe = keeping
    (folder / "elsewhere" / "deep").mkdir(parents=True, exist_ok=True)
    content = (folder / "in" / "1.dcm").read_bytes()
    (folder / "elsewhere" / "deep" / "x").write_bytes(content)
    result = api.verify(
        folder / "elsewhere", folder / "out", private=folder / "out-private", recipe=recipe
    )
    assert result.issues == []
    assert "plans: the private folder is of other originals" in result.notes
