"""Commands that tell rather than do: recipes, what a reason means, what is installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pixelscrub.commands.options import Json
from pixelscrub.commands.written import write_text

recipes_app = typer.Typer(help="List the built-in recipes, show one, or make one.")


def add_to(app: typer.Typer) -> None:
    """Give the command line its commands that tell."""
    app.add_typer(recipes_app, name="recipes", invoke_without_command=True)
    app.command()(explain)
    app.command()(doctor)


@recipes_app.callback()
def recipes(context: typer.Context) -> None:
    """List the built-in recipes."""
    from pixelscrub.recipe import Recipe, names

    if context.invoked_subcommand is None:
        for name in names():
            typer.echo(f"{name:12} {Recipe.load(name).description}")


@recipes_app.command("show")
def show_recipe(name: str) -> None:
    """Print a recipe and every setting there is, as a start for one's own."""
    from pixelscrub.commands.recipe_guide import guide

    typer.echo(guide(name), nl=False)


@recipes_app.command("new")
def new_recipe(
    out: Annotated[Path, typer.Option("-o", "--out", help="New file, for --recipe.")],
) -> None:
    """Ask a few questions and write a recipe, each setting with its reason.

    Answers come from the terminal, or one a line from standard input; an empty line takes the
    first answer, which is the one that removes most.
    """
    from pixelscrub.commands.recipe_questions import ask_all
    from pixelscrub.errors import UsageError

    if out.exists():
        raise UsageError("the file exists; name a new one")
    text = ask_all(out.stem, sys.stdin.readline, lambda line: typer.echo(line, err=True))
    write_text(out, text)
    typer.echo(f"recipe: {out}")


def explain(reason: str) -> None:
    """Say what a reason code means, and what to do about a file that is held for it."""
    from pixelscrub.commands.messages.explain import explain as sentences

    typer.echo(sentences(reason))


def doctor(json: Json = None) -> None:
    """Say what is installed here and what works; for a bug report."""
    from json import dumps

    from pixelscrub.commands.doctor import diagnose

    found = diagnose()
    if json is not None:
        write_text(json, dumps(found.to_dict(), indent=1))
    typer.echo(found.render())
    raise typer.Exit(found.exit_code)
