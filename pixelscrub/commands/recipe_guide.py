"""A recipe to start from: its own text, and below it every setting there is, as comments."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, Final, Literal, get_args, get_origin

from pixelscrub.recipe import Recipe, Section, source
from pixelscrub.toml import in_toml

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

WIDTH: Final = 92
TOP_HEAD: Final = "# Settings for the whole recipe, with their defaults:"
UNTOLD: Final = ("name", "description")
HEAD: Final = "# Every setting with its default, and what else it may be:"


def guide(name: str) -> str:
    """The TOML of a recipe, and the settings that it may hold, section by section.

    Args:
        name: of a built-in recipe, or a file.

    Raises:
        RecipeError: there is none of that name.
    """
    return "\n".join([*_top(), "", source(name).rstrip(), "", HEAD, *_sections(), ""])


def _top() -> Iterator[str]:
    """Settings that stand in no section; they come before the first one, as TOML has it."""
    yield TOP_HEAD
    for setting, known in Recipe.model_fields.items():
        kind = known.annotation
        if setting in UNTOLD or (isinstance(kind, type) and issubclass(kind, Section)):
            continue
        yield from _setting(setting, known)


def _setting(setting: str, known: FieldInfo) -> Iterator[str]:
    yield f"# {_default(setting, known)}"
    yield from _comment(_choices(known), "#     # ")
    yield from _comment(known.description, "#     # ")


def _sections() -> Iterator[str]:
    for name, field in Recipe.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Section):
            yield from ("#", f"# [{name}]", *_comment(section.__doc__, "# # "))
            for setting, known in section.model_fields.items():
                yield from _setting(setting, known)


def _default(setting: str, field: FieldInfo) -> str:
    value = field.get_default()
    if value is None:
        return f'# {setting} = ""'
    return f"{setting} = {in_toml(list(value) if isinstance(value, tuple) else value)}"


def _choices(field: FieldInfo) -> str:
    """The words that a setting knows, of lists of such words too."""
    kinds = [field.annotation, *get_args(field.annotation)]
    words = [word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
    others = [in_toml(word) for word in words if word != field.get_default()]
    return f"or {', '.join(others)}" if others else ""


def _comment(text: str | None, margin: str) -> list[str]:
    lines = wrap(text or "", WIDTH - len(margin), break_long_words=False)
    return [margin + line for line in lines]
