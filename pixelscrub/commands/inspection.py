"""What `inspect` shows: each study's plan in a few lines, or as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pixelscrub.errors import HeldError
from pixelscrub.plan import Plan
from pixelscrub.store.temporary import temporary_folder
from pixelscrub.untrusted import printable

if TYPE_CHECKING:
    from pixelscrub.recipe import TagRule
    from pixelscrub.tags.rewrite import Step


@contextmanager
def kept_or_temporary(private: Path | None) -> Iterator[Path]:
    """The private folder, or one that is gone afterwards."""
    if private is not None:
        yield private
        return
    with temporary_folder() as folder:
        yield folder


def to_json(plans: Sequence[Plan]) -> str:
    """All plans as one JSON document; it names the originals, so it is private."""
    return json.dumps({"plans": [plan.model_dump(mode="json") for plan in plans]}, indent=1)


def render(plans: Sequence[Plan], show_names: bool = False) -> str:
    """Each study in a few lines, without a value of its header.

    Args:
        plans: the studies.
        show_names: name files too: their names often identify.
    """
    each = enumerate(plans, 1)
    return "\n".join(line for number, plan in each for line in _lines(number, plan, show_names))


def render_tags(plans: Sequence[Plan], show_values: bool = False, show_names: bool = False) -> str:
    """What becomes of each element of one instance a series, and why.

    Args:
        plans: the studies.
        show_values: tell the values too; for the eyes of who may see them.
        show_names: name files too.
    """
    return "\n".join(
        line
        for number, plan in enumerate(plans, 1)
        for line in _tag_lines(number, plan, show_values, show_names)
    )


def _tag_lines(number: int, plan: Plan, show_values: bool, show_names: bool) -> Iterator[str]:
    from pixelscrub.pixels.image import Image
    from pixelscrub.study.files import check_unchanged
    from pixelscrub.tags.deidentify import explain

    settings = plan.recipe.tags
    first = {instance.series: instance for instance in reversed(plan.instances)}
    for series, instance in enumerate(first.values(), 1):
        named = f", {printable(instance.source.path)}" if show_names else ""
        yield f"study {number}, series {series}{named}:"
        try:
            with check_unchanged(instance.source).open_instance() as file:
                steps = explain(Image(file).header, settings)
            yield from _rule_lines(settings.rules, steps)
            for step in steps:
                value = f" = {printable(str(step.value))}" if show_values and step.value else ""
                yield f"  {'.'.join(step.path)} {step.vr}: {step.action} ({step.why}){value}"
        except HeldError as error:
            yield f"  held, {error}"


def _rule_lines(rules: Sequence[TagRule], steps: Sequence[Step]) -> Iterator[str]:
    """The recipe's rules in their order, and how many elements each had a say in."""
    matched = Counter(step.why for step in steps)
    changed = Counter(step.why for step in steps if step.changed)
    for number, rule in enumerate(rules, 1):
        given = rule.model_dump(exclude_none=True, exclude={"action"})
        what = ", ".join(f"{name} {text}" for name, text in given.items())
        why = f"rule {number}"
        yield f"  {why}: {what}: {rule.action} ({matched[why]} elements, {changed[why]} changed)"


def _lines(number: int, plan: Plan, show_names: bool) -> Iterator[str]:
    yield f"study {number}: {len(plan.instances)} instances"
    found = Counter((f.kind, f.action) for i in plan.instances for f in i.findings)
    for (kind, action), count in sorted(found.items()):
        yield f"  {kind}: {count} to {action}"
    for status, count in sorted(Counter(face.status for face in plan.faces).items()):
        yield f"  face {status}: {count} volumes"
    for reason, count in sorted(Counter(i.held for i in plan.instances if i.held).items()):
        yield f"  held, {reason}: {count}"
    for place, instance in enumerate(plan.instances, 1):
        boxes = sum(f.action == "mask" for f in instance.findings)
        name = printable(instance.source.path) if show_names else f"image {place}"
        yield f"    {name}: {instance.held or f'{boxes} boxes to mask'}"
