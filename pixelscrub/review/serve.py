"""Open a private folder for review, and serve the page on this machine alone."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pixelscrub.errors import MissingComponentError, UsageError

if TYPE_CHECKING:
    from starlette.applications import Starlette

LOCAL = "127.0.0.1"


def review(
    private: Path,
    port: int = 0,
    who: str | None = None,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve the review page of a private folder until it is interrupted.

    Args:
        private: the private folder, with plans.
        port: port on 127.0.0.1; 0 takes a free one.
        who: name that decisions are recorded under; by default the login name.
        ready: called with the address to open, which works once.

    Raises:
        UsageError: the folder, its plans or the port cannot be used, or another review page
            has the folder open.
        NothingUsableError: the folder holds no plan.
        MissingComponentError: the packages that serve the page are not installed.
    """
    require()
    import uvicorn

    from pixelscrub.compat.quiet import hush

    hush()
    with _locked(private), _listening(port) as listening:
        host = f"{LOCAL}:{listening.getsockname()[1]}"
        token = secrets.token_urlsafe(32)
        app = make(private, host, token, who)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
        )
        ready(f"http://{host}/?token={token}")
        with suppress(KeyboardInterrupt):  # the way to end it
            uvicorn.Server(config).run(sockets=[listening])


def make(private: Path, host: str, token: str, who: str | None = None) -> Starlette:
    """The page of a private folder, not yet served; raises as `review` does."""
    from pixelscrub.review.app import make_app
    from pixelscrub.review.session import Session
    from pixelscrub.store.journal import check_version

    journal = private / "journal.sqlite"
    if journal.exists():
        check_version(journal)
    return make_app(Session(private, who), private, host, token)


def require() -> None:
    """Say which package is missing, if one is.

    Raises:
        MissingComponentError: Starlette or uvicorn is not installed.
    """
    from importlib.util import find_spec

    for package in ("starlette", "uvicorn"):
        if find_spec(package) is None:
            raise MissingComponentError(
                package, "install it with: pip install 'pixelscrub[review]'"
            )


@contextmanager
def _locked(private: Path) -> Iterator[None]:
    """Hold the folder, so that two pages cannot overwrite each other's decisions."""
    from pixelscrub.store.private import Private

    if not private.is_dir():
        raise UsageError("there is no such private folder")
    Private.open(private)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(private / "review.lock", flags, 0o600)
        os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise UsageError(f"private folder cannot be used ({type(error).__name__})") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(
                "another review page has this private folder open; close that one first"
            ) from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    # asyncio sends small answers at once (TCP_NODELAY) only where the protocol is named
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((LOCAL, port))
            opened.listen()  # a browser that is quicker than the server waits
        except (OSError, OverflowError):
            raise UsageError(f"port {port} cannot be used; name another one, or none") from None
        yield opened
