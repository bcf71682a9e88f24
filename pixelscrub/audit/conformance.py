"""New errors of conformance, by dciodvfy of dicom3tools where it is installed."""

from __future__ import annotations

import re
import subprocess  # the one program that is called is found on the path, without a shell
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydicom.uid import DeflatedExplicitVRLittleEndian

from pixelscrub.audit.issues import Issue
from pixelscrub.audit.pairs import File
from pixelscrub.isolation import SAFE_FOLDER, environment, find_program
from pixelscrub.store.temporary import temporary_folder

VALUES: Final = re.compile(r"<[^<>]*>|[\"'].*|\[\d+\]|= .*|\d{2,}[.\d]*")
"""What dciodvfy quotes of an instance; it must not reach a message."""
TIMEOUT: Final = 60


def program() -> str | None:
    """The path of dciodvfy; None where it is not installed."""
    return find_program("dciodvfy")


def check(original: File, output: File, name: str) -> Iterator[Issue]:
    """Errors that the output has and its original has not; nothing without dciodvfy."""
    found = program()
    if found is None or any(_is_deflated(file) for file in (original, output)):
        return
    before, after = _errors(found, original), _errors(found, output)
    if before is not None and after is not None and (new := after - before):
        yield Issue("conformance", name, detail=f"{sum(new.values())} new errors")


def _is_deflated(file: File) -> bool:
    """Whether dciodvfy, which does not inflate, would read noise."""
    syntax = file.header.file_meta.get("TransferSyntaxUID")
    return bool(syntax == DeflatedExplicitVRLittleEndian)


def _errors(program: str, file: File) -> Counter[str] | None:
    """Errors by kind, values taken out; None where the program gives up."""
    if file.source.archive is None and not (file.is_original and _is_odd(file)):
        return _run(program, file.source.root / file.source.path)
    with temporary_folder(is_watched=False) as folder, file.open() as opened:
        copy = folder / "instance"
        copy.write_bytes(opened.read())
        return _run(program, copy)


def _is_odd(original: File) -> bool:
    """Whether an original is not written as it says: then it is judged as it should be."""
    from pixelscrub.dicom.canonical import is_well_formed

    with original.source.open() as file:
        return not is_well_formed(file)


def _run(program: str, path: Path) -> Counter[str] | None:
    command = [program, "-new", str(path.absolute())]
    try:
        result = subprocess.run(  # noqa: S603
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=TIMEOUT,
            env=environment(),
            cwd=SAFE_FOLDER,
        )
    except subprocess.TimeoutExpired:
        return None
    if result.returncode < 0:
        return None
    lines = (line for line in result.stderr.splitlines() if line.startswith("Error"))
    return Counter(VALUES.sub("", line) for line in lines)
