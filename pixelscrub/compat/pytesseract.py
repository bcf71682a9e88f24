"""pytesseract with its temporary files in a folder of ours.

pytesseract 0.3.13 (https://github.com/madmaze/pytesseract) writes the picture and what was read
into files named by `tempfile`, and leaves them where its process is killed. `image_to_data` asks
the program for its version without a limit of time first, so `run_and_get_output` is called, which
is what it calls next. `tests/text/test_memory.py` holds both to be so.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

TABLE = "-c tessedit_create_tsv=1"
_lock = Lock()


def image_to_table(grey: Any, languages: str, options: str, timeout: float, folder: Path) -> str:
    """What Tesseract reads, as its table of tab-separated values.

    Args:
        grey: uint8, (rows, columns).
        languages: as Tesseract names them, joined by `+`.
        options: for its command line.
        timeout: in seconds.
        folder: where its files are while it reads.

    Raises:
        subprocess.TimeoutExpired: it does not answer in time.
        subprocess.SubprocessError: it fails, or answers nothing.
    """
    from PIL import Image
    from pytesseract import pytesseract

    try:
        with _inside(folder):
            return str(
                pytesseract.run_and_get_output(
                    Image.fromarray(grey), "tsv", languages, f"{TABLE} {options}", 0, timeout
                )
            )
    except pytesseract.TesseractError:  # its message may quote a path
        raise subprocess.SubprocessError("the program failed") from None
    except FileNotFoundError:  # no answer was written
        raise subprocess.SubprocessError("no table") from None
    except RuntimeError:
        raise subprocess.TimeoutExpired("tesseract", timeout) from None


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """`tempfile` makes its files in a folder; one reads at a time, on one thread."""
    with _lock:
        before, threads = tempfile.tempdir, os.environ.get("OMP_THREAD_LIMIT")
        tempfile.tempdir, os.environ["OMP_THREAD_LIMIT"] = str(folder), "1"
        try:
            yield
        finally:
            tempfile.tempdir = before
            if threads is None:
                del os.environ["OMP_THREAD_LIMIT"]
            else:
                os.environ["OMP_THREAD_LIMIT"] = threads
