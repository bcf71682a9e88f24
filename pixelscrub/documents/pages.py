"""Write a PDF that is nothing but pictures, one a page.

Libraries that write PDF add dates, producers and random identifiers, or compress with loss; a PDF
of pictures is five kinds of objects (ISO 32000-1 7.3 to 7.7, 8.9). The same pictures always give
the same bytes.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

HEAD: Final = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
LEVEL: Final = 6


def write_pages(pictures: Iterable[Picture], dots_per_inch: float) -> bytes:
    """A PDF of pictures, compressed without loss.

    Args:
        pictures: uint8, (rows, columns, 3); pages without colour are stored in grey.
        dots_per_inch: how large they are on paper.
    """
    out = io.BytesIO(HEAD)
    out.seek(0, io.SEEK_END)
    offsets: dict[int, int] = {}
    pages: list[int] = []
    number = 3  # 1 is the catalogue, 2 the tree of pages
    for picture in pictures:
        pages.append(number)
        for body in _page(picture, number, 72 / dots_per_inch):
            _write(out, offsets, number, body)
            number += 1
    kids = b" ".join(b"%d 0 R" % page for page in pages)
    _write(out, offsets, 1, b"<</Type/Catalog/Pages 2 0 R>>")
    _write(out, offsets, 2, b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), kids))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % offsets[k] for k in sorted(offsets)))
    out.write(b"trailer\n<</Size %d/Root 1 0 R>>\n" % (len(offsets) + 1))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def _page(picture: Picture, number: int, points: float) -> tuple[bytes, bytes, bytes]:
    """The page, what it draws, and its picture."""
    rows, columns = picture.shape[:2]
    width, height = b"%.4f" % (columns * points), b"%.4f" % (rows * points)
    draws = b"q %s 0 0 %s 0 0 cm /P Do Q" % (width, height)
    is_grey = bool((picture == picture[..., :1]).all())
    colours = b"DeviceGray" if is_grey else b"DeviceRGB"
    pixels = zlib.compress((picture[..., 0] if is_grey else picture).tobytes(), LEVEL)
    return (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %s %s]/Contents %d 0 R"
        b"/Resources<</XObject<</P %d 0 R>>>>>>" % (width, height, number + 1, number + 2),
        _stream(b"", draws),
        _stream(
            b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/%s/BitsPerComponent 8"
            b"/Filter/FlateDecode" % (columns, rows, colours),
            pixels,
        ),
    )


def _stream(entries: bytes, data: bytes) -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data)


def _write(out: BinaryIO, offsets: dict[int, int], number: int, body: bytes) -> None:
    offsets[number] = out.tell()
    out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
