"""Which original each file of an output was made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy.typing as npt

from pixelscrub.intake.find import find
from pixelscrub.intake.instance import Source

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

LIKE: Final = 0.5
"""Share of equal pixels from which two files show the same."""
SAMPLE: Final = 4096
"""Pixels of a first frame that are compared."""
Sample = npt.NDArray[Any] | None
GRID: Final = ("Rows", "Columns", "NumberOfFrames", "SOPClassUID")
PLACE: Final = ("InstanceNumber", "ImagePositionPatient")


@dataclass(frozen=True, slots=True)
class File:
    """One DICOM file, its header read."""

    source: Source
    header: FileDataset

    def open(self) -> BinaryIO:
        """Open for reading."""
        return self.source.open()


def read_all(folders: Sequence[Path]) -> tuple[dict[str, File], list[str]]:
    """Every DICOM file below `folders` by its relative path, and the files that are none."""
    files, others = {}, []
    for item in find(folders):
        source = item if isinstance(item, Source) else item.source
        header = read_header(source) if isinstance(item, Source) else None
        if header is None:
            others.append(source.path)
        else:
            files[source.path] = File(source, header)
    return files, others


def read_header(source: Source) -> FileDataset | None:
    """The header of a file; None where it is no DICOM."""
    from pydicom import dcmread

    try:
        with source.open() as file:
            header = dcmread(file, force=True, stop_before_pixels=True)
            return header if header.get("SOPInstanceUID") else None
    except Exception:  # whatever it is that pydicom cannot read, it is reported as such
        return None


def by_content(originals: dict[str, File], outputs: dict[str, File]) -> dict[str, str]:
    """Source by output, by size and class, then by place in the series and by pixels.

    Every file is decoded once; no original is taken twice.
    """
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for path, file in originals.items():
        groups[_values(file, GRID)].append(path)
    seen: dict[str, Sample] = {}
    found: dict[str, str] = {}
    for output, file in outputs.items():
        free = groups[_values(file, GRID)]
        near = [c for c in free if _values(originals[c], PLACE) == _values(file, PLACE)]
        sample = _sample(file)
        for candidate in near or free:
            if candidate not in seen:
                seen[candidate] = _sample(originals[candidate])
        best = max(near or free, key=lambda c: _likeness(seen[c], sample), default=None)
        if best is not None and _likeness(seen[best], sample) >= LIKE:
            found[output] = best
            free.remove(best)
    return found


def _sample(file: File) -> Sample:
    """Evenly spread pixels of the first frame; None where none decodes."""
    first = pixels(file, 0)
    return None if first is None else first.ravel()[:: max(1, first.size // SAMPLE)].copy()


def _likeness(one: Sample, other: Sample) -> float:
    """Share of equal pixels; 1 where neither has any."""
    if one is None or other is None:
        return float(one is other)
    return float((one == other).mean()) if one.shape == other.shape else 0.0


def pixels(file: File, index: int | None = None) -> npt.NDArray[Any] | None:
    """Stored values by pydicom's own decoders, of one frame or of all; None where none decodes."""
    from pydicom.pixels.utils import pixel_array

    try:
        with file.open() as opened:
            return pixel_array(opened, index=index, raw=True)
    except Exception:  # no pixels, or none that pydicom can decode
        return None


def _values(file: File, keywords: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(file.header.get(keyword, "")) for keyword in keywords)
