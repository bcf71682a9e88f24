"""Small instances of every kind of pixel in every transfer syntax, and a way to edit them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydicom import dcmwrite
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from pixelscrub.pixels import codecs
from pixelscrub.pixels.adapt import adapt
from pixelscrub.pixels.check import equal_outside
from pixelscrub.pixels.codestream import CodeStream
from pixelscrub.pixels.edit import Edit
from pixelscrub.pixels.fit import fit
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.info import describe
from pixelscrub.pixels.native import CellLayout
from pixelscrub.pixels.write import write

ROOT = "1.2.840.10008.1.2."
KINDS: dict[str, dict[str, Any]] = {
    "u8": {},
    "s8": {"PixelRepresentation": 1},
    "u12": {"BitsAllocated": 16, "BitsStored": 12, "HighBit": 11},
    "s12": {"BitsAllocated": 16, "BitsStored": 12, "HighBit": 11, "PixelRepresentation": 1},
    "u16": {"BitsAllocated": 16, "BitsStored": 16, "HighBit": 15},
    "s16": {"BitsAllocated": 16, "BitsStored": 16, "HighBit": 15, "PixelRepresentation": 1},
    "mono1": {"PhotometricInterpretation": "MONOCHROME1"},
    "rgb": {"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3},
    "planar": {"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3, "PlanarConfiguration": 1},
    "ybr": {"PhotometricInterpretation": "YBR_FULL", "SamplesPerPixel": 3},
    "palette": {"PhotometricInterpretation": "PALETTE COLOR"},
    "u32": {"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31},
    "s32": {"BitsAllocated": 32, "BitsStored": 32, "HighBit": 31, "PixelRepresentation": 1},
    "rgb16": {
        "PhotometricInterpretation": "RGB", "SamplesPerPixel": 3,
        "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15,
    },
    "bit": {"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0},
    "ybr422": {"PhotometricInterpretation": "YBR_FULL_422", "SamplesPerPixel": 3},
}  # fmt: skip


def scene(shape: tuple[int, ...], low: int, high: int, seed: int = 1) -> np.ndarray:
    """Smooth values with some noise that reach from `low` to `high`."""
    rng = np.random.default_rng(seed)
    down, across = np.mgrid[: shape[0], : shape[1]]
    ramp = (np.sin(down / 9) + np.cos(across / 7) + 2) / 4
    if len(shape) == 3:
        ramp = np.stack([np.roll(ramp, 5 * i, 1) for i in range(shape[2])], -1)
    noisy = np.clip(ramp + rng.normal(0, 0.02, shape), 0, 1)
    return np.asarray(np.rint(low + noisy * (high - low)), np.int64)


class Bench:
    """Makes instances, edits them, and opens what was written."""

    def __init__(self, make: Callable[..., FileDataset]) -> None:
        self.make = make

    def instance(
        self,
        syntax: str,
        kind: str = "u8",
        frames: int = 1,
        size: tuple[int, int] = (37, 52),
        plane: int | None = None,
    ) -> bytes:
        """A file of that transfer syntax (without its root) and kind, of which frames differ.

        A drawn plane is in the bit `plane` of every cell.
        """
        header = self.make(np.zeros(size, np.uint8))
        header.PixelRepresentation = 0
        for keyword, value in KINDS[kind].items():
            setattr(header, keyword, value)
        if header.SamplesPerPixel == 3 and "PlanarConfiguration" not in header:
            header.PlanarConfiguration = 0
        if kind == "palette":
            add_palette(header)
        header.NumberOfFrames = frames
        uid = "1.2.840.10008.1.2" if syntax == "" else ROOT + syntax
        header.file_meta.TransferSyntaxUID = UID(uid)
        info = describe(header, uid, "PixelData")
        cells = [info.cells(scene(info.shape, *info.range, seed=i)) for i in range(frames)]
        if plane is not None:
            cells = [frame | (np.eye(*size, dtype=frame.dtype) << plane) for frame in cells]
        if kind == "ybr422":
            for frame in cells:
                frame[:, 1::2, 1:] = frame[:, 0::2, 1:]
        is_native = codecs.TABLE[uid].decode is None
        big = syntax == "2"
        if is_native:
            vr = "OW" if header.BitsAllocated > 8 or big else "OB"
            header.PixelData = b"".join(CellLayout(info, big, vr).pack(cells))
            header["PixelData"].VR = vr
        else:
            whole = replace(info, bits_stored=info.bits_allocated, high_bit=info.bits_allocated - 1)
            coded = info if plane is None else whole
            streams = [self.stream(uid, frame, coded) for frame in cells]
            header.PixelData = encapsulate(streams, has_bot=True)
            header["PixelData"].is_undefined_length = True
        return saved(header)

    def stream(self, uid: str, cells: np.ndarray, info: Any) -> bytes:
        codec = codecs.TABLE[uid]
        if codec.encode is None:
            return lossy_jpeg(cells)
        found = None
        if codec.header is not None:
            rows, columns = cells.shape[:2]
            found = CodeStream(
                0, rows, columns, info.samples, info.bits_stored,
                signed=info.signed and codec.processes == (0x51,),
            )  # fmt: skip
        return codecs.encode(codec, cells, info, found)

    def edited(self, data: bytes, edit: Edit) -> tuple[Image, Image, Edit]:
        """The original and what was written, both opened afresh and found equal outside."""
        image = Image(io.BytesIO(data))
        fitted = fit(image, edit)
        out = io.BytesIO()
        adapt(image.header, image, fitted)
        write(out, image, image.header, fitted)
        before, after = Image(io.BytesIO(data)), Image(io.BytesIO(out.getvalue()))
        equal_outside(before, after, fitted)
        return before, after, fitted


def add_palette(header: FileDataset) -> None:
    """A table whose darkest entry is number 77."""
    for name, step in (("Red", 1), ("Green", 3), ("Blue", 7)):
        table = ((np.arange(256) * step) % 200 + 40).astype("<u2") << 8
        table[77] = 0
        setattr(header, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(header, f"{name}PaletteColorLookupTableData", table.tobytes())


def lossy_jpeg(cells: np.ndarray, subsampling: str = "420") -> bytes:
    """A JPEG whose components are the samples as they are."""
    from imagecodecs import jpeg8_encode

    cells = np.ascontiguousarray(cells)
    bits = 12 if cells.dtype.itemsize > 1 else 8
    if cells.ndim == 2:
        return bytes(jpeg8_encode(cells, 90, bitspersample=bits))
    return bytes(
        jpeg8_encode(cells, 90, subsampling=subsampling, colorspace="YCBCR", outcolorspace="YCBCR")
    )


def saved(header: FileDataset) -> bytes:
    """The bytes of a file with this header."""
    out = io.BytesIO()
    header.set_original_encoding(None, None)
    uid = header.file_meta.TransferSyntaxUID
    if uid.is_transfer_syntax:
        header.save_as(out, enforce_file_format=True)
    else:  # newer than pydicom's dictionary
        dcmwrite(out, header, implicit_vr=False, little_endian=True, force_encoding=True)
    return out.getvalue()


def with_frame(edit: Edit, **changes: Any) -> Edit:
    """A changed copy of an edit."""
    return replace(edit, **changes)


@pytest.fixture
def bench(make_instance: Callable[..., FileDataset]) -> Bench:
    """Makes instances and edits them."""
    return Bench(make_instance)
