#!/usr/bin/env python3
"""Write the reference pages of the docs out of the code: commands, recipes, reasons, API.

Usage: scripts/reference.py FOLDER

They are made each time the site is built, so they cannot be out of date.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import typer

import pixelscrub
from pixelscrub import errors
from pixelscrub.commands import cli
from pixelscrub.commands.recipe_guide import guide
from pixelscrub.errors import RETRYABLE, SKIPPED, Reason
from pixelscrub.recipe import Recipe, Section, names, source
from pixelscrub.report.reasons import meaning, next_step


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in pages().items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def pages() -> dict[str, list[str]]:
    """Name of each page to its lines of Markdown."""
    return {
        "commands.md": list(commands_page()),
        "recipes.md": list(recipes_page()),
        "reasons.md": list(reasons_page()),
        "api.md": list(api_page()),
    }


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its words, those within a group too."""
    yield from _below("pixelscrub", typer.main.get_command(cli.app))


def _below(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    for name, one in sorted(getattr(command, "commands", {}).items()):
        yield f"{words} {name}", one
        yield from _below(f"{words} {name}", one)


def exit_codes() -> list[tuple[str, str]]:
    """Each exit code and what it means, out of the command line's own account."""
    text = " ".join((cli.__doc__ or "").partition("Exit:")[2].split()).rstrip(".")
    return [tuple(part.strip().split(" ", 1)) for part in text.split(";")]  # type: ignore[misc]


def commands_page() -> Iterator[str]:
    yield from ("# Commands", "", "Made from the code. `pixelscrub COMMAND -h` says the same.", "")
    yield from ("## Exit codes", "", "| code | means |", "| --- | --- |")
    yield from (f"| {code} | {means} |" for code, means in exit_codes())
    for words, command in commands():
        yield from ("", f"## {words.removeprefix('pixelscrub ')}", "")
        yield from inspect.cleandoc(command.help or "").splitlines()
        yield from ("", "```", usage(words, command), "```", "")
        options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
        if options:
            yield from ("| option | does |", "| --- | --- |")
            yield from (f"| `{', '.join(o.opts)}` | {cell(o.help)} |" for o in options)
        if command.epilog:
            told = inspect.cleandoc(command.epilog).replace("\b\n", "")
            yield from ("", "```text", *told.splitlines(), "```")


def usage(words: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    needed = [p for p in command.params if p.param_type_name == "option" and p.required]
    shown = [_argument(a) for a in arguments]
    shown += [f"{o.opts[0]} {(o.name or '').upper()}" for o in needed]
    return " ".join([words, *shown, "[OPTIONS]"])


def _argument(argument: Any) -> str:
    name = str(argument.name).upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def recipes_page() -> Iterator[str]:
    yield from ("# Recipes", "", "A recipe is a TOML file. `pixelscrub recipes show NAME` prints")
    yield from ("one with every setting there is, `pixelscrub recipes new -o FILE` asks for one.",)
    yield from ("", "## Settings", "")
    for name, field in Recipe.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Section):
            yield from (
                "",
                f"### [{name}]",
                "",
                *inspect.cleandoc(section.__doc__ or "").split("\n"),
            )
            yield from ("", "| setting | does |", "| --- | --- |")
            known = section.model_fields.items()
            yield from (f"| `{setting}` | {cell(one.description)} |" for setting, one in known)
    yield from ("", "### Whole recipe", "", "| setting | does |", "| --- | --- |")
    for name, field in Recipe.model_fields.items():
        if field.description:
            yield f"| `{name}` | {cell(field.description)} |"
    yield from ("", "With their defaults and choices:", "", "```toml")
    yield from (*guide("default").rstrip().splitlines(), "```", "", "## Built-in recipes")
    for name in names():
        yield from ("", f"### {name}", "", Recipe.load(name).description, "", "```toml")
        yield from (*source(name).rstrip().splitlines(), "```")


def reasons_page() -> Iterator[str]:
    yield from (
        "# Reasons",
        "",
        "Each file that is not released has one of these codes in the audit",
    )
    yield from ("and the report. `pixelscrub explain REASON` says the same.", "")
    yield from ("*Skipped* files are no instances, or another file stands for them: they do not",)
    yield from ("change the exit code. *Again* marks those that `--resume` tries again.", "")
    yield from ("| code | means | what to do | |", "| --- | --- | --- | --- |")
    for reason in sorted(Reason):
        kind = "skipped" if reason in SKIPPED else "again" if reason in RETRYABLE else ""
        yield f"| `{reason}` | {cell(meaning(reason))} | {cell(next_step(reason))} | {kind} |"


def api_page() -> Iterator[str]:
    yield from (
        "# Python",
        "",
        "What `import pixelscrub` offers. These names change as the version",
    )
    yield from ("says ([versions](../versions.md)); all others may change at any time.",)
    for name in sorted(pixelscrub.__all__, key=str.lower):
        known = getattr(pixelscrub, name)
        yield from ("", f"## {name}", "", "```python", f"{name}{signature(known)}", "```", "")
        yield from ("```text", *(inspect.getdoc(known) or "").splitlines(), "```")
    yield from ("", "## Errors", "", "```text", *_tree(), "```")


def signature(known: object) -> str:
    try:
        return str(inspect.signature(known))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""


def _tree() -> list[str]:
    text = (errors.__doc__ or "").partition("::")[2].partition("No message")[0]
    return dedent(text.strip("\n")).rstrip().splitlines()


if __name__ == "__main__":
    main()
