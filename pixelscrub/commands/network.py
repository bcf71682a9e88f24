"""The commands of the network; light, because every start of the command line reads this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pixelscrub.commands.options import Key, Out, PrivateDir, RecipeName, Workers
from pixelscrub.errors import UsageError

Title = Annotated[str, typer.Option("--ae", help="Our AE title.")]
To = Annotated[
    str,
    typer.Option("--to", help="TITLE@host:port, dicoms://TITLE@host:port or http(s)://..."),
]
Cert = Annotated[Path | None, typer.Option("--tls-cert", help="Our certificate (PEM).")]
CertKey = Annotated[Path | None, typer.Option("--tls-key", help="Its private key (PEM).")]
Ca = Annotated[
    Path | None, typer.Option("--tls-ca", help="CA that certificates of others are checked by.")
]
CredentialsFile = Annotated[
    Path | None,
    typer.Option(
        "--credentials",
        help="File with `user` and `password`, or `token`, for DICOMweb; mode 0600. Without it"
        " PIXELSCRUB_WEB_USER and PIXELSCRUB_WEB_PASSWORD, PIXELSCRUB_WEB_TOKEN, or ~/.netrc.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of the network to a command line."""
    for command in (receive, send, fetch, mask_service):
        app.command()(command)


def receive(  # noqa: PLR0913, PLR0917 (the options of the contract)
    to: To,
    out: Out,
    port: Annotated[int, typer.Option("--port", help="Port to listen on.")] = 11112,
    ae: Title = "PIXELSCRUB",
    host: Annotated[str, typer.Option("--host", help="Address to bind to.")] = "127.0.0.1",
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", help="AE title that may send; repeat. Needed beyond 127.0.0.1."),
    ] = None,
    quiet_time: Annotated[
        float,
        typer.Option("--quiet-time", min=0, help="Seconds without news that end a study."),
    ] = 30.0,
    tls_cert: Cert = None,
    tls_key: CertKey = None,
    tls_ca: Ca = None,
    credentials: CredentialsFile = None,
    recipe: RecipeName = "default",
    private: PrivateDir = None,
    key: Key = None,
    workers: Workers = None,
) -> None:
    """Gateway: take DICOM in, scrub it, send DICOM or DICOMweb on. Ctrl-C ends it."""
    from pixelscrub import api
    from pixelscrub.net import address, extra
    from pixelscrub.net.credentials import load
    from pixelscrub.net.gateway.listen import ListenerConfig
    from pixelscrub.net.gateway.receive import Waits
    from pixelscrub.net.gateway.receive import receive as run
    from pixelscrub.net.tls import Tls

    extra.require()
    door = ListenerConfig(ae, port, host, tuple(allow or ()), Tls(tls_cert, tls_key, tls_ca))
    summary = run(
        door,
        address.parse(to, load(credentials)),
        out,
        recipe=api.checked_recipe(recipe),
        private=api.private_folder(out, private),
        key=key,
        workers=workers,
        waits=Waits(quiet_time),
        told=lambda counts: typer.echo(_listed(counts)),
    )
    raise typer.Exit(summary.exit_code)


def send(  # noqa: PLR0913, PLR0917
    out: Annotated[Path, typer.Argument(help="Output folder.")],
    target: Annotated[str, typer.Argument(help="TITLE@host:port, dicoms://... or http(s)://...")],
    private: PrivateDir = None,
    key: Key = None,
    ae: Title = "PIXELSCRUB",
    tls_cert: Cert = None,
    tls_key: CertKey = None,
    tls_ca: Ca = None,
    credentials: CredentialsFile = None,
) -> None:
    """Send what the journal says is clean, by C-STORE or STOW-RS; each instance once."""
    from pixelscrub import api
    from pixelscrub.net import address
    from pixelscrub.net.credentials import load
    from pixelscrub.net.gateway.send import is_all_sent
    from pixelscrub.net.gateway.send import send as run
    from pixelscrub.net.tls import Tls

    tls = Tls(tls_cert, tls_key, tls_ca)
    folder = api.private_folder(out, private)
    to = address.parse(target, load(credentials))
    counts = run(out, to, private=folder, key=key, title=address.title(ae), tls=tls)
    typer.echo(_listed(counts))
    raise typer.Exit(0 if is_all_sent(counts) else 2)


def fetch(  # noqa: PLR0913, PLR0917
    url: Annotated[str, typer.Argument(help="Root of a DICOMweb service.")],
    folder: Annotated[Path | None, typer.Argument(help="New folder for originals.")] = None,
    match: Annotated[
        list[str] | None,
        typer.Option(
            "--match",
            help="KEYWORD=VALUE that studies have to match; repeat. Every user of the machine can"
            " read it while the command starts, and shells keep it: see --match-file.",
        ),
    ] = None,
    match_file: Annotated[
        Path | None,
        typer.Option(
            "--match-file", help="File of such lines, which nobody else sees; - for standard input."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Scrub what comes, into this folder.")
    ] = None,
    recipe: RecipeName = "default",
    private: PrivateDir = None,
    key: Key = None,
    workers: Workers = None,
    tls_cert: Cert = None,
    tls_key: CertKey = None,
    tls_ca: Ca = None,
    credentials: CredentialsFile = None,
    redirect_to: Annotated[
        list[str] | None,
        typer.Option(
            "--redirect-to",
            help="Origin, https://host[:port], to which the service may redirect; repeat."
            " Credentials never go there.",
        ),
    ] = None,
) -> None:
    """Fetch studies by DICOMweb, into FOLDER as they are or straight through scrub."""
    from pixelscrub import api
    from pixelscrub.net import address
    from pixelscrub.net.credentials import load
    from pixelscrub.net.fetch.fetch import Query, scrub_fetched
    from pixelscrub.net.fetch.fetch import fetch as run
    from pixelscrub.net.fetch.matching import hide_arguments, matching
    from pixelscrub.net.tls import Tls

    hide_arguments(match or [])
    if (folder is None) == (out is None):
        raise UsageError("name either a folder for originals or an output with -o")
    service = address.web(url, load(credentials), redirect_to or ())
    query = Query(service, matching(match or [], match_file), Tls(tls_cert, tls_key, tls_ca))
    code = 0
    if folder is not None:
        fetched = run(query, folder)
    elif out is not None:
        summary, fetched = scrub_fetched(
            query,
            out,
            recipe=api.checked_recipe(recipe),
            private=api.private_folder(out, private),
            key=key,
            workers=workers,
        )
        typer.echo(f"clean {summary.clean}, held {summary.held}")
        code = summary.exit_code
    typer.echo(f"fetched {fetched.instances}, missing {fetched.missing}")
    for reason, count in fetched.broken.items():
        typer.echo(f"pixelscrub: studies that broke off: {count} ({reason}); fetch again", err=True)
    raise typer.Exit(fetched.exit_code or code)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{state} {count}" for state, count in counts.items()) or "waiting"


def mask_service(
    port: Annotated[int, typer.Option("--port", help="Port to listen on.")] = 8000,
    host: Annotated[str, typer.Option("--host", help="Address to bind to.")] = "127.0.0.1",
    recipe: RecipeName = "default",
) -> None:
    """Tell Karnak where there is text: POST /deidentify-image. Ctrl-C ends it."""
    from pixelscrub import api
    from pixelscrub.compat.quiet import hush
    from pixelscrub.net.images.server import serve

    hush()
    serve(host, port, api.checked_recipe(recipe).text)
