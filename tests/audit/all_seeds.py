"""Every leak to plant in an output: of values, and of bytes below the level of elements."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate, generate_frames

from tests.audit.seeds import SEEDS as VALUES
from tests.audit.seeds import Seed
from tests.audit.seeds_words import SEEDS as WORDS
from tests.streams import HIDDEN, TEXT

Change = Callable[[FileDataset], None]


def _is_jpeg(header: FileDataset) -> bool:
    return header.file_meta.TransferSyntaxUID.is_encapsulated


def _has_spare_bits(header: FileDataset) -> bool:
    is_native = not _is_jpeg(header)
    return is_native and header.BitsStored < header.BitsAllocated and not header.PixelRepresentation


def _is_native(header: FileDataset) -> bool:
    return not _is_jpeg(header)


def _changed(change: Change, kind: str, fits: Callable[[FileDataset], bool]) -> Seed:
    def plant(path: Path) -> None:
        dataset = dcmread(path)
        change(dataset)
        dataset.save_as(path)

    return Seed(plant, frozenset({kind, "unreadable"}), fits)


def _stream(name: str) -> Change:
    def change(dataset: FileDataset) -> None:
        (frame,) = generate_frames(dataset.PixelData, number_of_frames=1)
        whole = frame[: frame.rindex(b"\xff\xd9") + 2]
        dataset.PixelData = encapsulate([HIDDEN[name][1](whole)])

    return change


def _fragment(dataset: FileDataset) -> None:
    (frame,) = generate_frames(dataset.PixelData, number_of_frames=1)
    dataset.PixelData = encapsulate([frame, frame], has_bot=False)


def _table(dataset: FileDataset) -> None:
    (frame,) = generate_frames(dataset.PixelData, number_of_frames=1)
    whole = encapsulate([frame], has_bot=False)
    table = struct.pack("<HHL", 0xFFFE, 0xE000, 40) + TEXT[:40]
    dataset.PixelData = table + whole[8:]


def _plane(dataset: FileDataset) -> None:
    cells = np.frombuffer(dataset.PixelData, np.uint16).copy()
    cells[::7] |= 1 << 15
    dataset.PixelData = cells.tobytes()


def _padding(dataset: FileDataset) -> None:
    dataset.PixelData += TEXT[:40]


def _spliced(insert: bytes, before: int) -> Seed:
    """An element that is not written as it should be, before that of a tag."""

    def plant(path: Path) -> None:
        data = path.read_bytes()
        at = data.index(struct.pack("<HH2s", before >> 16, before & 0xFFFF, b"PN"))
        path.write_bytes(data[:at] + insert + data[at:])

    return Seed(plant, frozenset({"encoding_wrong", "unreadable"}), _is_explicit)


def _is_explicit(header: FileDataset) -> bool:
    syntax = header.file_meta.TransferSyntaxUID
    return not syntax.is_implicit_VR and syntax.is_little_endian and not syntax.is_deflated


def _without_group_length(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:132] + data[144:])


IN_JPEG = sorted(name for name, (syntax, _) in HIDDEN.items() if syntax == "4.50")
BYTES: dict[str, Seed] = {
    **{
        f"jpeg: {name}": _changed(_stream(name), "surplus_left", _is_jpeg)
        for name in IN_JPEG
        if name != "fill bytes"
    },
    "fragment of no frame": _changed(_fragment, "surplus_left", _is_jpeg),
    "text in the offset table": _changed(_table, "surplus_left", _is_jpeg),
    "plane in spare bits": _changed(_plane, "surplus_left", _has_spare_bits),
    "text behind the cells": _changed(_padding, "surplus_left", _is_native),
    "odd length": _spliced(struct.pack("<HH2sH", 9, 0x1001, b"LO", 3) + b"abc", 0x00100010),
    "out of order": _spliced(struct.pack("<HH2sH", 8, 5, b"CS", 2) + b"ab", 0x00100010),
    "implicit element": _spliced(struct.pack("<HHL", 9, 0x1001, 4) + b"abcd", 0x00100010),
    "delimiter of nothing": _spliced(struct.pack("<HHL", 0xFFFE, 0xE0DD, 0), 0x00100010),
    "no group length": Seed(_without_group_length, frozenset({"encoding_wrong", "unreadable"})),
}
SEEDS: dict[str, Seed] = VALUES | BYTES
EVERY_SEED: dict[str, Seed] = SEEDS | WORDS
"""Words are tested with their check alone (`test_word_checks`), and measured with the others."""
