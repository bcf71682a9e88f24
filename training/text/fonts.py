"""Fonts that draw text into a mask of ink: outline, bitmap, console and Hershey stroke fonts."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final
from zlib import crc32

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Ink = npt.NDArray[np.uint8]
"""Coverage, (rows, columns), 0 to 255, cut to what is drawn."""

OUTLINES: Final = Path("/usr/share/fonts")
CONSOLE: Final = Path("/usr/share/consolefonts")
HERSHEY: Final = tuple(range(8))
"""OpenCV's stroke fonts."""
HELD_OUT: Final = ("lato", "b612", "courier-prime", "vollkorn", "cantarell", "termin", "ter-")
"""Fonts with these in their path are for measuring only (and the last Hershey face)."""
NO_LETTERS: Final = (
    *("symb", "cursor", "dingbat", "d050000l", "emoji", "music", "math", "decsess", "deccurs"),
    *("olgl", "olcurs", "jiskan", "gb16", "gb24", "hanglg", "k14", "rk.pcf", "arabic24", "micro"),
)
"""Fonts with these in their path hold signs instead of letters, or other letters than they say."""
ASCII: Final = frozenset(map(chr, range(32, 127)))


@dataclass(frozen=True)
class Font:
    """One way to draw text.

    Attributes:
        name: of the file, or of the stroke font.
        draw: text and height in pixels to ink; the height is a wish, bitmaps keep their own.
        covers: whether it has each of the characters.
    """

    name: str
    draw: Callable[[str, int], Ink] = field(repr=False)
    covers: Callable[[str], bool] = field(repr=False)


def fonts(*, held_out: bool = False) -> list[list[Font]]:
    """The fonts of this machine by kind: outline, bitmap, console, stroke.

    Args:
        held_out: those that are kept for measuring, instead of those for training.
    """
    outlines = [_outline(path) for path in _files(OUTLINES, (".ttf", ".otf", ".ttc"), held_out)]
    bitmaps = [_bitmap(path) for path in _files(OUTLINES, (".pcf.gz",), held_out)]
    consoles = [_console(path) for path in _files(CONSOLE, (".psf.gz",), held_out)]
    strokes = [_stroke(face) for face in HERSHEY if held_out == (face == HERSHEY[-1])]
    if not held_out:
        outlines.append(_builtin())
    return [kind for kind in (outlines, bitmaps, consoles, strokes) if kind]


def _files(folder: Path, endings: tuple[str, ...], held_out: bool) -> list[Path]:
    found = (path for path in sorted(folder.rglob("*")) if path.name.endswith(endings))
    lettered = (p for p in found if not any(n in str(p).lower() for n in NO_LETTERS))
    return [p for p in lettered if any(n in str(p).lower() for n in HELD_OUT) == held_out]


def _coin(text: str, sides: int) -> bool:
    """One case of several, the same on every run."""
    return crc32(text.encode()) % sides == 0


