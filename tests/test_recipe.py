import pytest

from pixelscrub.errors import RecipeError
from pixelscrub.recipe import Recipe, names


@pytest.mark.parametrize("name", names())
def test_built_in_recipes_are_valid_and_say_what_they_do(name):
    recipe = Recipe.load(name)
    assert recipe.name == name
    assert recipe.description


def test_recipe_is_read_from_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\n[steps]\nface = false\n[pixels]\nfill = "grey"\n')
    recipe = Recipe.load(path)
    assert (recipe.name, recipe.steps.face, recipe.pixels.fill) == ("mine", False, "grey")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[steps\n", "TOML"),
        ("[steps]\nfaces = true\n", "steps.faces"),
        ("[pixels]\nfill = 'pink'\n", "pixels.fill"),
        ("[text]\ndetectors = []\n", "text.detectors"),
    ],
)
def test_wrong_recipes_are_refused_with_the_place(tmp_path, content, message):
    path = tmp_path / "wrong.toml"
    path.write_text(content)
    with pytest.raises(RecipeError, match=message):
        Recipe.load(path)


def test_unknown_recipe_lists_the_known_ones():
    with pytest.raises(RecipeError, match="default"):
        Recipe.load("nonsense")


def test_one_step_alone():
    steps = Recipe().with_steps("tags").steps
    assert (steps.text, steps.crop, steps.face, steps.tags) == (False, False, False, True)


@pytest.mark.parametrize("name", ["gdpr_strict", "openneuro", "safe_harbor"])
def test_recipes_for_everybody_keep_nothing_of_the_person(name):
    recipe = Recipe.load(name)
    kept = {
        "retain_patient_characteristics",
        "retain_institution_identity",
        "retain_modified_dates",
        "retain_full_dates",
        "retain_uids",
    }
    assert not kept & set(recipe.tags.options)
    assert recipe.face.ears
    assert recipe.face.partial == "hold"
    assert recipe.text.spares == "nothing"
    assert not recipe.tags.crosswalk


def test_recipes_for_receivers_do_what_they_are_for():
    assert Recipe.load("internal").tags.crosswalk
    assert Recipe.load("internal").duplicates == "newest"
    assert Recipe.load("teaching").text.keep == "harmless"
    assert Recipe.load("gdpr_strict").release.on_rare == "hold"
    assert Recipe.load("safe_harbor").tags.options == ()
