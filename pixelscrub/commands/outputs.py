"""Commands on what was written: verify, export, media, crosswalk; and evaluate."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import typer

from pixelscrub.commands.messages.telling import RunCommand, telling
from pixelscrub.commands.options import Gallery, Json, Key, PrivateDir, RecipeName, Workers
from pixelscrub.commands.written import write_text
from pixelscrub.errors import UsageError
from pixelscrub.untrusted import printable

ExportFormat = Literal["nifti", "png", "jpeg"]


def add_to(app: typer.Typer) -> None:
    """Give the command line its commands on outputs."""
    app.command(cls=RunCommand)(verify)
    for command in (media, crosswalk, export, evaluate):
        app.command()(command)


def verify(
    inputs: Path,
    out: Annotated[Path | None, typer.Argument()] = None,
    private: PrivateDir = None,
    json: Json = None,
    statement: Annotated[
        Path | None, typer.Option("--statement", help="Hold OUT against this statement alone.")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option("--recipe", help="What may stay; default: as planned.")
    ] = None,
) -> None:
    """Audit an output, ours or another tool's, against its originals.

    `verify OUT --statement FILE` tells whether OUT still holds the files that were judged.
    """
    from pixelscrub import api

    if statement is not None:
        _verify_files(out or inputs, statement, private)
    if out is None:
        raise UsageError("name the originals and the output, or --statement FILE")
    folder = api.private_folder(out, private)
    known = folder if private or (folder / "audit.jsonl").exists() else None
    result = api.verify(inputs, out, private=known, recipe=recipe)
    for file in (json, known and known / "verify.json"):
        if file is not None:
            write_text(file, result.to_json())
    telling().say(result.render(), is_logged=False)
    for kind, count in sorted(Counter(issue.kind for issue in result.issues).items()):
        telling().note(f"{kind}: {count}")
    telling().note(f"{len(result.pairs)} outputs compared, {len(result.issues)} issues")
    raise typer.Exit(4 if result.issues else 0)


def _verify_files(out: Path, statement: Path, private: Path | None) -> None:
    from pixelscrub import api
    from pixelscrub.statement.check import check_files

    folder = api.private_folder(out, private)
    known = folder if (folder / "audit.jsonl").exists() else None
    found = check_files(out, statement, known)
    telling().say(found.render(), is_logged=False)
    telling().note("the same files" if found.is_same else "not the same files")
    raise typer.Exit(0 if found.is_same else 4)


def media(out: Path, target: Annotated[Path, typer.Option("-o", "--out", help="New.")]) -> None:
    """Copy an output for media: short names, and a DICOMDIR over them."""
    from pixelscrub.store.media import make_media

    typer.echo(f"{make_media(out, target)} instances, DICOMDIR: {target / 'DICOMDIR'}")


def crosswalk(
    private: Path,
    pseudonyms: Annotated[list[str] | None, typer.Argument(help="Default: all.")] = None,
    key: Key = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write them to this new file.")] = None,
) -> None:
    """Turn PSEUDONYMS back, with the key and the crosswalk in PRIVATE; on a terminal only."""
    from pixelscrub.store.crosswalk import originals, read_crosswalk, save, to_csv

    if csv is None and not sys.stdout.isatty():
        raise UsageError("originals are shown on a terminal only; use --csv FILE")
    text = to_csv(originals(read_crosswalk(private, key), pseudonyms or []))
    if csv is None:
        typer.echo("".join(f"{printable(line)}\n" for line in text.splitlines()), nl=False)
    else:
        save(csv, text)


def export(
    out: Path,
    folder: Path,
    form: Annotated[ExportFormat, typer.Option("--format", help="What to write.")],
    private: PrivateDir = None,
    key: Key = None,
    workers: Workers = None,
) -> None:
    """Write what was scrubbed to OUT into FOLDER as NIfTI volumes, or as pictures."""
    from pixelscrub import api
    from pixelscrub.export.run import export as write

    exported = write(out, api.private_folder(out, private), folder, form, workers, key)
    counts = sorted(exported.not_exported.items())
    left = ", ".join(f"{reason} {count}" for reason, count in counts)
    typer.echo(f"files {exported.files}" + (f", not exported: {left}" if left else ""))
    raise typer.Exit(exported.exit_code)


def evaluate(
    images: Path,
    truth: Path,
    recipe: RecipeName = "default",
    json: Json = None,
    gallery: Gallery = None,
) -> None:
    """Measure text detection on IMAGES against TRUTH."""
    from pixelscrub import api
    from pixelscrub.compat.quiet import hush
    from pixelscrub.evaluate.measure import evaluate as measure

    hush()
    result = measure(images, truth, api.checked_recipe(recipe).text, gallery=gallery)
    if json is not None:
        write_text(json, result.to_json())
    typer.echo(result.render())
