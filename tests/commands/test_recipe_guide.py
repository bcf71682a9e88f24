import tomllib

import pytest

from pixelscrub.commands.recipe_guide import HEAD, guide
from pixelscrub.errors import RecipeError
from pixelscrub.recipe import Recipe, names


@pytest.mark.parametrize("name", names())
def test_what_is_shown_is_the_recipe(name, tmp_path):
    (tmp_path / "mine.toml").write_text(guide(name))
    assert Recipe.load(tmp_path / "mine.toml") == Recipe.load(name)


def test_every_setting_is_there_with_its_default_and_its_meaning():
    top, rest = guide("default").split(HEAD)
    lines = [*top.split("\n\n", maxsplit=1)[0].splitlines()[1:], *rest.splitlines()]
    shown = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)
    told = Recipe().model_dump(mode="json", exclude={"name", "description"}, exclude_none=True)
    assert tomllib.loads(shown) == told
    for section in told:
        setting = getattr(Recipe(), section)
        if isinstance(setting, str):
            assert Recipe.model_fields[section].description
            continue
        known = type(setting).model_fields
        assert all(field.description for field in known.values())
    assert '# fill = "air"\n#     # or "constant", "blur", "generic"\n' in guide("default")


def test_a_recipe_that_is_not_there():
    with pytest.raises(RecipeError):
        guide("nonsense")
