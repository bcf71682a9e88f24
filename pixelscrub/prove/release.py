"""Decide over one written file: it may stay, or the instance is held.

The bytes that were written are read again and compared with the original's; nothing that the
steps remember of their work is believed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.pixels.edit import Edit
from pixelscrub.prove.byte_level.encoding import malformed
from pixelscrub.prove.copied import is_surely_clean
from pixelscrub.prove.forbidden import claimed_options, needles, without_makers
from pixelscrub.prove.geometry import moved
from pixelscrub.prove.parsed import Parsed
from pixelscrub.prove.places import places_of_values
from pixelscrub.prove.surplus import surplus, told

if TYPE_CHECKING:
    from pixelscrub.identity.terms import Terms
    from pixelscrub.prove.expected import ExpectedRemovals

DEFAULTS: Final = {"NumberOfFrames": 1}
SHAPE: Final = ("NumberOfFrames", "SamplesPerPixel", "BitsAllocated", "PixelRepresentation")


def release(
    original: BinaryIO,
    written: Path,
    edit: Edit,
    terms: Terms | None,
    promise: ExpectedRemovals | None = None,
) -> None:
    """Prove that `written` may be released.

    Args:
        original: the instance as it came in.
        written: the file that would be released.
        edit: what was to be changed in the pixels.
        terms: what identifies in the study; None where tags were not to be de-identified.
        promise: what the plan says is to go from the pixels, text and face.

    Raises:
        HeldError: NOT_READABLE_AGAIN, FRAME_COUNT, GEOMETRY_CHANGED, PIXELS_CHANGED,
            FILL_MISSING, TEXT_LEFT, FACE_LEFT, SURPLUS_LEFT or IDENTIFIER_LEFT (its detail names
            the place and never the value).
    """
    with written.open("rb") as file:
        if not edit and not promise and is_surely_clean(original, file, terms):
            return
        with guarded(Reason.NOT_READABLE_AGAIN):
            before, after = Parsed.of(original), Parsed.of(file)
        _check_pixels(before, after, edit, promise)
        if promise is not None and promise.faces and before.pixels is None:
            _check_contours(file)
        if terms is not None:
            _check_identifiers(after, without_makers(terms, before.header))


def _check_contours(file: BinaryIO) -> None:
    """Contours that were cut show no face any more."""
    from pixelscrub.prove.shapes import face_in_shapes

    file.seek(0)
    if face_in_shapes(file).is_face:
        raise HeldError(Reason.FACE_LEFT, "a face can be drawn from the contours")
    file.seek(0)


def _check_pixels(
    before: Parsed, after: Parsed, edit: Edit, promise: ExpectedRemovals | None
) -> None:
    _check_shape(before, after, edit)
    if edit.drop_overlays:
        _check_nested(after)
    if before.pixels is None:
        return
    _check_surplus(after)
    is_copied = not edit and before.pixel_digest() == after.pixel_digest()
    if is_copied and not promise:
        return
    from pixelscrub.pixels.check import equal_outside
    from pixelscrub.pixels.image import Image
    from pixelscrub.prove.remains import check_face, check_text

    with guarded(Reason.NOT_READABLE_AGAIN):
        images = Image(before.file), Image(after.file)
        if not is_copied:
            equal_outside(*images, edit)
        if promise:
            check_text(*images, promise, edit.crop)
            check_face(*images, promise)


def _check_surplus(after: Parsed) -> None:
    with guarded(Reason.NOT_READABLE_AGAIN):
        wrong = next(malformed(after), None)
        found = next(surplus(after), None)
    if wrong is not None:
        raise HeldError(Reason.NOT_READABLE_AGAIN, wrong)
    if found is not None:
        raise HeldError(Reason.SURPLUS_LEFT, found)


def _check_shape(before: Parsed, after: Parsed, edit: Edit) -> None:
    if (before.pixels is None) != (after.pixels is None):
        raise HeldError(Reason.PIXELS_CHANGED, "pixel data appeared or is gone")
    if not after.header.file_meta.get("TransferSyntaxUID"):
        raise HeldError(Reason.NOT_READABLE_AGAIN, "transfer syntax is missing")
    if before.pixels is None:
        return
    with guarded(Reason.NOT_READABLE_AGAIN):
        expected = {name: _number(before, name) for name in (*SHAPE, "Rows", "Columns")}
        if edit.crop is not None:
            expected |= {"Rows": edit.crop.height, "Columns": edit.crop.width}
        wrong = [name for name, value in expected.items() if _number(after, name) != value]
        if wrong:  # a header that said what the pixel data are not has been corrected
            unsigned = {} if expected["PixelRepresentation"] else {"PixelRepresentation": 0}
            right = unsigned | told(after)
            wrong = [name for name in wrong if _number(after, name) != right.get(name)]
        elsewhere = moved(before.header, after.header, edit.crop)
    if wrong:
        raise HeldError(Reason.FRAME_COUNT, f"{', '.join(wrong)} not as planned")
    if elsewhere:
        raise HeldError(Reason.GEOMETRY_CHANGED, ", ".join(elsewhere))


def _check_nested(after: Parsed) -> None:
    """Pictures inside sequences show what was masked; none may be there."""
    from pixelscrub.prove.nested import items_with_pictures

    with guarded(Reason.NOT_READABLE_AGAIN):
        is_left = any(
            True for part in (after.header, after.tail) for _ in items_with_pictures(part)
        )
    if is_left:
        raise HeldError(Reason.TEXT_LEFT, "a picture inside a sequence")


def _number(parsed: Parsed, keyword: str) -> int | None:
    """The value of an element; None where there is none that can be used."""
    default = DEFAULTS.get(keyword)
    try:
        value = parsed.header.get(keyword)
        return default if value in (None, "") else int(str(value))
    except Exception:  # whatever a wrong VR makes of it
        return None


def _check_identifiers(after: Parsed, terms: Terms) -> None:
    with guarded(Reason.NOT_READABLE_AGAIN):
        found = needles(terms, claimed_options(after.header))
        place = next(places_of_values(after, found), None)
    if place is not None:
        raise HeldError(Reason.IDENTIFIER_LEFT, f"in {place}")
