"""Checks of an output's bytes: encoding, code streams, offset tables, unused bits.

Nothing here needs the original: what is found should be in no file that is passed on.
"""

from __future__ import annotations

from collections.abc import Iterator

from pixelscrub.audit.issues import Issue
from pixelscrub.audit.pairs import File
from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.prove.byte_level.encoding import malformed
from pixelscrub.prove.formats.pictures import surplus_of
from pixelscrub.prove.parsed import Parsed
from pixelscrub.prove.surplus import surplus


def check_bytes(output: File, name: str) -> Iterator[Issue]:
    """What a file holds besides its elements and frames, and what is not written as it says."""
    if output.is_picture:
        yield from _check_picture_file(output, name)
        return
    try:
        with output.open() as file, guarded(Reason.NOT_READABLE_AGAIN):
            parsed = Parsed.of(file)
            encoding, more = set(malformed(parsed)), _kinds(surplus(parsed))
    except HeldError:
        yield Issue("unreadable", name)
        return
    yield from (Issue("encoding_wrong", name, detail=what) for what in encoding)
    yield from (Issue("surplus_left", name, "(7FE0,0010)", what) for what in more)


def _check_picture_file(output: File, name: str) -> Iterator[Issue]:
    """What a PNG, JPEG or TIFF file holds besides its pixels."""
    try:
        with output.source.open() as file, guarded(Reason.NOT_READABLE_AGAIN):
            found = surplus_of(file.read(), output.source.file_format())
    except HeldError:
        yield Issue("unreadable", name)
        return
    if found:
        yield Issue("surplus_left", name, detail=found)


def _kinds(found: Iterator[str]) -> set[str]:
    """Each kind of surplus once, whatever frame it is in."""
    return {what.rsplit(": ", 1)[-1] for what in found}
