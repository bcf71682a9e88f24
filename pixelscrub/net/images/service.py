"""Our text detection as the external service that Karnak asks: POST /deidentify-image.

Karnak (https://karnak.team, version 1.3, `DeidentifyImageService`) posts the pixel data of an
instance, the elements that it needs and the identifying values; the answer holds rectangles, which
Karnak then masks. Version 1 of its contract:

- request: multipart/form-data; `image`, `sensitive_data_list` (a JSON object of tag names and
  values), `sop_instance_uid`, `transfer_syntax_uid`, `rows`, `columns`, `bits_allocated`,
  `samples_per_pixel`, `photometric_interpretation`, `rescale_slope`, `rescale_intercept`,
  `window_center`, `window_width`, `palette_color_lut` (JSON: red, green, blue);
- answer: JSON; `masks` (a list of `color` as six hexadecimal digits and `rectangles` as
  "x y width height"), left out where there are none; `message`; `sop_instance_uid`;
- 400 for what cannot be read, 406 for another version in Accept; GET /health.

Where theirs masks what it takes for one of the values, ours masks all text, or, by a recipe with
`remove = "identifying"`, all that is not read with certainty as harmless. What cannot be searched
is answered by 422: Karnak then does not send the instance on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from pixelscrub.errors import PixelscrubError, UsageError

if TYPE_CHECKING:
    from pydicom import Dataset

    from pixelscrub.findings import Box
    from pixelscrub.net.images.form import FormPart
    from pixelscrub.recipe import TextSettings

VERSION: Final = 1
"""Of Karnak's contract."""
COLOUR: Final = "000000"
"""Of the masks: black, as ours are."""
NATIVE: Final = "application/octet-stream"
"""The media type of pixel data that is not compressed."""
MEDIA_TYPES: Final = frozenset(
    {
        *("image/jpeg", "image/png", "image/jp2", "image/jpeg2000", "image/jls", "image/jpx"),
        *("image/jphc", "image/x-raw", "image/raw", NATIVE),
    }
)
"""What may be posted; JPEG XL is refused, since nothing here decodes it."""
RAW: Final = frozenset({"image/x-raw", "image/raw", NATIVE})
MOST_BITS: Final = 16


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One instance as Karnak describes it.

    Attributes:
        pixels: pixel data of a frame, or of all where they are not compressed.
        media_type: of them.
        values: the other parts of the form, by name.
        identifying: tag names and values that must not be seen.
    """

    pixels: bytes = field(repr=False)
    media_type: str
    values: Mapping[str, str] = field(repr=False)
    identifying: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, parts: Mapping[str, FormPart]) -> ImageRequest:
        """Read the parts of a form.

        Raises:
            UsageError: one is missing, or is not what it should be.
        """
        if "image" not in parts or "sensitive_data_list" not in parts:
            raise UsageError("image and sensitive_data_list are needed")
        image = parts["image"]
        if image.media_type not in MEDIA_TYPES:
            raise UsageError("Unsupported file type.")
        values = {
            name: part.content.decode("utf-8", "replace").strip()
            for name, part in parts.items()
            if name != "image"
        }
        listed = _json(values.pop("sensitive_data_list"), "sensitive_data_list")
        identifying = {str(name): str(value) for name, value in listed.items() if value}
        return cls(image.content, image.media_type, values, identifying)


def find_masks(request: ImageRequest, settings: TextSettings) -> list[Box]:
    """Where there is text that has to go, in pixels of the image.

    Raises:
        UsageError: the image cannot be read by what is said of it.
        HeldError: it cannot be searched.
        MissingComponentError: a program that the recipe asks for is not installed.
    """
    from pixelscrub.identity.terms import Terms
    from pixelscrub.pixels.image import Image
    from pixelscrub.text.find import find_text
    from pixelscrub.text.reading.tesseract import reading_in

    file = BytesIO()
    header = _instance(request)
    header.save_as(file, enforce_file_format=True)
    image = Image(BytesIO(file.getvalue()))
    with reading_in(settings.languages):
        findings = find_text(image, settings, Terms.of(header))
    return [f.box for f in findings if f.box is not None and f.action == "mask"]


def answer(boxes: list[Box], request: ImageRequest) -> dict[str, Any]:
    """The answer of the contract."""
    rectangles = [f"{b.x0} {b.y0} {b.width} {b.height}" for b in boxes]
    found = {"masks": [{"color": COLOUR, "rectangles": rectangles}]} if boxes else {}
    said = f"{len(boxes)} sensitive data detected" if boxes else "No sensitive data detected"
    uid = request.values.get("sop_instance_uid")
    return {**found, "message": said, **({"sop_instance_uid": uid} if uid else {})}


def _instance(request: ImageRequest) -> Dataset:
    """The image as an instance, so that it is looked at as all others are."""
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

    header = Dataset()
    for name, value in request.identifying.items():
        _set(header, name, value)
    header.SOPClassUID, header.SOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
    header.file_meta = FileMetaDataset()
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if request.media_type in RAW or "transfer_syntax_uid" in request.values:
        _describe(header, request)
    else:
        _decode(header, request)
    return header


def _set(header: Dataset, name: str, value: str) -> None:
    """Keep an identifying value, where the tag is one of the standard's and takes text."""
    from pydicom.datadict import dictionary_VR, tag_for_keyword

    tag = tag_for_keyword(name)
    if tag is not None and dictionary_VR(tag) in {"PN", "LO", "SH", "DA", "AS", "CS", "ST", "LT"}:
        setattr(header, name, value)


