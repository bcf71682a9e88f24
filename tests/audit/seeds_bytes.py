"""Bytes to plant in an output: in streams, tables, cells, padding, and against its own encoding."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.sequence import Sequence
from pydicom.uid import UID

from tests.streams import HIDDEN, ROOT, TEXT, encoded, picture

Make = Callable[..., FileDataset]
Plant = Callable[[Make], bytes]


def saved(header: FileDataset) -> bytes:
    """A file with this header, in explicit VR little endian or a compressed syntax."""
    out = io.BytesIO()
    header.file_meta.FileMetaInformationGroupLength = 0  # the writer fills it in
    header.file_meta.FileMetaInformationVersion = b"\0\1"
    dcmwrite(out, header, implicit_vr=False, little_endian=True, force_encoding=True)
    return out.getvalue()


def _frames(make: Make, syntax: str, value: bytes, **elements: object) -> bytes:
    header = make(picture(), **elements)
    header.file_meta.TransferSyntaxUID = UID(ROOT + syntax)
    header.PixelData = value
    header["PixelData"].is_undefined_length = True
    return saved(header)


def clean(make: Make) -> list[bytes]:
    """Files that hold nothing but what they should."""
    streams = {s: encoded(s).rstrip(b"\0") for s in ("4.50", "4.70", "4.110", "5", "8.1")}
    files = [_frames(make, s, encapsulate([stream])) for s, stream in streams.items()]
    value, offsets, lengths = encapsulate_extended([streams["4.50"], streams["4.50"]])
    told = {"ExtendedOffsetTable": offsets, "ExtendedOffsetTableLengths": lengths}
    files.append(_frames(make, "4.50", value, NumberOfFrames=2, **told))
    native = make(picture().astype(np.uint16), BitsStored=12, HighBit=11)
    signed = make(picture().astype(np.int16) - 128, BitsStored=12, HighBit=11)
    return [*files, saved(native), saved(signed), saved(make(picture()[:5, :5]))]


def _hidden(name: str) -> Plant:
    syntax, hide = HIDDEN[name]
    return lambda make: _frames(make, syntax, encapsulate([hide(encoded(syntax))]))


def _plane(low: int, stored: int, bit: int, *, signed: bool = False) -> Plant:
    def plant(make: Make) -> bytes:
        cells = (picture().astype(np.uint16) << low) | (np.eye(40, 56, dtype=np.uint16) << bit)
        header = make(cells, BitsStored=stored, HighBit=low + stored - 1)
        header.PixelRepresentation = int(signed)
        return saved(header)

    return plant


def _native(more: bytes) -> Plant:
    def plant(make: Make) -> bytes:
        header = make(picture())
        header.PixelData += more + b"\0" * (len(more) % 2)
        return saved(header)

    return plant


def _icon(make: Make) -> bytes:
    item = Dataset()
    item.Rows, item.Columns, item.BitsAllocated, item.BitsStored = 40, 56, 16, 12
    item.HighBit, item.PixelRepresentation, item.SamplesPerPixel = 11, 0, 1
    item.add_new(0x7FE00010, "OW", (np.eye(40, 56, dtype=np.uint16) << 14).tobytes())
    return saved(make(picture(), IconImageSequence=Sequence([item])))


def _table(offset: int) -> Plant:
    value = encapsulate([encoded("4.50"), encoded("4.50", 255 - picture())])
    (told,) = struct.unpack_from("<L", value, 12)
    changed = value[:12] + struct.pack("<L", told + offset) + value[16:]
    return lambda make: _frames(make, "4.50", changed, NumberOfFrames=2)


def _extended(offsets: bytes, lengths: bytes) -> Plant:
    return lambda make: _frames(
        make,
        "4.50",
        encapsulate([encoded("4.50")], has_bot=False),
        ExtendedOffsetTable=offsets,
        ExtendedOffsetTableLengths=lengths,
    )


def _fragment(make: Make) -> bytes:
    streams = [encoded("4.50"), encoded("4.50", 255 - picture())]
    return _frames(make, "4.50", encapsulate(streams, has_bot=False))


def _spliced(change: Callable[[bytes], bytes]) -> Plant:
    return lambda make: change(saved(make(picture())))


def _as_implicit(data: bytes) -> bytes:
    """The data set in implicit VR, in a file that says explicit."""
    header = dcmread(io.BytesIO(data))
    header.PixelData = header.PixelData  # so that all of it is read
    out = io.BytesIO()
    body = Dataset(header)
    body.save_as(out, implicit_vr=True, little_endian=True)
    meta = data[: 144 + int.from_bytes(data[140:144], "little")]
    return meta + out.getvalue()


def _at(tag: int, vr: bytes, insert: bytes) -> Callable[[bytes], bytes]:
    start = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr)
    return lambda data: data[: (i := data.index(start))] + insert + data[i:]


def _element(tag: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def _implicit_item(data: bytes) -> bytes:
    inner = struct.pack("<HHL", 8, 0x1150, 6) + b"1.2.3\0"
    item = struct.pack("<HHL", 0xFFFE, 0xE000, len(inner)) + inner
    head = struct.pack("<HH2sHL", 8, 0x1140, b"SQ", 0, len(item))
    return _at(0x00100010, b"PN", head + item)(data)


SEEDS: dict[str, tuple[Plant, str]] = {
    **{name: (_hidden(name), "surplus_left") for name in sorted(HIDDEN.keys() - {"fill bytes"})},
    "bit above": (_plane(0, 12, 12), "surplus_left"),
    "top bit": (_plane(0, 12, 15), "surplus_left"),
    "bit below": (_plane(4, 12, 0), "surplus_left"),
    "bit above signed values": (_plane(0, 12, 13, signed=True), "surplus_left"),
    "bit above in an icon": (_icon, "surplus_left"),
    "text behind native cells": (_native(TEXT), "surplus_left"),
    "a second native frame": (_native(picture().tobytes()), "surplus_left"),
    "zeros behind native cells": (_native(bytes(80)), "surplus_left"),
    "offset table that lies": (_table(2), "surplus_left"),
    "text in the extended table": (
        _extended(bytes(8) + TEXT[:40], struct.pack("<Q", len(encoded("4.50")))),
        "surplus_left",
    ),
    "text in its lengths": (_extended(bytes(8), TEXT[:40]), "surplus_left"),
    "fragment of no frame": (_fragment, "surplus_left"),
    "bytes behind the file": (_spliced(lambda data: data + b"\0\0" + TEXT[:10]), "encoding_wrong"),
    "implicit in explicit": (_spliced(_as_implicit), "encoding_wrong"),
    "implicit item": (_spliced(_implicit_item), "encoding_wrong"),
    "odd length": (
        _spliced(_at(0x00100010, b"PN", _element(0x00091001, b"LO", b"abc"))),
        "encoding_wrong",
    ),
    "out of order": (
        _spliced(_at(0x00100010, b"PN", _element(0x00080005, b"CS", b"ab"))),
        "encoding_wrong",
    ),
    "no group length": (_spliced(lambda data: data[:132] + data[144:]), "encoding_wrong"),
    "class that is not the data set's": (
        _spliced(lambda data: data.replace(b"1.4.1.1.7\0", b"1.4.1.1.2\0", 1)),
        "encoding_wrong",
    ),
    "unknown VR": (
        _spliced(_at(0x00100010, b"PN", _element(0x00091001, b"ZZ", b"ab"))),
        "unreadable",
    ),
}
"""What is planted, and the kind of issue that tells of it."""
