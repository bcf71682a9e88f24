"""Streams with something hidden in them, for tests of the steps and of the audit."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

ROOT = "1.2.840.10008.1.2."
TEXT = b"Mrs Vintercastle 03-MAR-1951 555-867-5309"


def segment(code: int, data: bytes) -> bytes:
    """A marker segment of JPEG or JPEG-LS."""
    return bytes((0xFF, code)) + struct.pack(">H", len(data) + 2) + data


def picture(shape: tuple[int, ...] = (40, 56), seed: int = 0) -> np.ndarray:
    """Smooth values of 8 bits with some noise."""
    down, across = np.mgrid[: shape[0], : shape[1]]
    noise = np.random.default_rng(seed).normal(0, 3, shape[:2])
    level = 110 + 60 * np.sin(down / 9) * np.cos(across / 7) + noise
    return np.asarray(level.clip(0, 255), np.uint8)


def encoded(syntax: str, cells: np.ndarray | None = None) -> bytes:
    """A frame of 8 bits in a transfer syntax, without its root."""
    import imagecodecs as ic
    from rle.utils import encode_frame

    cells = picture() if cells is None else cells
    rows, columns = cells.shape
    coders: dict[str, Callable[[], Any]] = {
        "4.50": lambda: ic.jpeg8_encode(cells, level=90),
        "4.70": lambda: ic.ljpeg_encode(cells),
        "4.80": lambda: ic.jpegls_encode(cells),
        "4.90": lambda: ic.jpeg2k_encode(cells, level=0, codecformat="j2k", reversible=True),
        "4.201": lambda: ic.htj2k_encode(cells, reversible=True),
        "4.110": lambda: ic.jpegxl_encode(cells, lossless=True, usecontainer=False),
        "5": lambda: encode_frame(cells.tobytes(), rows, columns, 1, 8, "<"),
        "8.1": lambda: zlib.compress(cells.tobytes(), wbits=-15),
    }
    return bytes(coders[syntax]())


def _after_siz(stream: bytes) -> int:
    return 4 + int.from_bytes(stream[4:6], "big")


def _in_tile(stream: bytes, data: bytes) -> bytes:
    """The stream with more at the end of its only tile part, whose length is told anew."""
    at = stream.index(b"\xff\x90")
    length = int.from_bytes(stream[at + 6 : at + 10], "big") + len(data)
    longer = stream[:-2] + data + stream[-2:]
    return longer[: at + 6] + length.to_bytes(4, "big") + longer[at + 10 :]


def _jp2(stream: bytes) -> bytes:
    box = struct.pack(">I4s", 8 + len(TEXT), b"xml ") + TEXT
    start = struct.pack(">I4sI", 12, b"jP  ", 0x0D0A870A)
    return start + box + struct.pack(">I4s", 8 + len(stream), b"jp2c") + stream


def _jxl(stream: bytes) -> bytes:
    """In a container with EXIF."""
    start = b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl "
    exif = struct.pack(">I4s", 8 + len(TEXT), b"Exif") + TEXT
    return start + exif + struct.pack(">I4s", 8 + len(stream), b"jxlc") + stream


def _unused_table(stream: bytes) -> bytes:
    """A Huffman table that no scan names; its symbols are text."""
    counts = bytes([0, 0, 0, 0, 0, 0, 0, len(TEXT)]) + bytes(8)
    return stream[:2] + segment(0xC4, b"\x13" + counts + TEXT) + stream[2:]


def _thumbnail(stream: bytes) -> bytes:
    jfif = b"JFIF\0\1\1\0\0\1\0\1" + bytes((4, 4)) + TEXT[:48].ljust(48)
    return stream[:2] + segment(0xE0, jfif) + stream[2:]


def _in_header(data: bytes, code: int) -> Callable[[bytes], bytes]:
    return lambda s: s[:2] + segment(code, data) + s[2:]


def _rle_header(stream: bytes) -> bytes:
    return stream[:12] + TEXT[:48].ljust(52) + stream[64:]


def _behind(stream: bytes) -> bytes:
    return stream + TEXT


HIDDEN: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "comment": ("4.50", _in_header(TEXT, 0xFE)),
    "exif": ("4.50", _in_header(b"Exif\0\0II*\0" + TEXT, 0xE1)),
    "photoshop": ("4.50", _in_header(TEXT, 0xED)),
    "jfif that is none": ("4.50", _in_header(TEXT, 0xE0)),
    "thumbnail": ("4.50", _thumbnail),
    "unused table": ("4.50", _unused_table),
    "late comment": ("4.50", lambda s: s[:-2] + segment(0xFE, TEXT) + s[-2:]),
    "bare text in the scan": ("4.50", lambda s: s[:-2] + TEXT + s[-2:]),
    "behind a jpeg": ("4.50", _behind),
    "a second picture": ("4.50", lambda s: s + encoded("4.50", 255 - picture())),
    "fill bytes": ("4.50", lambda s: s[:2] + b"\xff" * 9 + s[2:]),
    "lossless comment": ("4.70", _in_header(TEXT, 0xFE)),
    "behind lossless jpeg": ("4.70", _behind),
    "jpeg-ls comment": ("4.80", _in_header(TEXT, 0xFE)),
    "jpeg-ls application": ("4.80", _in_header(TEXT, 0xE8)),
    "behind jpeg-ls": ("4.80", _behind),
    "jpeg 2000 comment": (
        "4.90",
        lambda s: s[: (i := _after_siz(s))] + b"\xff\x64" + struct.pack(">HH", len(TEXT) + 4, 1)
        + TEXT + s[i:],
    ),
    "jp2 box": ("4.90", _jp2),
    "behind jpeg 2000": ("4.90", _behind),
    "bare text in the tile": ("4.90", lambda s: _in_tile(s, TEXT)),
    "htj2k comment": (
        "4.201",
        lambda s: s[: (i := _after_siz(s))] + b"\xff\x64" + struct.pack(">HH", len(TEXT) + 4, 1)
        + TEXT + s[i:],
    ),
    "rle header": ("5", _rle_header),
    "behind rle": ("5", _behind),
    "behind a deflated frame": ("8.1", _behind),
    "behind jpeg xl": ("4.110", _behind),
    "jpeg xl box": ("4.110", _jxl),
}  # fmt: skip
"""Transfer syntax, without its root, and how something is hidden in a stream."""
