"""Which original each file of an output was made of."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy.typing as npt

from pixelscrub.audit.crops import LIKE, crop_of, likeness
from pixelscrub.errors import HeldError, Reason, guarded
from pixelscrub.formats.kinds import PICTURES
from pixelscrub.intake.find import find
from pixelscrub.intake.instance import Source

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

Sample = npt.NDArray[Any] | None
DICOMDIR: Final = "1.2.840.10008.1.3.10"
KIND: Final = ("NumberOfFrames", "SOPClassUID", "SamplesPerPixel")
GRID: Final = ("Rows", "Columns")
PLACE: Final = ("InstanceNumber", "ImagePositionPatient")
SAMPLE: Final = 4096
"""Pixels of a first frame that are compared."""


@dataclass(frozen=True, slots=True)
class File:
    """One DICOM file, its header read.

    Attributes:
        source: where it is.
        header: every element but pixel data.
        is_original: what is not written as it says is read all the same; of an output it is not.
    """

    source: Source
    header: FileDataset
    is_original: bool = False

    @property
    def uid(self) -> str:
        """SOP Instance UID, or nothing where it is missing."""
        return str(self.header.get("SOPInstanceUID") or "")

    @property
    def is_directory(self) -> bool:
        """Whether it is a DICOMDIR."""
        return str(self.header.file_meta.get("MediaStorageSOPClassUID", "")) == DICOMDIR

    @property
    def is_picture(self) -> bool:
        """Whether it is a PNG, JPEG or TIFF file, shown as an instance."""
        return self.source.file_format() in PICTURES

    def open(self) -> BinaryIO:
        """Open for reading."""
        as_instance = self.is_original or self.is_picture
        return self.source.open_instance() if as_instance else self.source.open()


def read_all(
    folders: Sequence[Path], *, originals: bool = False
) -> tuple[dict[str, File], list[str]]:
    """Every DICOM file below `folders` by its relative path, and the files that are none."""
    files, others = {}, []
    for item in find(folders):
        source = item if isinstance(item, Source) else item.source
        header = read_header(source, originals) if isinstance(item, Source) else None
        if header is None:
            others.append(source.path)
        else:
            files[source.path] = File(source, header, originals)
    return files, others


def read_header(source: Source, original: bool = False) -> FileDataset | None:
    """The header of a file; None where it is no DICOM. Another tool may have taken its UIDs."""
    from pydicom import dcmread

    try:
        is_picture = source.file_format() in PICTURES
        opened = source.open_instance() if original or is_picture else source.open()
        with opened as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = dcmread(file, force=True, stop_before_pixels=True)
            told = header.get("SOPInstanceUID") or header.file_meta.get("TransferSyntaxUID")
            return header if told else None
    except Exception:  # whatever it is that pydicom cannot read, it is reported as such
        return None


def by_content(originals: dict[str, File], outputs: dict[str, File]) -> dict[str, str]:
    """Source by output, by size and class, then by place in the series and by pixels.

    An output smaller than every original of its class may be cut out of one. Every file is
    decoded once; no original is taken twice.
    """
    free = dict(originals)
    seen: dict[str, Sample] = {}
    found: dict[str, str] = {}
    for output, file in sorted(outputs.items(), key=lambda item: -_area(item[1])):
        near = _candidates(file, free)
        for candidate in near:
            if candidate not in seen:
                seen[candidate] = _sample(originals[candidate])
        best = _best(file, {c: (originals[c], seen[c]) for c in near})
        if best is not None:
            found[output] = best
            del free[best], seen[best]
    return found


def _best(file: File, near: Mapping[str, tuple[File, Sample]]) -> str | None:
    """The candidate that shows the same, and of several the one with the most alike header."""
    sample = _sample(file)
    scores = {
        name: _likeness(one, sample) if _values(original, GRID) == _values(file, GRID) else
        _cut_out(original, file) for name, (original, one) in near.items()
    }  # fmt: skip
    top = max(scores.values(), default=0.0)
    alike = [name for name, score in scores.items() if score == top >= LIKE]
    return max(alike, key=lambda name: _agreement(near[name][0], file), default=None)


def _candidates(file: File, free: dict[str, File]) -> list[str]:
    """Originals that an output may have been made of, the likeliest kind only."""
    keys = [keyword for keyword in KIND if keyword in file.header or keyword != "SOPClassUID"]
    kind = [c for c, original in free.items() if _values(original, keys) == _values(file, keys)]
    same = [c for c in kind if _values(free[c], GRID) == _values(file, GRID)]
    larger = same or [c for c in kind if _area(free[c]) > _area(file)]
    return [c for c in larger if _values(free[c], PLACE) == _values(file, PLACE)] or larger


def _area(file: File) -> int:
    return int(file.header.get("Rows") or 0) * int(file.header.get("Columns") or 0)


def _sample(file: File) -> Sample:
    """Evenly spread pixels of the first frame; None where none decodes."""
    first = pixels(file, 0)
    return None if first is None else first.ravel()[:: max(1, first.size // SAMPLE)].copy()


def _likeness(one: Sample, other: Sample) -> float:
    """Share of equal pixels; 1 where neither has any."""
    if one is None or other is None:
        return float(one is other)
    return float((one == other).mean()) if one.shape == other.shape else 0.0


def _cut_out(original: File, file: File) -> float:
    """Share of equal pixels of the part that a smaller file shows."""
    one, other = pixels(original, 0), pixels(file, 0)
    if one is None or other is None:
        return 0.0
    box = crop_of(one, other)
    if box is None:
        return 0.0
    return likeness(one[box.y0 : box.y1, box.x0 : box.x1], other)


def _agreement(one: File, other: File) -> int:
    """How many elements have the same value in both; the transfer syntax counts too."""
    pairs = (
        (one.header.get_item(tag), other.header.get_item(tag)) for tag in list(one.header.keys())
    )
    equal = [1 for a, b in pairs if a is not None and b is not None and a.value == b.value]
    syntaxes = {str(f.header.file_meta.get("TransferSyntaxUID")) for f in (one, other)}
    return len(equal) + 3 * (len(syntaxes) == 1)


def pixels(file: File, index: int | None = None) -> npt.NDArray[Any] | None:
    """Stored values of one frame or of all; None where none decodes.

    By pydicom's own decoders; by ours where pydicom has none, or believes a header that says what
    the pixel data are not.
    """
    from pydicom.pixels.utils import pixel_array

    try:
        with file.open() as opened:
            return pixel_array(opened, index=index, raw=True)
    except Exception:  # no pixels, or none that pydicom can decode
        return _pixels_by_us(file, index)


def _pixels_by_us(file: File, index: int | None) -> npt.NDArray[Any] | None:
    import numpy as np

    from pixelscrub.pixels.image import Image

    try:
        with file.open() as opened, guarded(Reason.DECODE_FAILED):
            image = Image(opened)
            if image.info is None:
                return None
            if index is not None or image.info.frames == 1:
                return image.frame(index or 0)
            return np.stack([image.frame(i) for i in range(image.info.frames)])
    except (HeldError, OSError):
        return None


def _values(file: File, keywords: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(file.header.get(keyword, "")) for keyword in keywords)
