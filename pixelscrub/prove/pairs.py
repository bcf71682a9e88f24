"""Which original each file of an output was made of."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from pixelscrub.errors import UsageError
from pixelscrub.intake.find import find
from pixelscrub.intake.instance import Source

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

LIKE: Final = 0.5
"""Share of equal pixels from which two files show the same."""
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


def by_journal(private: Path) -> dict[str, str]:
    """Source by output, as our own audit has it.

    Raises:
        UsageError: the private folder holds no audit, or a damaged one.
    """
    try:
        text = (private / "audit.jsonl").read_text(encoding="utf-8")
        lines = [json.loads(line) for line in text.splitlines()]
        return {line["output"]: line["source"] for line in lines if line["output"]}
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError("private folder holds no audit that can be read") from None


def by_content(originals: dict[str, File], outputs: dict[str, File]) -> dict[str, str]:
    """Source by output, by size and class, then by place in the series and by pixels."""
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for path, file in originals.items():
        groups[_values(file, GRID)].append(path)
    found = {}
    for output, file in outputs.items():
        candidates = groups[_values(file, GRID)]
        near = [c for c in candidates if _values(originals[c], PLACE) == _values(file, PLACE)]
        best = max(near or candidates, key=lambda c: likeness(originals[c], file), default=None)
        if best is not None and likeness(originals[best], file) >= LIKE:
            found[output] = best
    return found


def likeness(one: File, other: File) -> float:
    """Share of equal pixels in the first frame; 1 where neither has pixels."""
    first, second = pixels(one, 0), pixels(other, 0)
    if first is None or second is None:
        return float(first is second)
    return float((first == second).mean()) if first.shape == second.shape else 0.0


def pixels(file: File, index: int | None = None) -> np.ndarray[Any, Any] | None:
    """Stored values by pydicom's own decoders, of one frame or of all; None where none decodes."""
    from pydicom.pixels import pixel_array

    try:
        with file.open() as opened:
            return pixel_array(opened, index=index, raw=True)
    except Exception:  # no pixels, or none that pydicom can decode
        return None


def _values(file: File, keywords: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(file.header.get(keyword, "")) for keyword in keywords)
