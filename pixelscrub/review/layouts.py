"""What was decided on layouts of devices, as a recipe for images that are still to come."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Final, NamedTuple

from pixelscrub.findings import Box
from pixelscrub.recipe import Layout, Recipe
from pixelscrub.review.decisions import ReviewDecision, Rule
from pixelscrub.review.reach import SAME, overlap
from pixelscrub.toml import dumps

NAME: Final = "layouts.toml"
"""The file in the private folder."""
HEAD: Final = """\
# The recipe of this run, and what a person said in the review of every image of a device and size.
# For images that are still to come: pixelscrub scrub INPUT -o OUT --recipe THIS-FILE
# It is written anew with each decision, so copy it before you change it.

"""


class _Kind(NamedTuple):
    """Images that one layout is for."""

    manufacturer: str
    model: str
    modality: str
    software: str
    rows: int
    columns: int

    def is_of(self, rule: Rule, *, wide: bool) -> bool:
        """Whether a rule speaks of these images, or if `wide`, of some of them."""
        device = (rule.manufacturer, rule.model, rule.modality)
        same = zip(self[:3], device, strict=True)
        size = (self.rows, self.columns) == (rule.rows, rule.columns)
        return size and all(a.casefold() == b or (wide and not a) for a, b in same)


def text(recipe: Recipe, decisions: Iterable[ReviewDecision]) -> str:
    """`learned` as the TOML of a recipe that `Recipe.load` reads."""
    table = learned(recipe, decisions).model_dump(
        mode="json", exclude_defaults=True, exclude_none=True
    )
    return HEAD + dumps(table)


def learned(recipe: Recipe, decisions: Iterable[ReviewDecision]) -> Recipe:
    """A recipe that masks what was decided on layouts.

    Args:
        recipe: of the run; its own layouts stay, but for places that were rejected.
        decisions: that stand, the oldest first. Those on devices without a manufacturer in
            their header say nothing: a layout must not hold for every device.
    """
    boxes: dict[_Kind, list[Box]] = {}
    for layout in recipe.text.layouts:
        told = layout.model_dump(exclude={"boxes"})
        boxes.setdefault(_Kind(**told), []).extend(layout.boxes)
    for decision in decisions:
        if decision.rule is not None and decision.rule.manufacturer:
            _follow(decision.rule, boxes)
    layouts = [Layout(**k._asdict(), boxes=tuple(found)) for k, found in boxes.items() if found]
    settings = recipe.text.model_copy(update={"layouts": tuple(layouts)})
    return recipe.model_copy(update={"text": settings})


def _follow(rule: Rule, boxes: dict[_Kind, list[Box]]) -> None:
    """A rejection holds for just its device: what is masked for many stays masked for them."""
    if rule.action == "keep":
        for kind, found in boxes.items():
            if kind.is_of(rule, wide=False):
                found[:] = [box for box in found if overlap(box, rule.box) < SAME]
        return
    known = (found for kind, found in boxes.items() if kind.is_of(rule, wide=True))
    if rule.box not in chain.from_iterable(known):
        device = rule.manufacturer, rule.model, rule.modality
        boxes.setdefault(_Kind(*device, "", rule.rows, rule.columns), []).append(rule.box)
