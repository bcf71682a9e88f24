"""The frames of an instance: how they are stored, once header and pixel data agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Protocol

from pixelscrub.dicom.constants import EXPLICIT_LITTLE_UID, PIXEL_TAGS
from pixelscrub.dicom.encapsulation import (
    EXTENDED_LENGTHS,
    EXTENDED_OFFSETS,
    EncapsulatedFrames,
)
from pixelscrub.dicom.pixel_element import PixelElement
from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.pixels import agree, codecs
from pixelscrub.pixels.info import Described, PixelInfo, check, describe, differences
from pixelscrub.pixels.native import NativeFrames, agreed


class Header(Described, Protocol):
    """A header that gives the bytes of an element, too."""

    def binary(self, tag: int) -> bytes | None:
        """The value of an element as it is written, None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Frames:
    """How frames are stored.

    Attributes:
        info: what they are, as header and pixel data agree.
        codec: the row of the transfer syntax that they are in.
        element: where they lie.
        native, encapsulated: reads them; one of the two is None.
    """

    info: PixelInfo
    codec: codecs.Codec
    element: PixelElement
    native: NativeFrames | None = None
    encapsulated: EncapsulatedFrames | None = None

    @classmethod
    def of(
        cls,
        file: BinaryIO,
        element: PixelElement,
        info: PixelInfo,
        big_endian: bool,
        extended: Sequence[bytes | None],
    ) -> Frames:
        """Find out how frames are stored.

        Args:
            file: what `element` is counted in.
            element: the pixel data element.
            info: what the header says of them.
            big_endian: whether the data set is.
            extended: values of the Extended Offset Table and of its lengths.

        Raises:
            HeldError: the pixel data cannot be understood.
        """
        codec = codecs.codec_of(info.transfer_syntax)
        if element.items is None and codec.decode is not None:
            element = agree.unwrapped(file, element)
        if element.items is None:
            if codec.decode is not None:  # compressed by its name alone
                info = replace(info, transfer_syntax=EXPLICIT_LITTLE_UID)
                codec = codecs.codec_of(info.transfer_syntax)
            with guarded(Reason.BAD_PIXEL_DESCRIPTION):
                check(replace(info, frames=max(info.frames, 1)))
                info = agreed(info, element.end - element.start)
            return cls(info, codec, element, NativeFrames(file, element, info, big_endian))
        return cls._encapsulated(file, element, info, codec, extended)

    @classmethod
    def _encapsulated(
        cls,
        file: BinaryIO,
        element: PixelElement,
        info: PixelInfo,
        codec: codecs.Codec,
        extended: Sequence[bytes | None],
    ) -> Frames:
        if codec.decode is None:
            raise HeldError(Reason.BAD_PIXEL_DATA, "encapsulation does not fit transfer syntax")
        frames = EncapsulatedFrames(file, element, info.frames, *extended)
        info = replace(info, frames=frames.frames)
        codec, info = agree.described_by_streams(codec, info, frames.stream(0))
        with guarded(Reason.BAD_PIXEL_DESCRIPTION):
            check(info)
        return cls(info, codec, element, None, frames)

    def is_minimal(self) -> bool:
        """Whether the pixel data element holds nothing but what frames need.

        Cells have no bits set but those of their values; code streams hold what decoding needs;
        padding is zero; offset tables tell the truth.

        Raises:
            HeldError: a code stream does not add up, or cannot be decoded.
        """
        if self.native is not None:
            return self.native.is_exact()
        streams = self.encapsulated
        if streams is None or not streams.is_exact():
            return False
        indices = range(self.info.frames)
        return all(map(self._is_essential, indices)) and not self.uses_other_bits()

    def _is_essential(self, index: int) -> bool:
        """Whether a stream is what decoding needs of it, but for a zero to even length."""
        stream = self._stream(index)
        kept = codecs.essential(self.codec, stream, self.info)
        return stream == kept + b"\0" * (len(kept) % 2)

    def uses_other_bits(self) -> bool:
        """Whether cells have bits set besides those of their values.

        Of code streams only those are decoded that can hold any.

        Raises:
            HeldError: a frame cannot be decoded.
        """
        if self.native is not None:
            return not self.native.is_exact()
        if not self._can_hold_other_bits():
            return False
        return not all(map(self._has_values_only, range(self.info.frames)))

    def _can_hold_other_bits(self) -> bool:
        info = self.info
        if info.is_whole_cell or info.bits_allocated == 1:
            return False
        found = codecs.read_stream(self.codec, self._stream(0), info)
        if found is None:
            return True
        return found.process not in codecs.LOSSY and found.precision > info.bits_stored

    def _has_values_only(self, index: int) -> bool:
        cells = codecs.decode(self.codec, self._stream(index), self.info)
        return self.info.has_values_only(cells)

    def _stream(self, index: int) -> bytes:
        if self.encapsulated is None:
            raise HeldError(Reason.BAD_PIXEL_DATA, "pixel data are not encapsulated")
        return self.encapsulated.stream(index)


def is_minimal(
    file: BinaryIO, element: PixelElement, header: Header, syntax: str, big_endian: bool
) -> bool:
    """Whether an instance's pixel data can be copied as they are, and its header with them.

    Args:
        file: what `element` is counted in.
        element: the pixel data element.
        header: the data set without it.
        syntax: UID of the transfer syntax.
        big_endian: whether the data set is.

    Returns:
        False too where they cannot be understood: whoever opens the image is told why.
    """
    extended = [header.binary(tag) for tag in (EXTENDED_OFFSETS, EXTENDED_LENGTHS)]
    try:
        with guarded(Reason.BAD_PIXEL_DESCRIPTION):
            info = describe(header, syntax, PIXEL_TAGS[element.tag])
            frames = Frames.of(file, element, info, big_endian, extended)
            is_told = frames.info.transfer_syntax == syntax
            is_told = is_told and not differences(header, frames.info)
            return is_told and frames.element == element and frames.is_minimal()
    except HeldError:
        return False
