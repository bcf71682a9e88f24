"""What the frames of an instance are: the Image Pixel module (PS3.3 C.7.6.3), checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from pixelscrub.errors import HeldError, Reason


class Described(Protocol):
    """A header that is asked by keyword."""

    def get(self, keyword: str, /) -> Any:
        """The value of an element, None where there is none."""
        ...


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

    def has_values_only(self, cells: npt.NDArray[Any]) -> bool:
        """Whether no bit of any cell is set but those of its value and what its sign extends to."""
        if cells.dtype.kind == "f" or self.bits_allocated == 1:
            return True
        if self.signed:
            return np.array_equal(self.cells(self.values(cells)), cells)
        used = ((1 << self.bits_stored) - 1) << (self.high_bit + 1 - self.bits_stored)
        unused = cells.dtype.type(((1 << self.bits_allocated) - 1) & ~used)
        return not (cells & unused).any()


def describe(header: Described, transfer_syntax: str, keyword: str) -> PixelInfo:
    """What the header says of the frames; `frames` is 0 where its number cannot be used.

    What is missing, or cannot be, and has one meaning anyway is taken for that: stored bits are
    the lowest ones, samples follow each other, values have no sign.

    Args:
        header: gives the value of a keyword, None where there is none.
        transfer_syntax: UID.
        keyword: of the element that holds the pixel data.

    Raises:
        HeldError: BAD_PIXEL_DESCRIPTION, UNKNOWN_PHOTOMETRIC or TOO_LARGE.
    """
    bits = _needed(header, "BitsAllocated")
    stored = _number(header, "BitsStored")
    whole = keyword != "PixelData" or stored is None or not 0 < stored <= bits
    stored = bits if whole or stored is None else stored
    high = _number(header, "HighBit")
    is_high_bit = high is not None and stored <= high + 1 <= bits
    photometric = str(header.get("PhotometricInterpretation") or "").strip()
    frames = 1 if not header.get("NumberOfFrames") else _number(header, "NumberOfFrames")
    return PixelInfo(
        transfer_syntax=transfer_syntax,
        keyword=keyword,
        rows=_needed(header, "Rows"),
        columns=_needed(header, "Columns"),
        frames=max(frames or 0, 0),
        samples=_number(header, "SamplesPerPixel") or SAMPLES.get(photometric, 1),
        photometric=photometric,
        bits_allocated=bits,
        bits_stored=stored,
        high_bit=high if is_high_bit and high is not None else stored - 1,
        signed=keyword == "PixelData" and _number(header, "PixelRepresentation") == 1,
        planar=1 if _number(header, "PlanarConfiguration") == 1 else 0,
    )


def differences(header: Described, info: PixelInfo) -> dict[str, int | str]:
    """Keywords whose values in the header are not those of `info`, and what those are."""
    found: dict[str, int | str] = {}
    for keyword, (value, default) in _attributes(info).items():
        if keyword == "PhotometricInterpretation":
            said: int | str | None = str(header.get(keyword) or "").strip()
        else:
            said = _number(header, keyword)
        is_empty = header.get(keyword) in (None, "")
        if said != value and not (is_empty and value == default):
            found[keyword] = value
    return found


def _attributes(info: PixelInfo) -> dict[str, tuple[int | str, int | str | None]]:
    """Values of the Image Pixel module, and those that a missing element stands for."""
    values: dict[str, tuple[int | str, int | str | None]] = {
        "NumberOfFrames": (info.frames, 1),
        "SamplesPerPixel": (info.samples, None),
        "PhotometricInterpretation": (info.photometric, None),
        "Rows": (info.rows, None),
        "Columns": (info.columns, None),
        "BitsAllocated": (info.bits_allocated, None),
    }
    if info.keyword == "PixelData":
        values |= {
            "BitsStored": (info.bits_stored, None),
            "HighBit": (info.high_bit, None),
            "PixelRepresentation": (int(info.signed), None),
        }
    if info.samples > 1:
        values["PlanarConfiguration"] = (info.planar, None)
    return values


def _needed(header: Described, keyword: str) -> int:
    value = _number(header, keyword)
    if value is None:
        raise HeldError(Reason.BAD_PIXEL_DESCRIPTION, f"{keyword} cannot be used")
    return value


def _number(header: Described, keyword: str) -> int | None:
    """The value of an element; None where it is missing, empty or no number."""
    try:
        value: Any = header.get(keyword)
        return None if value in (None, "") else int(value)
    except Exception:  # whatever pydicom or a wrong VR makes of it
        return None


def check(info: PixelInfo) -> None:
    """Make sure that frames can be what `info` says.

    Raises:
        HeldError: BAD_PIXEL_DESCRIPTION, UNKNOWN_PHOTOMETRIC or TOO_LARGE.
    """
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
