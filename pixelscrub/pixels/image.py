"""One opened instance: its header, and its frames one at a time."""

from __future__ import annotations

from functools import cached_property
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from pixelscrub.dicom.constants import PIXEL_TAGS
from pixelscrub.dicom.encapsulation import (
    EXTENDED_LENGTHS,
    EXTENDED_OFFSETS,
    EncapsulatedFrames,
)
from pixelscrub.dicom.pixel_element import read_around
from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.pixels import codecs
from pixelscrub.pixels.frames import Frames
from pixelscrub.pixels.info import PixelInfo, describe, differences
from pixelscrub.pixels.native import NativeFrames

Cells = npt.NDArray[Any]


class Image:
    """One opened instance. Frames are read when asked for, so memory holds one at a time.

    Attributes:
        header: every element but the pixel data, raw elements untouched; meta information too. It
            may be changed in place: what frames need from it is read on opening.
        info: what the frames are; None where there is no pixel data.
        codec: the row of the transfer syntax.
        element: where the pixel data lies in `file`.
        file: the opened file, or what it inflates to.
        native, encapsulated: reads frames; one of them is None.
        stored: how frames are stored, where there is pixel data.

    Raises:
        HeldError: the file is damaged, or its pixel data cannot be understood.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.header, self.element, self.file = read_around(file)
        self.is_big_endian = self.header.original_encoding[1] is False
        self.info: PixelInfo | None = None
        self.native: NativeFrames | None = None
        self.encapsulated: EncapsulatedFrames | None = None
        self._last: tuple[int, Cells] | None = None
        if self.element is not None:
            self._open()

    def frame(self, index: int) -> Cells:
        """Stored values of a frame (from 0): (rows, columns[, samples]), `info.dtype`.

        Colours are in `info.colour_space`; bits outside Bits Stored are left out.

        Raises:
            HeldError: the frame cannot be decoded.
        """
        return self.known.values(self.cells(index))

    def cells(self, index: int) -> Cells:
        """Cells of a frame (from 0), in `info.cell_dtype`, with whatever their other bits hold.

        The frame that was decoded last is kept, so they are not to be written to.

        Raises:
            HeldError: the frame cannot be decoded.
        """
        if not 0 <= index < self.known.frames:
            raise HeldError(Reason.FRAME_COUNT, "no such frame")
        if self.native is not None:
            return self.native.cells(index)
        last = self._last
        if last is None or last[0] != index:
            decoded = codecs.decode(self.codec, self.stream(index), self.known)
            decoded.flags.writeable = False
            self._last = last = (index, decoded)
        return last[1]

    def stream(self, index: int) -> bytes:
        """The code stream of a frame (from 0) of encapsulated pixel data."""
        if self.encapsulated is None:
            raise HeldError(Reason.BAD_PIXEL_DATA, "pixel data are not encapsulated")
        return self.encapsulated.stream(index)

    @cached_property
    def is_minimal(self) -> bool:
        """Whether the pixel data hold nothing but what frames need."""
        return self.element is None or self.stored.is_minimal()

    @property
    def known(self) -> PixelInfo:
        """`info`, where there must be some."""
        if self.info is None:
            raise HeldError(Reason.BAD_PIXEL_DATA, "no pixel data")
        return self.info

    def corrections(self) -> dict[str, int | str]:
        """What the header says of the frames and the pixel data do not, and what is right."""
        if self.info is None:
            return {}
        found = differences(self.header, self.info)
        syntax = str(self.header.file_meta.TransferSyntaxUID)
        if syntax != self.info.transfer_syntax:
            found["TransferSyntaxUID"] = self.info.transfer_syntax
        return found

    def _open(self) -> None:
        assert self.element is not None  # noqa: S101
        extended = [
            None if (e := self.header.get_item(tag)) is None else e.value
            for tag in (EXTENDED_OFFSETS, EXTENDED_LENGTHS)
        ]
        syntax = str(self.header.file_meta.TransferSyntaxUID)
        keyword = PIXEL_TAGS[self.element.tag]
        with guarded(Reason.BAD_PIXEL_DESCRIPTION):
            info = describe(self.header, syntax, keyword)
        self.stored = Frames.of(self.file, self.element, info, self.is_big_endian, extended)
        self.info, self.codec, self.element = (
            self.stored.info,
            self.stored.codec,
            self.stored.element,
        )
        self.native, self.encapsulated = self.stored.native, self.stored.encapsulated


def has_same_frames(first: BinaryIO, second: BinaryIO) -> bool:
    """Whether two instances hold the same stored values in the same frames, whatever the encoding.

    Raises:
        HeldError: one of them cannot be decoded.
    """
    one, other = Image(first), Image(second)
    if one.info is None or other.info is None:
        return False
    if (one.info.frames, one.info.colour_space) != (other.info.frames, other.info.colour_space):
        return False
    return all(np.array_equal(one.frame(i), other.frame(i)) for i in range(one.info.frames))
