"""pytesseract with its temporary files in a folder of ours.

pytesseract 0.3.13 (https://github.com/madmaze/pytesseract) writes the picture and what was read
into files named by `tempfile`, and leaves them where its process is killed. `image_to_data` asks
the program for its version without a limit of time first, so `run_and_get_output` is called, which
is what it calls next. `tests/text/test_memory.py` holds both to be so.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from pixelscrub.isolation import environment

TABLE = "-c tessedit_create_tsv=1"
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Command:
    """How the program is called.

    Attributes:
        program: its absolute path.
        languages: as Tesseract names them, joined by `+`.
        options: for its command line; none that names a file, since it looks for them in the
            working directory.
        timeout: in seconds.
    """

    program: str
    languages: str
    options: str
    timeout: float


def image_to_table(grey: Any, command: Command, folder: Path) -> str:
    """What Tesseract reads, as its table of tab-separated values.

    Args:
        grey: uint8, (rows, columns).
        command: how it is called.
        folder: where its files are while it reads.

    Raises:
        subprocess.TimeoutExpired: it does not answer in time.
        subprocess.SubprocessError: it fails, or answers nothing.
    """
    from PIL import Image
    from pytesseract import pytesseract

    options = f"{TABLE} {command.options}"
    try:
        with _inside(folder, command.program):
            return str(
                pytesseract.run_and_get_output(
                    Image.fromarray(grey), "tsv", command.languages, options, 0, command.timeout
                )
            )
    except pytesseract.TesseractError:  # its message may quote a path
        raise subprocess.SubprocessError("the program failed") from None
    except FileNotFoundError:  # no answer was written
        raise subprocess.SubprocessError("no table") from None
    except RuntimeError:
        raise subprocess.TimeoutExpired("tesseract", command.timeout) from None


@contextmanager
def _inside(folder: Path, program: str) -> Iterator[None]:
    """The library's settings, which belong to the process; one reads at a time, on one thread."""
    from pytesseract import pytesseract

    with _lock:
        before, tempfile.tempdir = tempfile.tempdir, str(folder)
        variables = pytesseract.environ, pytesseract.tesseract_cmd
        pytesseract.environ = environment(OMP_THREAD_LIMIT="1")
        pytesseract.tesseract_cmd = program
        try:
            yield
        finally:
            tempfile.tempdir = before
            pytesseract.environ, pytesseract.tesseract_cmd = variables
