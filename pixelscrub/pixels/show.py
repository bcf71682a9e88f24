"""What a viewer shows of a frame, as 8-bit grey or RGB.

The grey pipeline is PS3.4 N.2: modality LUT or rescale, VOI LUT or window, then the inversion of
MONOCHROME1. Palettes are PS3.3 C.7.6.3.1.5 and .6; YBR_FULL is PS3.3 C.7.6.3.1.2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from pixelscrub.errors import Reason, guarded
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.info import PixelInfo

Values = npt.NDArray[Any]
Picture = npt.NDArray[np.uint8]

BAND: Final = 2**20
"""Pixels that are looked up at a time."""


def show(image: Image, index: int, full_range: bool = False) -> Picture:
    """A frame as it is seen.

    Args:
        image: the opened instance.
        index: the frame, from 0.
        full_range: map all stored values of a grey frame (padding left out) to 0..255 instead of
            those in the window, so that nothing hides outside it.

    Returns:
        uint8, (rows, columns) for grey, (rows, columns, 3) RGB for colour and palette; in stored
        pixels, not stretched to the pixel aspect ratio.

    Raises:
        HeldError: the frame cannot be decoded, or its look-up tables cannot be used.
    """
    info, frame = image.known, image.frame(index)
    with guarded(Reason.BAD_PIXEL_DESCRIPTION):
        if info.photometric == "PALETTE COLOR":
            return _by_table(frame, 0, palette(image.header, info))
        if info.samples == 3:
            return _rgb(frame, info)
        return _grey(frame, image.header, info, None if full_range else index)


def palette(header: Dataset, info: PixelInfo) -> Picture:
    """The colour of every stored value: uint8, (2 ** bits stored, 3)."""
    from pydicom.pixels.processing import apply_color_lut

    entries = np.arange(2**info.bits_stored, dtype=info.cell_dtype)
    colours = apply_color_lut(entries, header)
    if colours.dtype.itemsize > 1 and colours.max() > 255:
        colours = colours >> 8
    return colours.astype(np.uint8)[..., :3]


def _rgb(frame: Values, info: PixelInfo) -> Picture:
    eight = frame.astype(np.uint8) if info.bits_stored <= 8 else _shifted(frame, info)
    if info.colour_space != "YBR_FULL":
        return eight
    import cv2

    return np.asarray(cv2.cvtColor(eight[..., [0, 2, 1]], cv2.COLOR_YCrCb2RGB), np.uint8)


def _shifted(frame: Values, info: PixelInfo) -> Picture:
    return np.asarray(frame >> frame.dtype.type(info.bits_stored - 8), np.uint8)


def _grey(frame: Values, header: Dataset, info: PixelInfo, index: int | None) -> Picture:
    """Grey levels; the window of frame `index`, or the whole range for None."""
    to_grey = _mapping(frame, header, info, index)
    if info.dtype.itemsize > 2 or info.dtype.kind == "f":
        shown = to_grey(frame)
    else:
        low, high = info.range
        shown = _by_table(frame, low, to_grey(np.arange(low, high + 1)))
    return 255 - shown if info.photometric == "MONOCHROME1" else shown


def _by_table(frame: Values, low: int, levels: Picture) -> Picture:
    """Band by band: NumPy widens what it looks up with to eight bytes a pixel."""
    shown = np.empty((*frame.shape, *levels.shape[1:]), np.uint8)
    high = max(BAND // max(frame.shape[1], 1), 1)
    for top in range(0, frame.shape[0], high):
        band = slice(top, top + high)
        shown[band] = levels[frame[band].astype(np.intp) - low]
    return shown


def _mapping(
    frame: Values, header: Dataset, info: PixelInfo, index: int | None
) -> Callable[[Values], Picture]:
    """How stored values become grey levels, before the inversion of MONOCHROME1."""
    if index is None:
        return _linear(*_range(frame, header))
    modality = _modality(_group(header, index, "PixelValueTransformationSequence"))
    voi = _group(header, index, "FrameVOILUTSequence")
    if voi.get("VOILUTSequence"):
        table = voi.VOILUTSequence[0]
        return lambda values: _scaled_table(table, modality(values), info.signed)
    window = _window(voi)
    if window is not None:
        return lambda values: window(modality(values))
    if info.bits_stored <= 8 and not info.signed:
        return _linear(*info.range)
    return _linear(*_range(frame, header))


def _group(header: Dataset, index: int, keyword: str) -> Dataset:
    """Where an attribute of frame `index` lies: its functional group, or the header itself."""
    for sequence, item in (
        ("PerFrameFunctionalGroupsSequence", index),
        ("SharedFunctionalGroupsSequence", 0),
    ):
        groups = header.get(sequence)
        if groups and item < len(groups) and groups[item].get(keyword):
            found: Dataset = groups[item][keyword].value[0]
            return found
    return header


def _modality(group: Dataset) -> Callable[[Values], Values]:
    if group.get("ModalityLUTSequence"):
        table = group.ModalityLUTSequence[0]
        return lambda values: _looked_up(table, values, signed=True)[0]
    slope = float(group.get("RescaleSlope") or 1)
    intercept = float(group.get("RescaleIntercept") or 0)
    return lambda values: values * slope + intercept


def _window(group: Dataset) -> Callable[[Values], Picture] | None:
    """The first window (PS3.3 C.11.2.1.2), or None."""
    centre, width = (_first(group.get(k)) for k in ("WindowCenter", "WindowWidth"))
    if centre is None or width is None or width < 1:
        return None
    function = str(group.get("VOILUTFunction") or "LINEAR")
    if function == "SIGMOID":
        return lambda values: _eight(1 / (1 + np.exp(-4 * (values - centre) / width)))
    if function == "LINEAR_EXACT" or width == 1:
        return lambda values: _eight((values - centre) / width + 0.5)
    return lambda values: _eight((values - centre + 0.5) / (width - 1) + 0.5)


def _first(value: Any) -> float | None:
    if value is None or value == "":
        return None
    return float(value) if isinstance(value, (int, float, str)) else float(value[0])


def _scaled_table(table: Dataset, values: Values, signed: bool) -> Picture:
    entries, bits = _looked_up(table, values, signed)
    return _eight(entries / (2**bits - 1))


def _looked_up(table: Dataset, values: Values, signed: bool) -> tuple[Values, int]:
    """Entries of a LUT item (PS3.3 C.11.1.1) for `values`, and their bits."""
    count, first, bits = (int(x) for x in table.LUTDescriptor)
    data = table.LUTData
    if isinstance(data, bytes):
        data = np.frombuffer(data, "<u1" if bits <= 8 and len(data) < 2 * count else "<u2")
    entries = np.asarray(data, np.float64)[: count or 2**16]
    if signed and first >= 2**15:
        first -= 2**16
    at = np.clip(np.rint(values) - first, 0, len(entries) - 1).astype(np.int64)
    return entries[at], max(bits, int(entries.max()).bit_length())


def _linear(low: float, high: float) -> Callable[[Values], Picture]:
    span = max(float(high) - float(low), 1e-30)
    return lambda values: _eight((values - float(low)) / span)


def _range(frame: Values, header: Dataset) -> tuple[float, float]:
    """Least and greatest stored value, leaving out padding and what is no number."""
    values = frame[np.isfinite(frame)] if frame.dtype.kind == "f" else frame
    padding = header.get("PixelPaddingValue")
    if isinstance(padding, int):
        limit = header.get("PixelPaddingRangeLimit")
        ends = sorted((padding, limit if isinstance(limit, int) else padding))
        inside = values[(values < ends[0]) | (values > ends[1])]
        values = inside if inside.size else values
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def _eight(levels: Values) -> Picture:
    """Levels of 0 to 1 as 0 to 255."""
    scaled = np.clip(np.nan_to_num(levels), 0, 1) * 255
    return np.asarray(np.rint(scaled), np.uint8)
