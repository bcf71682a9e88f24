"""What studies have to match: of a file, of standard input, or of the command line.

Values identify patients. On Linux every user of the machine may read the command line of every
process, in /proc/PID/cmdline; a file with mode 0600 and standard input are seen by nobody else.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pixelscrub.errors import UsageError

LARGEST: Final = 2**20
"""Characters of a file of such lines."""
STATUS: Final = Path("/proc/self/stat")
START, END = 48, 49
"""Numbers of the fields `arg_start` and `arg_end` (proc_pid_stat(5)), counted from one."""


def matching(pairs: Sequence[str], file: Path | None) -> dict[str, str]:
    """Keyword and value of each attribute that studies have to match.

    Args:
        pairs: KEYWORD=VALUE.
        file: more of them, one a line; `-` is standard input.

    Raises:
        UsageError: a line is something else, or the file cannot be read.
    """
    lines = [line for line in (*pairs, *_lines(file)) if line.strip()]
    if any("=" not in line for line in lines):
        raise UsageError("studies are matched by KEYWORD=VALUE, as in PatientID=4711")
    return {key.strip(): value for key, value in (line.split("=", 1) for line in lines)}


def hide_arguments(values: Iterable[str]) -> bool:
    """Overwrite values in this process's command line, as others see it from now on.

    They could be read until now: from the start of the interpreter, for a tenth of a second.

    Returns:
        Whether none of them is there any more; False where the system has no such place.
    """
    try:
        fields = STATUS.read_text().rpartition(")")[2].split()
        start, end = (int(fields[number - 3]) for number in (START, END))
    except (OSError, ValueError, IndexError):
        return False
    if not 0 < start < end:
        return False
    line = ctypes.string_at(start, end - start)
    for value in {value.encode(errors="surrogateescape") for value in values if value}:
        for found in re.finditer(rb"(?<=[\0=])" + re.escape(value) + rb"(?=\0)", line):
            ctypes.memset(start + found.start(), ord("*"), len(value))
    return True


def _lines(file: Path | None) -> list[str]:
    if file is None:
        return []
    try:
        if str(file) == "-":
            return sys.stdin.read(LARGEST).splitlines()
        with file.open(encoding="utf-8") as opened:
            return opened.read(LARGEST).splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"--match-file cannot be read ({type(error).__name__})") from None
