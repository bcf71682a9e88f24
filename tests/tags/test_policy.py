from __future__ import annotations

import pytest
from pydantic import ValidationError

from pixelscrub.errors import RecipeError
from pixelscrub.identity import tables
from pixelscrub.recipe import Recipe, TagRule, TagSettings, names
from pixelscrub.tags.policy import Action, ElementPlace, Policy


def place(tag, vr="LO", within="", creator="", mood="keep", coded=False, iod="ct-image"):
    return ElementPlace(tag, vr, creator, within, mood, coded, iod)


def action(where, *options, rules=()):
    return Policy(TagSettings(options=options, rules=rules)).fate(where).action


def test_every_row_of_the_table_has_an_action():
    policy = Policy(TagSettings())
    for record in tables.read_records("ps3_15.csv"):
        if len(record["tag"]) == 8 and "x" not in record["tag"]:
            fate = policy.fate(place(int(record["tag"], 16)))
            assert fate.action is not Action.KEEP, record["tag"]


@pytest.mark.parametrize(
    ("tag", "vr", "option", "wanted"),
    [
        (0x0020000D, "UI", "retain_uids", Action.KEEP),
        (0x00181000, "LO", "retain_device_identity", Action.KEEP),
        (0x00080080, "LO", "retain_institution_identity", Action.KEEP),
        (0x00100040, "CS", "retain_patient_characteristics", Action.KEEP),
        (0x00080020, "DA", "retain_full_dates", Action.KEEP),
        (0x00080020, "DA", "retain_modified_dates", Action.SHIFT),
        (0x00081030, "LO", "clean_descriptors", Action.CLEAN),
        (0x0040A730, "SQ", "clean_structured_content", Action.CLEAN),
        (0x00700001, "SQ", "clean_graphics", Action.CLEAN),
    ],
)
def test_each_option_changes_its_column_only(tag, vr, option, wanted):
    assert action(place(tag, vr)) is not wanted
    assert action(place(tag, vr), option) is wanted


def test_safe_private_elements_stay_under_their_creator_only():
    safe = place(0x00190023, "DS", creator="GEMS_ACQU_01")
    assert action(safe) is Action.REMOVE
    assert action(safe, "retain_safe_private") is Action.KEEP
    assert action(safe._replace(creator="SOMEONE"), "retain_safe_private") is Action.REMOVE


def test_cleaning_wins_where_options_disagree():
    both = ("retain_device_identity", "retain_modified_dates")
    disagreeing = [
        r for r in tables.read_records("ps3_15.csv")
        if "retain_device_identity=K" in r["options"] and "retain_modified_dates=C" in r["options"]
    ]  # fmt: skip
    assert len(disagreeing) == 11
    assert action(place(0x00181200, "DA"), *both) is Action.SHIFT
    assert action(place(0x00181200, "DA"), "retain_device_identity") is Action.KEEP


def test_contradicting_options_are_refused(tmp_path):
    recipe = tmp_path / "r.toml"
    recipe.write_text('[tags]\noptions = ["retain_full_dates", "retain_modified_dates"]\n')
    with pytest.raises(RecipeError, match="contradict"):
        Recipe.load(recipe)


def test_built_in_recipes_are_valid():
    assert {"basic", "default", "research", "tcia"} <= set(names())
    for name in names():
        assert Recipe.load(name).name == name


@pytest.mark.parametrize(
    ("iod", "wanted"),
    [("ct-image", Action.REMOVE), ("positron-emission-tomography-image", Action.EMPTY)],
)
def test_types_resolve_compound_codes(iod, wanted):
    assert action(place(0x00080022, "DA", iod=iod)) is wanted


@pytest.mark.parametrize(
    "rule",
    [
        TagRule(keyword="StudyDescription", action="keep"),
        TagRule(tag="0008103x", action="keep"),
        TagRule(group="0008", vr="LO", action="keep"),
        TagRule(pattern=".*Description", action="keep"),
    ],
)
def test_rules_select_in_every_way(rule):
    description = place(0x00081030)
    if rule.tag is None:
        fate = Policy(TagSettings(rules=(rule,))).fate(description)
        assert fate.action is Action.KEEP
        assert fate.why == "rule 1"
        assert fate.weaker
    assert action(place(0x00181030), rules=(rule,)) is (
        Action.KEEP if rule.pattern == "never" else action(place(0x00181030))
    )


def test_unlisted_dates_move_with_the_others():
    expiry = place(0x00141020, "DA")
    assert action(expiry) is Action.KEEP
    assert action(expiry, "retain_modified_dates") is Action.SHIFT


def test_first_matching_rule_wins():
    rules = (
        TagRule(keyword="StudyDescription", action="hash"),
        TagRule(pattern="Study.*", action="remove"),
    )
    assert action(place(0x00081030), rules=rules) is Action.HASH
    assert action(place(0x00200010), rules=rules) is Action.REMOVE


def test_no_rule_takes_away_what_an_instance_is_known_by():
    rules = (TagRule(pattern=".*", action="remove"),)
    assert action(place(0x00080018, "UI"), rules=rules) is Action.UID
    assert action(place(0x00080016, "UI"), rules=rules) is Action.KEEP
    assert action(place(0x00180060, "DS"), rules=rules) is Action.REMOVE


def test_rules_keep_private_elements_by_creator():
    rule = TagRule(creator="ACME", element="10", action="keep")
    assert action(place(0x00090010, creator="ACME"), rules=(rule,)) is Action.KEEP
    assert action(place(0x00090011, creator="ACME"), rules=(rule,)) is Action.REMOVE


@pytest.mark.parametrize(
    "fields",
    [{}, {"pattern": "("}, {"tag": "12"}, {"vr": "lo"}, {"group": "8"}, {"element": "123"}],
)
def test_wrong_rules_are_refused(fields):
    with pytest.raises(ValidationError):
        TagRule(action="keep", **fields)


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        (place(0x00189999, "LO"), Action.REMOVE),
        (place(0x00140104, "PN"), Action.REMOVE),
        (place(0x00180050, "DS"), Action.KEEP),
        (place(0x00080104, mood="replace"), Action.REPLACE),
        (place(0x00080104, within="ConceptNameCodeSequence", mood="replace"), Action.CLEAN),
        (place(0x00080104, mood="clean"), Action.CLEAN),
        (place(0x00080104, mood="clean", coded=True), Action.SOFTEN),
        (place(0x60010010, "US"), Action.REMOVE),
        (place(0x00201000, "PN"), Action.EMPTY),
        (place(0x60020022, "LO"), Action.REMOVE),
        (place(0x50020010, "US"), Action.REMOVE),
        (place(0x00041130, "CS"), Action.REMOVE),
        (place(0x00020003, "UI"), Action.REMOVE),
    ],
)
def test_what_is_not_listed(where, wanted):
    assert action(where) is wanted
