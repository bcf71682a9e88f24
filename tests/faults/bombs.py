"""Bombs: small files that would take all memory or time to unpack, decode or read."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from tests.faults.ground import CLEAN, Case, Tally, encoded, fresh, instance, try_cases

LONGEST = 600
"""Seconds that all bombs together may take, on a slow machine."""
HELD = ("too_large", "bad_pixel_data", "truncated_pixel_data", "codestream_mismatch")


def run(folder: Path, tally: Tally, short: bool) -> None:
    """All bombs lie in one folder; workers have 2 GB."""
    began = time.monotonic()
    try_cases(cases(short), folder, tally, "--memory", "2", "--timeout", "120")
    took = time.monotonic() - began
    tally.count("time", *[f"{took:.0f} seconds"] * (took > LONGEST))


def cases(short: bool) -> Iterator[Case]:
    """Every bomb, with the reasons under which it may be held."""
    yield Case.of("deflated.dcm", _deflated(64 if short else 1024), *HELD, "damaged_file")
    yield from _archives()
    yield from _dimensions()
    yield from _depth()
    rng = np.random.default_rng(1)
    side = 700 if short else 3000
    noise = rng.integers(0, 256, (side, side), np.uint8)
    yield Case.of("noise.dcm", instance(noise), CLEAN, "detector_failed", "timeout", "text_left")
    checks = np.kron(np.indices((side // 4, side // 4)).sum(0) % 2, np.ones((4, 4))) * 255
    right = (CLEAN, "detector_failed", "timeout", "text_left")
    yield Case.of("checks.dcm", instance(checks.astype(np.uint8)), *right)


def _deflated(megabytes: int) -> bytes:
    made = instance()
    plain = encoded(made)
    made.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1.99")
    start = plain.index(struct.pack("<HH2s", 8, 0x16, b"UI"))
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(plain[start:-1536])
    for _ in range(megabytes):
        body += packer.compress(bytes(2**20))
    meta = encoded(made)
    length = 132 + 12 + struct.unpack("<I", meta[140:144])[0]
    return meta[:length] + body + packer.flush()


def _archives() -> Iterator[Case]:
    inner = _zip({"zeros.dcm": bytes(200 * 2**20)})
    yield Case.of("zeros.zip", inner, "no line")
    nested = _zip({"inner.zip": inner, "in.dcm": encoded(instance())})
    yield Case.of("nested.zip", nested, "no line")
    yield Case.of("broken.zip", inner[:-40], "damaged_file")
    yield Case.of("empty.zip", b"", "damaged_file")


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _dimensions() -> Iterator[Case]:
    from imagecodecs import jpeg2k_encode, jpeg8_encode, jpegls_encode

    small = np.zeros((32, 48), np.uint8)
    streams = {
        "1.2.840.10008.1.2.4.50": _stretched(bytes(jpeg8_encode(small))),
        "1.2.840.10008.1.2.4.80": bytes(jpegls_encode(small)),
        "1.2.840.10008.1.2.4.90": bytes(jpeg2k_encode(small, reversible=True)),
        "1.2.840.10008.1.2.5": struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\0" * 100,
    }
    for uid, stream in streams.items():
        made = _encapsulated(uid, [stream])
        made.Rows = made.Columns = 65535
        right = (*HELD, "decode_failed", "out_of_memory")
        yield Case.of(f"dimensions {uid[-4:]}.dcm", made, *right)
    right = (CLEAN, *HELD, "frame_count_mismatch")  # the pixel data tell that there is one
    yield Case.of("frames.dcm", instance(NumberOfFrames=2**31 - 1), *right)
    made = _encapsulated("1.2.840.10008.1.2.4.50", [bytes(jpeg8_encode(small))])
    made.NumberOfFrames = 10**9
    yield Case.of("frames of JPEG.dcm", made, *right)
    made = instance(Rows=60000, Columns=60000)
    yield Case.of("rows.dcm", made, *HELD)


def _stretched(stream: bytes) -> bytes:
    """A JPEG that claims 65535 by 65535 pixels."""
    data = bytearray(stream)
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = b"\xff\xff\xff\xff"
    return bytes(data)


def _encapsulated(uid: str, streams: list[bytes]) -> FileDataset:
    made = instance()
    made.file_meta.TransferSyntaxUID = UID(uid)
    made.PixelData = encapsulate(streams)
    made["PixelData"].is_undefined_length = True
    made["PixelData"].VR = "OB"
    return made


def _depth() -> Iterator[Case]:
    whole = encoded(instance())
    end = whole.index(struct.pack("<HH2s", 0x7FE0, 0x0010, b"OB"))
    for depth in (500, 100_000):
        opened = struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF)
        opened += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
        closed = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
        content = whole[:end] + opened * depth + closed * depth + whole[end:]
        right = (CLEAN, "damaged_file", "tags_failed", "unsupported_content")
        yield Case.of(f"depth {depth}.dcm", fresh(content), *right)
    many = struct.pack("<HH2sH", 0x0011, 0x1010, b"LO", 2) + b"x "
    content = whole[:end] + many * 300_000 + whole[end:]
    yield Case.of("elements.dcm", fresh(content), CLEAN, "damaged_file", "tags_failed")
