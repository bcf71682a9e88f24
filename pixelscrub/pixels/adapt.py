"""Correct the header for what an edit does to the pixels.

Covers the attributes that speak of the pixel grid where it is cropped, of compression where the
transfer syntax changes, and of the pixels' content where any are filled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydicom.uid import UID

from pixelscrub.dicom.encapsulation import EXTENDED_LENGTHS, EXTENDED_OFFSETS
from pixelscrub.errors import Reason, guarded
from pixelscrub.pixels.crop import crop_header
from pixelscrub.pixels.edit import Edit
from pixelscrub.pixels.fit import OVERLAY_GROUPS
from pixelscrub.pixels.image import Image
from pixelscrub.pixels.nested import remove_pictures
from pixelscrub.pixels.write import target_syntax

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

STATISTICS: Final = (
    "SmallestImagePixelValue",
    "LargestImagePixelValue",
    "SmallestPixelValueInSeries",
    "LargestPixelValueInSeries",
)
ICON: Final = "IconImageSequence"


def adapt(header: FileDataset, image: Image, edit: Edit) -> None:
    """Correct `header` in place.

    Where anything is masked the icon image goes too, and every picture inside a sequence: they
    show what was there. Overlay planes go
    where the edit says so, whole groups with labels and descriptions.

    Args:
        header: the header of `image`, or a copy.
        image: the original.
        edit: what will be changed, fitted to the image.

    Raises:
        HeldError: BAD_PIXEL_DESCRIPTION, where attributes of the pixel grid cannot be corrected.
    """
    with guarded(Reason.BAD_PIXEL_DESCRIPTION):
        if edit.drop_overlays:
            _remove_overlays(header)
        if edit.masks or edit.drop_overlays:
            _remove(header, ICON)
            remove_pictures(header)
        if not edit:
            return
        _remove(header, *STATISTICS)
        for tag in (EXTENDED_OFFSETS, EXTENDED_LENGTHS):
            header._dict.pop(tag, None)  # type: ignore[call-overload]
        if edit.crop is not None:
            crop_header(header, edit.crop)
        _name_compression(header, image, edit)


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
