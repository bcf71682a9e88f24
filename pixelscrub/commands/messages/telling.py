"""What a command that runs says, to whom: `--quiet`, `--verbose`, `--log`, `--progress`.

A log holds counts, reason codes and exit codes; never a value, and never the path of a source.
"""

from __future__ import annotations

import os
import platform
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from pixelscrub import __version__
from pixelscrub.errors import PixelscrubError, UsageError


class ProgressForm(StrEnum):
    """How progress is shown: for people (a bar, or lines off a terminal), or for programs."""

    TEXT = "text"
    JSON = "json"


@dataclass
class Telling:
    """Who is told what.

    Attributes:
        quiet: say nothing but errors.
        verbose: say more.
        progress: how progress is shown.
        log: file to which everything is added that is said.
    """

    quiet: bool = False
    verbose: bool = False
    progress: ProgressForm = ProgressForm.TEXT
    log: Path | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def say(self, text: str, *, is_logged: bool = True, is_detail: bool = False) -> None:
        """Say something on standard output.

        Args:
            text: one line or several.
            is_logged: whether it goes into the log too; False for what names files.
            is_detail: shown with `--verbose` only.
        """
        if not self.quiet and (self.verbose or not is_detail):
            typer.echo(text)
        if is_logged:
            self.note(text)

    def note(self, text: str) -> None:
        """Add lines to the log, each with the time (UTC).

        Raises:
            UsageError: the log cannot be written.
        """
        if self.log is None:
            return
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines = "".join(f"{now} {line}\n" for line in text.splitlines())
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            with self._lock, os.fdopen(os.open(self.log, flags, 0o600), "a") as file:
                file.write(lines)
        except OSError as error:
            raise UsageError(f"log cannot be written ({type(error).__name__})") from None


_current = Telling()


def telling() -> Telling:
    """What the running command was asked to say."""
    return _current


def _asked(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say more: versions, each file's outcome.")
    ] = False,
    log: Annotated[
        Path | None,
        typer.Option("--log", help="Add what is said to this file, without values and sources."),
    ] = None,
    progress: Annotated[
        ProgressForm, typer.Option("--progress", help="Off a terminal: lines of text or of JSON.")
    ] = ProgressForm.TEXT,
) -> None:
    """The options that every command that runs has, as typer reads them."""


def _options() -> list[Any]:
    app = typer.Typer(add_completion=False)
    app.command()(_asked)
    return [p for p in typer.main.get_command(app).params if p.name != "help"]


class RunCommand(TyperCommand):
    """A command with the options of `Telling`; what it ends with goes into the log."""

    def __init__(self, *args: Any, **others: Any) -> None:
        super().__init__(*args, **others)
        self.params += _options()

    def invoke(self, ctx: Any) -> Any:
        """Run the command, between two lines of the log."""
        global _current  # noqa: PLW0603 (one command a process; threads of a run share it)
        asked = {str(o.name): ctx.params.pop(str(o.name)) for o in _options()}
        if asked["quiet"] and asked["verbose"]:
            raise UsageError("--quiet and --verbose exclude each other")
        log = asked["log"] and Path(asked["log"])
        form = ProgressForm(asked["progress"])
        before, _current = _current, Telling(asked["quiet"], asked["verbose"], form, log)
        try:
            return self._between_lines(ctx)
        finally:
            _current = before

    def _between_lines(self, ctx: Any) -> Any:
        told = telling()
        python = f"{platform.system()}, Python {platform.python_version()}"
        told.say(f"{self.name}: pixelscrub {__version__}, {python}", is_detail=True)
        code = 0
        try:
            return super().invoke(ctx)
        except typer.Exit as end:
            code = end.exit_code
            raise
        except PixelscrubError as error:
            code = error.exit_code
            told.note(f"error: {error}")
            raise
        except BaseException:
            code = 130
            raise
        finally:
            told.say(f"exit code {code}", is_detail=True)
