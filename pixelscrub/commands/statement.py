"""The command `statement`: evidence that can be filed beside a release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pixelscrub.commands.messages.progress import shown
from pixelscrub.commands.options import Json, PrivateDir
from pixelscrub.commands.written import write_text
from pixelscrub.errors import UsageError
from pixelscrub.statement.render import Language


def add_to(app: typer.Typer) -> None:
    """Give the command line its command `statement`."""
    app.command()(statement)


def statement(
    out: Annotated[Path | None, typer.Argument(help="Output folder.")] = None,
    private: PrivateDir = None,
    json: Json = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the page here.")] = None,
    sign: Annotated[
        Path | None, typer.Option("--sign", help="Sign with this Ed25519 key (PEM).")
    ] = None,
    new_key: Annotated[
        Path | None, typer.Option("--new-key", help="Make a signing key, in this new file.")
    ] = None,
    language: Annotated[Language, typer.Option("--language", help="Of the page.")] = "en",
    multiqc: Annotated[
        Path | None, typer.Option("--multiqc", help="Write tables for MultiQC into this folder.")
    ] = None,
) -> None:
    """State what was done in OUT, what remains, and which files were judged.

    Writes statement.json and statement.html into the private folder, or to --json and --html.
    They name no source and hold no value, so they may travel with the data.
    """
    from pixelscrub import api
    from pixelscrub.statement.build import make_statement
    from pixelscrub.statement.render import to_html, to_json, write_multiqc
    from pixelscrub.statement.signature import make_key

    if new_key is not None:
        typer.echo(f"public key: {make_key(new_key)}")
    if out is None:
        if new_key is None:
            raise UsageError("name the output folder, or --new-key FILE")
        return
    folder = api.private_folder(out, private)
    with shown() as progress:
        made = make_statement(out, folder, sign, progress)
    write_text(json or folder / "statement.json", to_json(made))
    write_text(html or folder / "statement.html", to_html(made, language))
    if multiqc is not None:
        write_multiqc(made, multiqc)
    quasi = made["quasi_identifiers"]
    typer.echo(
        f"released {made['released']}, held {sum(made['held'].values())}; patients "
        f"{quasi['patients']}, smallest group {quasi['k_min']}, alone {quasi['unique_patients']}"
    )
    typer.echo(f"Merkle root: {made['merkle_root']}")
