"""What the header says of the pixels and the pixels do not, by the choices of the recipe."""

from __future__ import annotations

import json

import pytest
from pydicom import dcmread

from pixelscrub.api import scrub
from pixelscrub.recipe import PixelSettings, Recipe


@pytest.mark.parametrize(
    ("choice", "outcome", "bits"),
    [("correct", "clean", 8), ("keep", "clean", 9), ("hold", "held", 0)],
)
def test_the_recipe_says_whom_to_believe(choice, outcome, bits, make_instance, save, tmp_path):
    save(make_instance(BitsStored=9), tmp_path / "in" / "a.dcm")
    recipe = Recipe().with_steps("tags")
    recipe = recipe.model_copy(update={"pixels": PixelSettings(disagreement=choice)})
    scrub(tmp_path / "in", tmp_path / "out", recipe=recipe, workers=1)
    (line,) = (tmp_path / "out-private" / "audit.jsonl").read_text().splitlines()
    assert json.loads(line)["outcome"] == outcome
    written = [dcmread(path).BitsStored for path in (tmp_path / "out").rglob("*.dcm")]
    assert written == ([bits] if bits else [])
