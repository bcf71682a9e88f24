"""A File-set for media over an output: copies under names that media allow, and a DICOMDIR.

File IDs have components of at most eight upper-case letters, digits and underscores (PS3.10 8.2).
Our names are longer pseudonyms with an ending, which a DICOMDIR cannot refer to, so it is not
written over the output itself. Directory records follow PS3.3 annex F.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.fileset import DIRECTORY_RECORDERS, FileSet

from pixelscrub.errors import NothingUsableError, Reason, UsageError, guarded
from pixelscrub.formats.kinds import ENDING, FileFormat
from pixelscrub.store.output import check_places

_FILLED = {
    "PatientID": "UNKNOWN", "PatientName": "UNKNOWN", "StudyDate": "19000101",
    "StudyTime": "000000", "StudyID": "0", "Modality": "OT", "SeriesNumber": "0",
    "InstanceNumber": "0", "ContentDate": "19000101", "ContentTime": "000000",
    "ContentLabel": "UNKNOWN",
}  # fmt: skip
"""What a record must say and a header need not: profiles empty dates that records require."""


OTHERS: Final = tuple({*ENDING.values(), ".nii"} - {ENDING[FileFormat.DICOM]})
"""How names of outputs end that are no instances."""


def make_media(out: Path, media: Path) -> int:
    """Copy the output `out` into the new folder `media` as a File-set.

    Instances are copied byte for byte, as `PT000000/ST000000/SE000000/IM000000` and so on;
    pictures and volumes of other formats are no part of a File-set.

    Returns:
        The number of instances.

    Raises:
        UsageError: `media` is not empty or lies in `out`, or a file of `out` is not de-identified.
        NothingUsableError: there is no instance in `out`.
        HeldError: WRITE_FAILED, where an instance cannot be recorded or copied.
    """
    check_places([out], media)
    if media.exists() and any(media.iterdir()):
        raise UsageError("the folder for media is not empty")
    files = sorted(p for p in out.rglob("*") if p.is_file() and not p.name.endswith(OTHERS))
    for number, path in enumerate(files, 1):
        _check(path, number)
    if not files:
        raise NothingUsableError("there is no instance in the output")
    with guarded(Reason.WRITE_FAILED), warnings.catch_warnings(), _lenient_records():
        warnings.simplefilter("ignore")
        found = FileSet()
        for path in files:
            found.add(path)
        found.write(media)
        found._stage["t"].cleanup()  # its folder for copies, which it would leave to chance
    return len(files)


def _check(path: Path, number: int) -> None:
    try:
        header = dcmread(path, specific_tags=["PatientIdentityRemoved"], stop_before_pixels=True)
        is_clean = header.get("PatientIdentityRemoved") == "YES"
    except (OSError, InvalidDicomError):
        is_clean = False
    if not is_clean:
        raise UsageError(f"file {number} in the order of names is not a de-identified instance")


@contextmanager
def _lenient_records() -> Iterator[None]:
    """Records with values where the header has none; the instances stay as they are."""
    strict = dict(DIRECTORY_RECORDERS)
    DIRECTORY_RECORDERS.update({kind: partial(_record, make) for kind, make in strict.items()})
    try:
        yield
    finally:
        DIRECTORY_RECORDERS.update(strict)


def _record(make: Callable[[Dataset], Dataset], header: Dataset) -> Dataset:
    filled = Dataset()
    filled.update(header)
    filled.file_meta = header.file_meta
    for keyword, value in _FILLED.items():
        if not filled.get(keyword):
            setattr(filled, keyword, value)
    return make(filled)
