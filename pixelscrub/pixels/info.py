"""What the frames of an instance are: the Image Pixel module (PS3.3 C.7.6.3), checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SAMPLES: Final = {
    "MONOCHROME1": 1,
    "MONOCHROME2": 1,
    "PALETTE COLOR": 1,
    "RGB": 3,
    "YBR_FULL": 3,
    "YBR_FULL_422": 3,
    "YBR_RCT": 3,
    "YBR_ICT": 3,
}
"""Samples per pixel of each photometric interpretation that is understood."""
FRAME_LIMIT: Final = 2**30
"""Bytes of one decoded frame; more is not believed."""


@dataclass(frozen=True, slots=True)
class PixelInfo:
    """What the frames of an instance are.

    Attributes:
        transfer_syntax: UID of the transfer syntax.
        keyword: `PixelData`, `FloatPixelData` or `DoubleFloatPixelData`.
        rows, columns, frames, samples: counts.
        photometric: Photometric Interpretation as the header has it.
        bits_allocated, bits_stored, high_bit: as in the header.
        signed: whether stored values are two's complement.
        planar: Planar Configuration; 0 for pixel by pixel, 1 for plane by plane.
    """

    transfer_syntax: str
    keyword: str
    rows: int
    columns: int
    frames: int
    samples: int
    photometric: str
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    planar: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a frame: (rows, columns), and samples where there are several."""
        size = (self.rows, self.columns)
        return size if self.samples == 1 else (*size, self.samples)

    @property
    def cell_dtype(self) -> np.dtype[Any]:
        """Type of a cell as it is stored, high bits included: unsigned, or floating point."""
        kind = "u" if self.keyword == "PixelData" else "f"
        return np.dtype(f"{kind}{max(1, self.bits_allocated // 8)}")

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a stored value."""
        return np.dtype(f"i{self.cell_dtype.itemsize}") if self.signed else self.cell_dtype

    @property
    def is_whole_cell(self) -> bool:
        """Whether a stored value takes all bits of its cell."""
        return self.bits_stored == self.bits_allocated

    @property
    def colour_space(self) -> str:
        """Colour space of decoded frames; codecs undo the transforms of JPEG 2000."""
        return {"YBR_RCT": "RGB", "YBR_ICT": "RGB", "YBR_FULL_422": "YBR_FULL"}.get(
            self.photometric, self.photometric
        )

    @property
    def range(self) -> tuple[int, int]:
        """Least and greatest stored value that the bits can hold."""
        if self.signed:
            return -(2 ** (self.bits_stored - 1)), 2 ** (self.bits_stored - 1) - 1
        return 0, 2**self.bits_stored - 1

    def values(self, cells: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Stored values in `cells`: shifted down, other bits dropped, sign extended."""
        if self.cell_dtype.kind == "f" or (self.is_whole_cell and not self.signed):
            return cells
        drop = self.bits_allocated - 1 - self.high_bit
        if self.bits_allocated == 1:
            return cells
        shifted = (cells << cells.dtype.type(drop)).view(self.dtype)
        unused = self.dtype.type(self.bits_allocated - self.bits_stored)
        return np.asarray(np.right_shift(shifted, unused))

    def cells(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """`values` as cells with sign extension and no other bits set; undoes `values`."""
        shift = self.high_bit + 1 - self.bits_stored
        cells = values.astype(self.dtype, copy=False).view(self.cell_dtype)
        return cells << self.cell_dtype.type(shift) if shift else cells


def describe(header: Dataset, transfer_syntax: str, keyword: str) -> PixelInfo:
    """What the header says of the frames.

    Raises:
        HeldError: BAD_PIXEL_DESCRIPTION, UNKNOWN_PHOTOMETRIC or TOO_LARGE.
    """
    bits = _number(header, "BitsAllocated")
    whole = keyword != "PixelData"
    info = PixelInfo(
        transfer_syntax=transfer_syntax,
        keyword=keyword,
        rows=_number(header, "Rows"),
        columns=_number(header, "Columns"),
        frames=_number(header, "NumberOfFrames", 1),
        samples=_number(header, "SamplesPerPixel"),
        photometric=str(header.get("PhotometricInterpretation") or "").strip(),
        bits_allocated=bits,
        bits_stored=bits if whole else _number(header, "BitsStored"),
        high_bit=bits - 1 if whole else _number(header, "HighBit"),
        signed=False if whole else bool(_number(header, "PixelRepresentation")),
        planar=_number(header, "PlanarConfiguration", 0),
    )
    _check(info)
    return info


def _number(header: Dataset, keyword: str, default: int | None = None) -> int:
    try:
        value: Any = header.get(keyword)
        if value in (None, ""):
            value = default
        return int(value)
    except Exception:
        raise HeldError(Reason.BAD_PIXEL_DESCRIPTION, f"{keyword} cannot be used") from None


def _check(info: PixelInfo) -> None:
    if info.photometric not in SAMPLES:
        raise HeldError(Reason.UNKNOWN_PHOTOMETRIC)
    widths = {"PixelData": (1, 8, 16, 32), "FloatPixelData": (32,), "DoubleFloatPixelData": (64,)}
    rules = {
        "Rows": 0 < info.rows < 2**16,
        "Columns": 0 < info.columns < 2**16,
        "NumberOfFrames": 0 < info.frames < 2**31,
        "SamplesPerPixel": info.samples == SAMPLES[info.photometric],
        "BitsAllocated": info.bits_allocated in widths[info.keyword],
        "BitsStored": 0 < info.bits_stored <= info.high_bit + 1,
        "HighBit": info.high_bit < info.bits_allocated,
        "PlanarConfiguration": info.planar in (0, 1),
        "PixelRepresentation": not (info.signed and info.samples == 3),
        "PhotometricInterpretation": info.photometric != "YBR_FULL_422" or info.bits_allocated == 8,
    }
    for keyword, holds in rules.items():
        if not holds:
            raise HeldError(Reason.BAD_PIXEL_DESCRIPTION, f"{keyword} does not fit")
    if int(np.prod(info.shape)) * info.cell_dtype.itemsize > FRAME_LIMIT:
        raise HeldError(Reason.TOO_LARGE, "one frame is larger than is believed")
