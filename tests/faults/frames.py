"""Frame faults: pixel data whose frames, fragments and offset tables do not agree."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from imagecodecs import jpeg2k_encode, jpeg8_encode
from pydicom.dataset import FileDataset
from pydicom.uid import UID

from tests.faults.ground import CLEAN, Case, Tally, encoded, instance, try_cases

HELD = (
    "frame_count_mismatch",
    "bad_pixel_data",
    "truncated_pixel_data",
    "decode_failed",
    "codestream_mismatch",
    "damaged_file",
)
JPEG, J2K = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90"


def run(folder: Path, tally: Tally, short: bool) -> None:
    """All of them lie in one folder."""
    try_cases([*_native(), *_encapsulated(), *_streams()], folder, tally)


def _native() -> Iterator[Case]:
    pixels = np.arange(3 * 16 * 24, dtype=np.uint8).reshape(48, 24)
    for frames in (1, 2, 4, 100):  # frames that are not counted are left out
        made = instance(pixels, Rows=16, NumberOfFrames=frames)
        yield Case.of(f"native {frames} of 3.dcm", made, *((CLEAN,) if frames < 3 else HELD))
    made = instance(pixels, Rows=16, NumberOfFrames=3)
    yield Case.of("native 3 of 3.dcm", made)
    for cut in (1, 2, 500):
        made = instance(pixels, Rows=16, NumberOfFrames=3)
        made.PixelData = made.PixelData[:-cut] + bytes(cut % 2)
        yield Case.of(f"native cut by {cut}.dcm", made, CLEAN, *HELD)
    for name in ("3.5", "", "3\\3"):
        made = instance(pixels, Rows=16)
        made.NumberOfFrames = 3
        made["NumberOfFrames"]._value = name
        yield Case.of(f"frames {len(name)}.dcm", made)


def _encapsulated() -> Iterator[Case]:
    one, two = _jpegs(2)
    right = {"one item a frame": [one, two]}
    for name, items in right.items():
        yield Case.of(f"{name}.dcm", _made(items, 2))
    first, rest = one[: len(one) // 4 * 2], one[len(one) // 4 * 2 :]
    yield Case.of("fragments.dcm", _made([first, rest], 1), CLEAN, *HELD)
    wrong: dict[str, tuple[list[bytes], int, bytes]] = {
        "frame missing": ([one], 2, b""),
        "frame too many": ([one, two, one], 2, b""),
        "item empty": ([one, b""], 2, b""),
        "all items empty": ([b"", b""], 2, b""),
        "no item": ([], 2, b""),
        "table one short": ([one, two], 2, struct.pack("<I", 0)),
        "table too long": ([one, two], 2, struct.pack("<3I", 0, 8, 16)),
        "table beyond the end": ([one, two], 2, struct.pack("<2I", 0, 2**31)),
        "table between items": ([one, two], 2, struct.pack("<2I", 0, 10)),
        "table backwards": ([one, two], 2, struct.pack("<2I", len(one) + 8, 0)),
        "table odd": ([one, two], 2, b"\0\0\0\0\0\0"),
        "items swapped with table": ([two + one, one], 2, b""),
        "item odd": ([one + b"\0", two], 2, b""),
    }
    for name, (items, frames, table) in wrong.items():
        yield Case.of(f"{name}.dcm", _made(items, frames, table), CLEAN, *HELD)
    yield Case.of("no delimiter.dcm", _without_end(_made([one, two], 2)))
    twice = encoded(_made([one, two], 2)) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    yield Case.of("two delimiters.dcm", twice, CLEAN, *HELD, "tags_failed")
    for number, offsets in enumerate(([0], [0, 2**40], [0, 3], [])):
        made = _made([one, two], 2)
        made.ExtendedOffsetTable = struct.pack(f"<{len(offsets)}Q", *offsets)
        made.ExtendedOffsetTableLengths = struct.pack(f"<{len(offsets)}Q", *offsets)
        yield Case.of(f"extended table {number}.dcm", made, CLEAN, *HELD)


def _streams() -> Iterator[Case]:
    (one,) = _jpegs(1)
    other = bytes(jpeg2k_encode(np.zeros((16, 24), np.uint8), reversible=True))
    changes = {
        "no end marker": one[:-2],
        "half": one[: len(one) // 2],
        "start only": one[:20],
        "zeros": bytes(len(one)),
        "two in one": one + one,
        "bytes after the end": one + b"ZWYRTKOWSKI OTTOKAR ",
        "of another size": bytes(jpeg8_encode(np.zeros((16, 32), np.uint8))),
        "in colour": bytes(jpeg8_encode(np.zeros((16, 24, 3), np.uint8))),
        "of another kind": other,
        "with a restart marker": one[:-4] + b"\xff\xd0" + one[-4:],
    }
    for name, stream in changes.items():
        yield Case.of(f"stream {name}.dcm", _made([stream], 1), CLEAN, *HELD, "identifier_left")
        yield Case.of(f"J2K stream {name}.dcm", _made([stream], 1, syntax=J2K), CLEAN, *HELD)


def _jpegs(count: int) -> list[bytes]:
    """JPEG streams of even length."""
    streams = []
    for seed in range(count):
        noise = np.random.default_rng(seed).integers(0, 256, (16, 24), np.uint8)
        stream = bytes(jpeg8_encode(noise))
        streams.append(stream + bytes(len(stream) % 2))
    return streams


def _made(items: list[bytes], frames: int, table: bytes = b"", syntax: str = JPEG) -> FileDataset:
    made = instance(Rows=16, Columns=24, NumberOfFrames=frames)
    made.file_meta.TransferSyntaxUID = UID(syntax)
    parts = [struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in (table, *items)]
    made.PixelData = b"".join(parts)
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    return made


def _without_end(made: FileDataset) -> bytes:
    return encoded(made)[:-8]
