"""Correct the header for what an edit does to the pixels.

Covers the attributes that speak of the pixel grid where it is cropped, of compression where the
transfer syntax changes, and of the pixels' content where any are filled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from pydicom.uid import UID

from pixelscrub.compat.pydicom_private import raw_elements
from pixelscrub.dicom.encapsulation import EXTENDED_LENGTHS, EXTENDED_OFFSETS
from pixelscrub.errors import Reason, guarded
from pixelscrub.pixels.crop import crop_header
from pixelscrub.pixels.edit import Edit
from pixelscrub.pixels.fit import OVERLAY_GROUPS
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.nested import remove_pictures
from pixelscrub.pixels.write import essential_streams, target_syntax

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

STATISTICS: Final = (
    "SmallestImagePixelValue",
    "LargestImagePixelValue",
    "SmallestPixelValueInSeries",
    "LargestPixelValueInSeries",
)
ITEM_HEAD: Final = 8
"""Bytes of the tag and length before a fragment."""
ICON: Final = "IconImageSequence"


def adapt(header: FileDataset, image: Image, edit: Edit, *, correct: bool = True) -> None:
    """Correct `header` in place.

    Where anything is masked the icon image goes too, and every picture inside a sequence: they
    show what was there. Overlay planes go
    where the edit says so, whole groups with labels and descriptions.

    Args:
        header: the header of `image`, or a copy.
        image: the original.
        edit: what will be changed, fitted to the image.
        correct: where the header and the pixel data disagree, it says what those are.

    Raises:
        HeldError: BAD_PIXEL_DESCRIPTION, where attributes of the pixel grid cannot be corrected.
    """
    with guarded(Reason.BAD_PIXEL_DESCRIPTION):
        if edit.drop_overlays:
            _remove_overlays(header)
        if edit.masks or edit.drop_overlays:
            _remove(header, ICON)
            remove_pictures(header)
        _correct(header, image, every=correct)
        if not edit:
            _tell_offsets(header, image)
            return
        _remove(header, *STATISTICS)
        _drop(header, EXTENDED_OFFSETS, EXTENDED_LENGTHS)
        if edit.crop is not None:
            crop_header(header, edit.crop)
        _name_compression(header, image, edit)


def _correct(header: FileDataset, image: Image, *, every: bool) -> None:
    """Write what the pixel data are; the transfer syntax always, for nobody could read them."""
    for keyword, value in image.corrections().items():
        if keyword == "TransferSyntaxUID":
            header.file_meta.TransferSyntaxUID = UID(str(value))
        elif every:
            setattr(header, keyword, value)


def _tell_offsets(header: FileDataset, image: Image) -> None:
    """Make the extended offset table anew, where streams are written anew; and drop a lost half."""
    if not {EXTENDED_OFFSETS, EXTENDED_LENGTHS} & raw_elements(header).keys():
        return
    if image.encapsulated is None:
        _drop(header, EXTENDED_OFFSETS, EXTENDED_LENGTHS)
    elif not image.is_minimal:
        lengths = np.array([len(stream) for stream in essential_streams(image)], "<u8")
        padded = ITEM_HEAD + lengths + lengths % 2
        offsets = np.concatenate([[0], np.cumsum(padded)[:-1]]).astype("<u8")
        header.ExtendedOffsetTable = offsets.tobytes()
        header.ExtendedOffsetTableLengths = lengths.tobytes()


def _drop(header: FileDataset, *tags: int) -> None:
    for tag in tags:
        raw_elements(header).pop(tag, None)


def _remove(header: FileDataset, *keywords: str) -> None:
    for keyword in keywords:
        if keyword in header:
            delattr(header, keyword)


def _remove_overlays(header: FileDataset) -> None:
    for tag in [tag for tag in header.keys() if tag.group in OVERLAY_GROUPS]:  # noqa: SIM118
        del header[tag]


def _name_compression(header: FileDataset, image: Image, edit: Edit) -> None:
    """Say in which syntax the pixels are now, and that they were compressed with loss before."""
    target = UID(target_syntax(image, edit))
    if target == header.file_meta.TransferSyntaxUID:
        return
    header.file_meta.TransferSyntaxUID = target
    header.LossyImageCompression = "01"
    if not header.get("LossyImageCompressionMethod"):
        header.LossyImageCompressionMethod = image.codec.method
    if header.PhotometricInterpretation == "YBR_ICT":
        header.PhotometricInterpretation = "YBR_RCT"
    elif header.PhotometricInterpretation == "YBR_FULL_422":
        header.PhotometricInterpretation = "YBR_FULL"
