"""Is a file written as it says? A strict reader of PS3.5 section 7 and PS3.10 section 7.

It forgives nothing: each element is to be in the encoding that the transfer syntax names, in the
order of tags, of even length, with a VR of PS3.5 6.2, at every depth.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from typing import Final

from pixelscrub.prove.byte_level.strict import MalformedError, Way, elements
from pixelscrub.prove.parsed import Parsed, Span

IMPLICIT, BIG_ENDIAN = "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
HEADER_LIMIT: Final = 2**28
UIDS: Final = (("MediaStorageSOPClassUID", "SOPClassUID"),
               ("MediaStorageSOPInstanceUID", "SOPInstanceUID"))  # fmt: skip


def malformed(parsed: Parsed) -> Iterator[str]:
    """What is not written as the file says: a few words each, without values."""
    meta = parsed.header.file_meta
    syntax = str(meta.get("TransferSyntaxUID") or "")
    yield from _in_meta(parsed)
    way = Way(syntax == IMPLICIT, ">" if syntax == BIG_ENDIAN else "<")
    start = _data_set_start(parsed)
    pixels = parsed.pixels
    try:
        stop = parsed.rest.end if pixels is None else _pixel_tag(parsed, pixels, way)
        _follow(parsed.read(Span(start, min(stop, start + HEADER_LIMIT))), way)
        if pixels is not None:
            end = pixels.end + (8 if parsed.fragments else 0)
            _follow(parsed.read(Span(end, parsed.rest.end)), way)
    except (MalformedError, struct.error) as error:
        yield f"data set: {error}" if isinstance(error, MalformedError) else "data set is cut"


def _follow(data: bytes, way: Way) -> None:
    """Read all elements, and keep none."""
    deque(elements(data, 0, len(data), way), maxlen=0)


def _in_meta(parsed: Parsed) -> Iterator[str]:
    meta = parsed.header.file_meta
    for keyword, own in UIDS:
        if str(meta.get(keyword, "")) != str(parsed.header.get(own, "")):
            yield f"file meta: {keyword}"
    parsed.file.seek(128)
    start = parsed.file.read(16)
    if start[:12] != b"DICM\2\0\0\0UL\4\0":
        yield "file meta: group length"


def _data_set_start(parsed: Parsed) -> int:
    """Where the data set starts, by the length of the file meta information."""
    parsed.file.seek(140)
    return 144 + int.from_bytes(parsed.file.read(4), "little")


def _pixel_tag(parsed: Parsed, pixels: Span, way: Way) -> int:
    """Where the pixel data element starts, whose value starts at `pixels`."""
    start = pixels.start - (8 if way.implicit else 12)
    parsed.file.seek(start)
    (group,) = struct.unpack(way.order + "H", parsed.file.read(2))
    if group != 0x7FE0:
        raise MalformedError("head of the pixel data")
    return start
