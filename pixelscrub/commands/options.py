"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Inputs = Annotated[list[Path], typer.Argument(help="Files or folders, any depth, any name.")]
OptionalInputs = Annotated[
    list[Path] | None, typer.Argument(help="Files or folders, any depth, any name.")
]
FilesFrom = Annotated[
    str | None,
    typer.Option("--files-from", help="Names, one a line, from this file or - (standard input)."),
]
Out = Annotated[Path, typer.Option("-o", "--out", help="Output folder.")]
RecipeName = Annotated[str, typer.Option("--recipe", help="Name of a built-in recipe, or a file.")]
PrivateDir = Annotated[
    Path | None, typer.Option("--private", help="Private folder; default: OUT-private.")
]
Key = Annotated[Path | None, typer.Option("--key", help="File with the secret key.")]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Processes; default: one a core.")
]
Dask = Annotated[
    str | None,
    typer.Option(
        "--dask",
        help="Dask scheduler: tls://host:port, tcp:// on this machine, or insecure+tcp:// in a"
        " closed network, where everyone who reaches it can read the key.",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue an earlier run.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Look and plan only.")]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", min=1, help="Seconds for a small instance; large ones get more."),
]
Memory = Annotated[
    float | None, typer.Option("--memory", min=0.5, help="GB a worker; default: an even share.")
]
Json = Annotated[Path | None, typer.Option("--json", help="Write the result to this file.")]
Gallery = Annotated[
    Path | None, typer.Option("--gallery", help="Draw misses and wrong masks into this folder.")
]
