"""The command line: commands to api calls, errors to exit codes; no logic of its own.

Exit: 0 all clean; 1 usage or recipe wrong; 2 some instances held; 3 nothing could be used;
4 verification failed; 5 a needed component is missing; 130 interrupted.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer.exceptions import TyperException

from pixelscrub import __version__
from pixelscrub.commands import bids, guidance, network, outputs, statement
from pixelscrub.commands.limits import limits_of
from pixelscrub.commands.messages import examples
from pixelscrub.commands.messages.telling import RunCommand, telling
from pixelscrub.commands.options import (
    Dask,
    DryRun,
    FilesFrom,
    Inputs,
    Json,
    Key,
    Memory,
    OptionalInputs,
    Out,
    PrivateDir,
    RecipeName,
    Resume,
    Timeout,
    Workers,
)
from pixelscrub.commands.written import write_text
from pixelscrub.errors import NothingUsableError, PixelscrubError, UsageError
from pixelscrub.untrusted import printable

if TYPE_CHECKING:
    from pixelscrub.outcome import Summary

app = typer.Typer(
    name="pixelscrub",
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def version(
    context: typer.Context,
    show: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """De-identify medical images: burned-in text, margins, faces and tags, with proof."""
    if show:
        typer.echo(__version__)
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _add_scrub_command(name: str, steps: tuple[str, ...], help_text: str) -> None:
    def command(  # noqa: PLR0913, PLR0917 (the options of the contract)
        out: Out,
        inputs: OptionalInputs = None,
        files_from: FilesFrom = None,
        recipe: RecipeName = "default",
        private: PrivateDir = None,
        key: Key = None,
        workers: Workers = None,
        dask: Dask = None,
        resume: Resume = False,
        dry_run: DryRun = False,
        timeout: Timeout = None,
        memory: Memory = None,
    ) -> None:
        from pixelscrub import api
        from pixelscrub.commands.answers import read_names
        from pixelscrub.commands.messages.progress import shown
        from pixelscrub.recipe import Recipe

        names = [*(inputs or []), *(read_names(files_from) if files_from else [])]
        given = [name for name in names if name.exists()] if files_from else names
        if files_from and not given:
            raise NothingUsableError("no file of these names exists")
        chosen = Recipe.load(recipe)
        chosen = chosen.with_steps(*steps) if steps else chosen
        with shown() as progress:
            summary = api.scrub(
                given,
                out,
                recipe=chosen,
                private=private,
                key=key,
                workers=workers,
                dask=dask,
                resume=resume,
                dry_run=dry_run,
                limits=limits_of(timeout, memory),
                progress=progress,
            )
        folder = api.private_folder(out, private)
        if files_from:
            _answer(names, folder, key)
            raise typer.Exit(summary.exit_code or 2 * (len(given) < len(names)))
        _finish(summary, folder)

    app.command(name, cls=RunCommand, help=help_text)(command)


_add_scrub_command("scrub", (), "De-identify everything below INPUTS.")
_add_scrub_command("text", ("text",), "Mask burned-in text only.")
_add_scrub_command("crop", ("crop",), "Crop margins that hold only text.")
_add_scrub_command("deface", ("face",), "Remove faces only.")
_add_scrub_command("tags", ("tags",), "De-identify the header only.")


@app.command("deface-nifti")
def deface_nifti(
    source: Path,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="New file: .nii, .nii.gz, or .hdr with .img.")
    ],
    modality: Annotated[Literal["CT", "MR"], typer.Option("--modality", help="What it is.")],
    mask: Annotated[
        Path | None, typer.Option("--mask", help="Taken where it exists, else written.")
    ] = None,
    ears: Annotated[bool, typer.Option("--ears", help="Take the ears too.")] = False,
    orbits: Annotated[
        Literal["take", "keep_back"],
        typer.Option("--orbits", help="Whether their back halves stay, for studies of the eyes."),
    ] = "take",
    fill: Annotated[
        Literal["air", "constant", "blur", "generic"],
        typer.Option("--fill", help="What takes the face's place."),
    ] = "air",
) -> None:
    """Remove the face from a NIfTI volume or time series; one file in, one file out."""
    from pixelscrub.commands.nifti import deface_in_worker

    done = deface_in_worker(
        source, out=out, modality=modality, mask=mask, ears=ears, orbits=orbits, fill=fill
    )
    typer.echo(f"voxels filled: {done.voxels}")


@app.command(cls=RunCommand)
def inspect(  # noqa: PLR0913, PLR0917 (its options)
    inputs: Inputs,
    private: PrivateDir = None,
    json: Json = None,
    recipe: RecipeName = "default",
    key: Key = None,
    workers: Workers = None,
    tags: Annotated[bool, typer.Option("--tags", help="Show what becomes of each tag.")] = False,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="With --tags: values too; on a terminal only.")
    ] = False,
    show_names: Annotated[
        bool, typer.Option("--show-names", help="Name files too: names often identify.")
    ] = False,
) -> None:
    """Look and plan; writes no image. Plans go to --private, for `apply`."""
    from pixelscrub import api
    from pixelscrub.commands.inspection import kept_or_temporary, render, render_tags, to_json
    from pixelscrub.commands.messages.progress import shown

    if show_values and not sys.stdout.isatty():
        raise UsageError("values are shown on a terminal only")
    with kept_or_temporary(private) as folder, shown() as progress:
        plans = api.inspect(
            inputs, private=folder, recipe=recipe, key=key, workers=workers, progress=progress
        )
    if json is not None:
        write_text(json, to_json(plans))
    text = render_tags(plans, show_values, show_names) if tags else render(plans, show_names)
    telling().say(text, is_logged=False)
    telling().note(render(plans))
    raise typer.Exit(2 if any(i.held for plan in plans for i in plan.instances) else 0)


@app.command(cls=RunCommand)
def apply(private: Path, out: Out, key: Key = None, workers: Workers = None) -> None:
    """Apply the plans in PRIVATE, as a person left them."""
    from pixelscrub import api
    from pixelscrub.commands.messages.progress import shown

    with shown() as progress:
        summary = api.apply(private, out, key=key, workers=workers, progress=progress)
    _finish(summary, private)


@app.command()
def review(
    private: Path,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port; default: a free one.")
    ] = 0,
    name: Annotated[
        str | None, typer.Option("--as", help="Name for the record; default: the login.")
    ] = None,
) -> None:
    """Go through the findings in PRIVATE in a browser, on this machine only."""
    from pixelscrub.review.serve import review as serve

    serve(private, port, name, ready=lambda at: typer.echo(f"open {at}\nCtrl-C ends it."))
    if (layouts := private / "layouts.toml").exists():
        typer.echo(f"layouts of devices, for images to come: scrub --recipe {layouts}")


network.add_to(app)
guidance.add_to(app)
outputs.add_to(app)
statement.add_to(app)
bids.add_to(app)


@app.command()
def demo(folder: Annotated[Path, typer.Argument()] = Path("pixelscrub-demo")) -> None:
    """Make a small study from sample data in FOLDER and scrub it."""
    from pixelscrub import api
    from pixelscrub.commands.demo import make_study
    from pixelscrub.commands.messages.progress import shown

    study = make_study(folder / "original")
    with shown() as progress:
        out = folder / "scrubbed"
        summary = api.scrub(study, out, resume=True, progress=progress)
    _finish(summary, api.private_folder(folder / "scrubbed", None))


examples.add_to(app)


def main() -> None:
    """Run the command line; every error becomes a line on standard error and an exit code."""
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except TyperException as error:
        error.show()  # type: ignore[attr-defined]
        sys.exit(UsageError.exit_code)
    except PixelscrubError as error:
        typer.echo(printable(f"pixelscrub: {error}"), err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)


def _answer(names: list[Path], private: Path, key: Path | None) -> None:
    """A line of JSON for each name that was given."""
    from pixelscrub.commands.answers import answers
    from pixelscrub.store.journal import Journal
    from pixelscrub.store.private import Private

    folder = Private.open(private)
    with Journal(folder.journal, folder.known_key(key)) as journal:
        for line in answers(names, journal):
            typer.echo(line)


def _finish(summary: Summary, private: Path) -> None:
    from pixelscrub.commands.messages.explain import explain_held

    say = telling().say
    held = ", ".join(f"{reason} {count}" for reason, count in sorted(summary.reasons.items()))
    counts = sorted((r, count) for r, count in summary.skipped.items() if r != "dicomdir")
    left = ", ".join(f"{reason} {count}" for reason, count in counts)
    say(f"clean {summary.clean}, held {summary.held}" + (f" ({held})" if held else ""))
    if left:
        say(f"left alone: {left}")
    if indexes := summary.skipped.get("dicomdir"):
        say(f"DICOMDIR read as an index: {indexes}; a new one: pixelscrub media OUT -o MEDIA")
    if summary.skipped or summary.undone:
        say(summary.account())
    if summary.reasons:
        say(explain_held(summary.reasons))
    if (private / "report" / "index.html").exists():
        say(f"report: {private / 'report' / 'index.html'}", is_logged=False)
    found = ", ".join(f"{kind} {count}" for kind, count in sorted(summary.findings.items()))
    say(f"found: {found or 'nothing'}; {summary.seconds:.1f} s", is_detail=True)
    raise typer.Exit(summary.exit_code)
