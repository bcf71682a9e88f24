"""Where header and pixel data disagree about the frames, the pixel data decide.

Code streams say themselves how they are compressed, of how many samples and bits, and how colours
are meant; the length of native pixel data and the ends of images tell how many frames there are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from pixelscrub.dicom.encapsulation import ITEM
from pixelscrub.dicom.pixel_element import PixelElement, read_items
from pixelscrub.errors import HeldError, Reason
from pixelscrub.pixels import codecs
from pixelscrub.pixels.codestream import CodeStream, read_jpeg, read_jpeg2000
from pixelscrub.pixels.info import SAMPLES, PixelInfo
from pixelscrub.pixels.streams.rle import MOST_SEGMENTS

_ROOT: Final = "1.2.840.10008.1.2."
BY_PROCESS: Final = {
    0xC0: "4.50",
    0xC1: "4.51",
    0xC2: "4.51",
    0xC3: "4.57",
    0xF7: "4.81",
    0x51: "4.91",
}
"""Transfer syntax that holds any stream of a process, by the code of its frame header."""
STARTS: Final = {
    b"\xff\xd8\xff": _ROOT + "4.50",
    b"\xff\x4f\xff\x51": _ROOT + "4.91",
    b"\0\0\0\x0cjP  ": _ROOT + "4.91",
    b"\0\0\0\x0cJXL ": _ROOT + "4.112",
    b"\xff\x0a": _ROOT + "4.112",
}
"""A transfer syntax of each family of code streams, by their first bytes."""
BYTES: Final = (8, 16, 32)
MOST_CHROMA: Final = 16.0
"""Mean distance of chroma from its middle, in levels of 8 bits, that pictures stay below; drawn
colours alone go beyond. A grey picture in YCbCr has none, in RGB it has that of its brightness."""
MIDDLE: Final = 128


def described_by_streams(
    codec: codecs.Codec, info: PixelInfo, stream: bytes
) -> tuple[codecs.Codec, PixelInfo]:
    """Codec and description that the first code stream asks for.

    Args:
        codec: of the transfer syntax that the file names.
        info: what the header says.
        stream: the code stream of the first frame.

    Raises:
        HeldError: DECODE_FAILED, TRUNCATED_PIXEL_DATA or CODESTREAM_MISMATCH.
    """
    syntax = _sniffed(stream)
    may_start_anyhow = info.transfer_syntax == codecs.DEFLATED_FRAMES
    if syntax and not may_start_anyhow and not _is_of_family(codec, codecs.TABLE[syntax]):
        codec, info = codecs.TABLE[syntax], replace(info, transfer_syntax=syntax)
    found = _frame_header(codec, stream)
    if found is None:
        return codec, info
    if found.process not in codec.processes and found.process in BY_PROCESS:
        syntax = _ROOT + BY_PROCESS[found.process]
        codec, info = codecs.TABLE[syntax], replace(info, transfer_syntax=syntax)
    return codec, _coloured(_deep(info, found), found, codec, stream)


def _is_of_family(one: codecs.Codec, other: codecs.Codec) -> bool:
    """Whether streams of two syntaxes start alike: JPEG and JPEG-LS do."""
    return one.header is other.header and (one.header is not None or one.decode is other.decode)


def _sniffed(stream: bytes) -> str:
    """A transfer syntax of the family that the first bytes are of; empty where they are of none."""
    for start, syntax in STARTS.items():
        if stream.startswith(start):
            return syntax
    is_rle = stream[1:8] == b"\0\0\0\x40\0\0\0" and stream[0] in range(1, MOST_SEGMENTS + 1)
    return _ROOT + "5" if is_rle else ""


def _frame_header(codec: codecs.Codec, stream: bytes) -> CodeStream | None:
    """What the stream says of itself; of a syntax that it does not fit, whatever it is."""
    readers = dict.fromkeys([codec.header, read_jpeg, read_jpeg2000])
    if codec.header is None:
        return None
    failed: HeldError | None = None
    for reader in readers:
        try:
            return codecs.header_of(reader, stream) if reader else None
        except HeldError as error:
            failed = failed or error
    raise failed or HeldError(Reason.DECODE_FAILED)


def _deep(info: PixelInfo, found: CodeStream) -> PixelInfo:
    """The description with samples and bits of the stream, where it holds more than is said."""
    if found.components != info.samples and found.components in (1, 3):
        grey = info.photometric if SAMPLES.get(info.photometric) == 1 else "MONOCHROME2"
        photometric = "RGB" if found.components == 3 else grey
        info = replace(info, samples=found.components, photometric=photometric, planar=0)
    if found.precision > info.bits_allocated:
        allocated = next((bits for bits in BYTES if bits >= found.precision), info.bits_allocated)
        info = replace(
            info,
            bits_allocated=allocated,
            bits_stored=found.precision,
            high_bit=found.precision - 1,
        )
    return info


def _coloured(info: PixelInfo, found: CodeStream, codec: codecs.Codec, stream: bytes) -> PixelInfo:
    """The description with the colours of a lossy JPEG."""
    if found.components != 3 or found.process not in codecs.LOSSY:
        return info
    says_rgb = info.photometric == "RGB"
    subsampled = len(set(found.factors)) > 1
    luminance = "YBR_FULL_422" if subsampled and info.bits_allocated == 8 else "YBR_FULL"
    is_rgb = found.transform == 0 or found.identifiers == codecs.RGB_IDENTIFIERS
    is_luminance = found.transform == 1 or (subsampled and not is_rgb)
    if is_rgb:
        return info if says_rgb else replace(info, photometric="RGB")
    if says_rgb and not is_luminance:
        is_luminance = _looks_like_luminance(codecs.decode(codec, stream, info))
    if is_luminance and (says_rgb or info.photometric not in SAMPLES):
        return replace(info, photometric=luminance)
    return info


def _looks_like_luminance(frame: npt.NDArray[Any]) -> bool:
    """Whether the second and third sample are chroma: nearer to the middle than to the first."""
    first, *others = (frame[..., i].astype(np.float32) for i in range(3))
    chroma = float(np.mean([np.abs(other - MIDDLE).mean() for other in others]))
    apart = float(np.mean([np.abs(other - first).mean() for other in others]))
    return chroma < min(MOST_CHROMA, apart / 2)


def unwrapped(file: BinaryIO, element: PixelElement) -> PixelElement:
    """Items of an element of defined length; a code stream without items is one fragment."""
    file.seek(element.start)
    start = file.read(4)
    if start == ITEM:
        file.seek(element.start)
        return replace(element, items=read_items(file)[0])
    if start[:3] != b"\xff\xd8\xff" and start != b"\xff\x4f\xff\x51":
        return element
    length = element.end - element.start
    return replace(element, items=((element.start, 0), (element.start, length)))