def _describe(header: Dataset, request: ImageRequest) -> None:
    """Pixel data as it lies in the instance that Karnak has."""
    from pydicom.encaps import encapsulate
    from pydicom.uid import UID, ExplicitVRLittleEndian

    bits = _whole(request, "bits_allocated")
    header.Rows, header.Columns = _whole(request, "rows"), _whole(request, "columns")
    header.SamplesPerPixel = samples = _whole(request, "samples_per_pixel")
    if not (0 < bits <= MOST_BITS and samples in {1, 3} and header.Rows and header.Columns):
        raise UsageError("rows, columns, bits_allocated or samples_per_pixel cannot be")
    header.BitsAllocated = header.BitsStored = bits
    header.HighBit, header.PixelRepresentation = bits - 1, 0
    default = "RGB" if samples == 3 else "MONOCHROME2"
    header.PhotometricInterpretation = request.values.get("photometric_interpretation") or default
    if samples == 3:
        header.PlanarConfiguration = 0
    for name, keyword in NUMBERS.items():
        if name in request.values:
            setattr(header, keyword, _number(request, name))
    if "palette_color_lut" in request.values:
        _add_palette(header, _json(request.values["palette_color_lut"], "palette_color_lut"))
    syntax = UID(request.values.get("transfer_syntax_uid") or ExplicitVRLittleEndian)
    if request.media_type in RAW and not syntax.is_compressed:
        header.add_new("PixelData", "OW" if bits > 8 else "OB", request.pixels)
        one = header.Rows * header.Columns * samples * (bits // 8)
        header.NumberOfFrames = max(len(request.pixels) // max(one, 1), 1)
        return
    header.file_meta.TransferSyntaxUID = syntax
    header.add_new("PixelData", "OB", encapsulate([request.pixels]))
    header["PixelData"].is_undefined_length = True


NUMBERS: Final = {
    "rescale_slope": "RescaleSlope",
    "rescale_intercept": "RescaleIntercept",
    "window_center": "WindowCenter",
    "window_width": "WindowWidth",
}


def _decode(header: Dataset, request: ImageRequest) -> None:
    """A picture of a common format, of which nothing else is said."""
    import cv2
    import numpy as np

    pixels = cv2.imdecode(np.frombuffer(request.pixels, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise UsageError("Failed to decode image.")
    header.Rows, header.Columns = pixels.shape[:2]
    header.SamplesPerPixel, header.PlanarConfiguration = 3, 0
    header.PhotometricInterpretation = "RGB"
    header.BitsAllocated = header.BitsStored = 8
    header.HighBit, header.PixelRepresentation = 7, 0
    content = np.ascontiguousarray(pixels[..., ::-1]).tobytes()
    header.add_new("PixelData", "OB", content + b"\0" * (len(content) % 2))


def _add_palette(header: Dataset, tables: Mapping[str, Any]) -> None:
    import numpy as np

    for name in ("red", "green", "blue"):
        try:
            table = np.asarray(tables[name], np.uint16)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise UsageError("Invalid palette_color_lut.") from None
        wide = 16 if table.max(initial=0) > 255 else 8
        keyword = f"{name.capitalize()}PaletteColorLookupTable"
        entries = table if wide == 16 else table.astype(np.uint8)
        content = entries.tobytes()
        setattr(header, f"{keyword}Descriptor", [len(table) % 2**16, 0, wide])
        setattr(header, f"{keyword}Data", content + b"\0" * (len(content) % 2))


def _json(text: str, name: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise UsageError(f"Invalid JSON format for {name}.") from None
    if not isinstance(value, dict):
        raise UsageError(f"{name} must be a JSON object.")
    return value


def _whole(request: ImageRequest, name: str) -> int:
    number = _number(request, name)
    if not 0 <= number < 2**16:
        raise UsageError(f"{name} cannot be")
    return int(number)


def _number(request: ImageRequest, name: str) -> float:
    import math

    try:
        value = float(request.values[name])
    except (KeyError, ValueError):
        raise UsageError(f"{name} is needed, as a number") from None
    if not math.isfinite(value):
        raise UsageError(f"{name} is no number")
    return value


def status_of(error: PixelscrubError) -> int:
    """The HTTP status that tells Karnak what went wrong: its own request, or our reading of it."""
    return 400 if isinstance(error, UsageError) else 422
