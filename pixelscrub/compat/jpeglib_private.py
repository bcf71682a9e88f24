"""The C library inside of jpeglib, whose Python face reads from named files only. Tried with 1.0.

`jpeglib._bind.CJpegLib.get()` gives the `ctypes` library of libjpeg:
https://github.com/martinbenes1996/jpeglib/blob/master/src/jpeglib/_bind.py
"""

from __future__ import annotations

from typing import Any


def c_library() -> Any:
    """The loaded libjpeg, whose functions read and write DCT coefficients."""
    from jpeglib._bind import CJpegLib

    return CJpegLib.get()