def cut(ink: Ink) -> Ink:
    """The part that holds ink; empty where there is none."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not rows.size:
        return ink[:0, :0]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@lru_cache(maxsize=128)  # some hold 20 MB
def _face(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """Read as bytes: given a path that it cannot open, Pillow searches every font folder."""
    return ImageFont.truetype(BytesIO(path.read_bytes()), size)


def _pillow(face: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str, mode: str) -> Ink:
    x0, y0, x1, y1 = (int(v) for v in face.getbbox(text))
    sheet = Image.new(mode, (max(x1 - x0, 1) + 4, max(y1 - y0, 1) + 4))
    ImageDraw.Draw(sheet).text((2 - x0, 2 - y0), text, font=face, fill=1 if mode == "1" else 255)
    return cut(np.asarray(sheet, np.uint8) * (255 if mode == "1" else 1))


@lru_cache(maxsize=2**16)
def _is_known(path: Path, size: int, character: str) -> bool:
    """Whether a font has more to show for a character than its sign for those that it lacks."""
    try:
        face = _face(path, size)
        return bytes(face.getmask(character)) != bytes(face.getmask("\U0010fffe"))
    except OSError:  # a bitmap in an outline's clothes
        return False


def _outline(path: Path) -> Font:
    def draw(text: str, height: int) -> Ink:
        mode = "1" if height < 14 and _coin(text, 3) else "L"
        return _pillow(_face(path, max(round(1.35 * height), 6)), text, mode)

    def covers(text: str) -> bool:
        return all(c == " " or _is_known(path, 24, c) for c in text)

    return Font(path.name, draw, covers)


def _builtin() -> Font:
    def draw(text: str, height: int) -> Ink:
        return _pillow(ImageFont.load_default(max(round(1.35 * height), 6)), text, "L")

    return Font("Pillow", draw, lambda text: set(text) <= ASCII)


def _scaled(ink: Ink, height: int) -> Ink:
    """Drawn larger by whole steps, as devices do, where that comes nearer to the height."""
    times = max(round(height / max(ink.shape[0], 1)), 1)
    return np.repeat(np.repeat(ink, times, axis=0), times, axis=1)


def _bitmap(path: Path) -> Font:
    @lru_cache(maxsize=1)
    def size() -> int:
        """The only one that this bitmap has; 0 where it has none."""
        for size in range(6, 40):
            try:
                _face(path, size)
            except OSError:
                continue
            return size
        return 0

    def draw(text: str, height: int) -> Ink:
        drawn = _pillow(_face(path, size()), text, "1") if size() else np.zeros((0, 0), np.uint8)
        return _scaled(drawn, height)

    def covers(text: str) -> bool:  # many are of one script only, and not of the Latin one
        known = (c == " " or _is_known(path, size(), c) for c in text)
        return bool(size()) and set(text) <= ASCII and all(known)

    return Font(path.name, draw, covers)


def _stroke(face: int) -> Font:
    def draw(text: str, height: int) -> Ink:
        thickness = 1 + (height > 18) + (height > 40)
        scale = height / 21
        (width, rows), below = cv2.getTextSize(text, face, scale, thickness)
        sheet = np.zeros((rows + 2 * below + 8, width + 8), np.uint8)
        kind = cv2.LINE_AA if _coin(text, 2) else cv2.LINE_8
        cv2.putText(sheet, text, (4, rows + 4), face, scale, 255, thickness, kind)
        return cut(sheet)

    return Font(f"Hershey {face}", draw, lambda text: set(text) <= ASCII)


def _console(path: Path) -> Font:
    @lru_cache(maxsize=1)
    def glyphs() -> dict[str, Ink]:
        return console_glyphs(gzip.decompress(path.read_bytes()))

    def draw(text: str, height: int) -> Ink:
        table = glyphs()
        blank = np.zeros_like(next(iter(table.values())))
        return _scaled(cut(np.hstack([table.get(c, blank) for c in text])), height)

    return Font(path.name, draw, lambda text: set(text) - {" "} <= glyphs().keys())


def console_glyphs(data: bytes) -> dict[str, Ink]:
    """Glyphs of a console font, PSF version 1 or 2, by character.

    Raises:
        ValueError: not a PSF file with a Unicode table.
    """
    if data[:2] == b"\x36\x04":
        mode, size = data[2], data[3]
        count, start, width, height = 512 if mode & 1 else 256, 4, 8, size
        has_table, sep, end = bool(mode & 6), b"\xfe\xff", b"\xff\xff"
    elif data[:4] == b"\x72\xb5\x4a\x86":
        start, flags, count, size, height, width = struct.unpack("<6I", data[8:32])
        has_table, sep, end = bool(flags & 1), b"\xfe", b"\xff"
    else:
        raise ValueError("not a console font")
    if not has_table:
        raise ValueError("console font without a Unicode table")
    across = (width + 7) // 8
    rows = np.frombuffer(data, np.uint8, count * size, start).reshape(count, height, across)
    shapes = np.unpackbits(rows, axis=2)[:, :, :width] * 255
    names = _names(data[start + count * size :], end, sep, wide=len(end) == 2)
    return {c: shapes[i] for i, said in enumerate(names[:count]) for c in said}


def _names(table: bytes, end: bytes, sep: bytes, *, wide: bool) -> list[str]:
    """The characters of each glyph; sequences of several code points are left out."""
    if wide:
        units = [table[k : k + 2] for k in range(0, len(table) - 1, 2)]
        text = [bytes(end) if u == end else u for u in units]
        rows: list[str] = [""]
        is_single = True
        for unit in text:
            if unit == end:
                rows.append("")
                is_single = True
            elif unit == sep:
                is_single = False
            elif is_single:
                rows[-1] += chr(int.from_bytes(unit, "little"))
        return rows
    return [row.split(sep)[0].decode("utf-8", "ignore") for row in table.split(end)]
