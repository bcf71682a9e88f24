"""What is decided on a layout in the review masks images that are still to come."""

import numpy as np
import pytest

from pixelscrub.crop.layouts import in_layouts
from pixelscrub.findings import Box
from pixelscrub.recipe import Layout, Recipe, TextSettings, names
from pixelscrub.review import layouts
from pixelscrub.review.decisions import Change, ReviewDecision, Rule

BOX = Box(2, 2, 20, 9)
OTHER = Box(30, 2, 44, 8)
PLACE = {"modality": "ot", "rows": 32, "columns": 48}


@pytest.fixture
def decided():
    """A decision with a rule on Acme's One; keyword arguments change the rule."""

    def make(box=BOX, action="mask", **rule):
        device = {"manufacturer": "acme", "model": "one", **PLACE}
        return ReviewDecision(
            number=1,
            when="2026-01-01T00:00:00+00:00",
            who="ada",
            verb="box",
            scope="layout",
            rule=Rule(**device | rule, box=box, action=action),
            changes=(Change(plan="p", uid="1"),),
        )

    return make


def boxes(recipe):
    return [(layout.model, layout.boxes) for layout in recipe.text.layouts]


def test_boxes_of_one_device_and_size_are_one_layout(decided):
    found = layouts.learned(
        Recipe(), [decided(), decided(OTHER), decided(), decided(model="two", rows=64)]
    )
    assert boxes(found) == [("one", (BOX, OTHER)), ("two", (BOX,))]


def test_rejected_place_leaves_the_layout_again(decided):
    assert boxes(layouts.learned(Recipe(), [decided(), decided(action="keep")])) == []
    moved = decided(Box(3, 2, 21, 9), action="keep")
    assert boxes(layouts.learned(Recipe(), [decided(), decided(OTHER), moved])) == [
        ("one", (OTHER,))
    ]


def test_layouts_of_the_recipe_stay_but_for_rejected_places(decided):
    given = Layout(manufacturer="ACME", model="One", boxes=(BOX, OTHER), **PLACE)
    recipe = Recipe(name="mine", text=TextSettings(layouts=(given,)))
    assert layouts.learned(recipe, [decided()]) == recipe
    assert boxes(layouts.learned(recipe, [decided(action="keep")])) == [("One", (OTHER,))]


def test_rejecting_on_one_device_leaves_what_holds_for_many(decided):
    given = Layout(manufacturer="Acme", rows=32, columns=48, boxes=(BOX,))
    recipe = Recipe(text=TextSettings(layouts=(given,)))
    assert layouts.learned(recipe, [decided()]) == recipe
    assert layouts.learned(recipe, [decided(action="keep")]) == recipe


def test_device_without_a_name_makes_no_layout(decided):
    assert boxes(layouts.learned(Recipe(), [decided(manufacturer="")])) == []


def test_file_is_a_recipe_that_loads_as_it_was_written(decided, tmp_path):
    recipe = Recipe.load("default").model_copy(update={"name": 'of "ward\\ 3"\x7f'})
    rules = [decided(), decided(manufacturer="häß\t\x01医")]
    path = tmp_path / layouts.NAME
    path.write_text(layouts.text(recipe, rules), encoding="utf-8")
    assert Recipe.load(path) == layouts.learned(recipe, rules)


@pytest.mark.parametrize("name", names())
def test_every_built_in_recipe_can_be_written(tmp_path, name):
    recipe = Recipe.load(name)
    path = tmp_path / layouts.NAME
    path.write_text(layouts.text(recipe, []), encoding="utf-8")
    assert Recipe.load(path) == recipe


def test_layout_written_down_fits_the_next_image_of_the_device(decided, make_instance):
    found = layouts.learned(Recipe(), [decided()]).text.layouts
    image = make_instance(
        np.zeros((32, 48), np.uint8), Manufacturer="Acme ", ManufacturerModelName="One"
    )
    assert [f.box for f in in_layouts(image, found)] == [BOX]
