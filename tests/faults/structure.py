"""Structural oddities: files that break rules of PS3.5 and PS3.10, or use rare ones."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, generate_uid

from tests.faults.ground import CLEAN, Case, Tally, encoded, fresh, instance, try_cases

DAMAGED = "damaged_file"
UNREADABLE_PIXELS = ("bad_pixel_description", "bad_pixel_data", "truncated_pixel_data")


def run(folder: Path, tally: Tally, short: bool) -> None:
    """All oddities lie in one folder and are scrubbed in one run."""
    try_cases(cases(), folder, tally)


def cases() -> Iterator[Case]:
    """Every oddity, with the outcomes that are right for it."""
    yield from _files()
    yield from _identifiers()
    yield from _elements()
    yield from _images()
    yield from _bytes()


def _files() -> Iterator[Case]:
    whole = encoded(instance())
    yield Case.of("empty.dcm", b"", DAMAGED, "not_dicom")
    yield Case.of("one byte.dcm", b"\0", DAMAGED, "not_dicom")
    yield Case.of("preamble only.dcm", bytes(128) + b"DICM", DAMAGED, "missing_uid")
    yield Case.of("preamble of text.dcm", b"Zwyrtkowski Ottokar ".ljust(128) + fresh(whole)[128:])
    yield Case.of("jpeg.dcm", b"\xff\xd8\xff\xe0" + bytes(500), DAMAGED)
    yield Case.of("pdf", b"%PDF-1.7\n" + bytes(500), "not_dicom")
    yield Case.of("no preamble.dcm", whole[132:], CLEAN)
    yield Case.of("twice.dcm", fresh(whole) + whole, CLEAN, DAMAGED, *UNREADABLE_PIXELS)
    yield Case.of("padded.dcm", fresh(whole) + bytes(4096), CLEAN, DAMAGED)
    yield Case.of("directory.dcm", _directory(), "dicomdir")


def _directory() -> FileDataset:
    made = instance(SOPClassUID="1.2.840.10008.1.3.10")
    del made.PixelData
    return made


def _identifiers() -> Iterator[Case]:
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"):
        made = instance()
        setattr(made, keyword, "")
        yield Case.of(f"{keyword} empty.dcm", made, CLEAN)
    for number, uid in enumerate(("../../../etc/x", "/etc/passwd", "1.2..3", "a b", "1." * 400)):
        yield Case.of(f"uid {number}.dcm", instance(StudyInstanceUID=uid), CLEAN, "missing_uid")
        yield Case.of(f"series {number}.dcm", instance(SeriesInstanceUID=uid), CLEAN, "missing_uid")
        yield Case.of(f"instance {number}.dcm", instance(SOPInstanceUID=uid), CLEAN, "missing_uid")
    yield Case.of("private class.dcm", instance(SOPClassUID="1.2.3.4"), CLEAN)
    for number, patient in enumerate(("../../x", "\0", "x" * 5000, "")):
        yield Case.of(f"patient {number}.dcm", instance(PatientID=patient))
    for text in ("-1", "999999999999", "1.5", "x"):
        data = encoded(instance(InstanceNumber=7)).replace(b"IS\x02\x007 ", _is(text))
        yield Case.of(f"number {text}.dcm", data, CLEAN, "tags_failed")
    for uid in ("1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.94", "1.2.3.4", ""):
        made = instance()
        made.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1")
        old = encoded(made)
        padded = uid.encode() + b"\0" * (len(uid) % 2)
        new = old.replace(_meta_syntax(b"1.2.840.10008.1.2.1\0"), _meta_syntax(padded))
        unknown = ("unknown_transfer_syntax", "unsupported_transfer_syntax", DAMAGED)
        right = (*unknown, "bad_pixel_data") if uid else (CLEAN,)
        yield Case.of(f"syntax {uid or 'empty'}.dcm", new, *right)


def _is(text: str) -> bytes:
    value = text.encode() + b" " * (len(text) % 2)
    return b"IS" + struct.pack("<H", len(value)) + value


def _meta_syntax(value: bytes) -> bytes:
    return struct.pack("<HH2sH", 2, 0x10, b"UI", len(value)) + value


def _elements() -> Iterator[Case]:
    made = instance()
    made.OtherPatientIDsSequence = Sequence([Dataset() for _ in range(3)])
    made.OtherPatientIDsSequence[1].PatientID = "PLNT-770461"
    yield Case.of("sequence with empty items.dcm", made)
    made = instance()
    deep = made
    for _ in range(40):
        deep.ContentSequence = Sequence([Dataset()])
        deep = deep.ContentSequence[0]
    deep.PersonName = "Zwyrtkowski^Ottokar"
    yield Case.of("forty levels.dcm", made)
    for charset in ("ISO_IR 192", "ISO 2022 IR 87", "NONSENSE", "ISO_IR 100\\ISO 2022 IR 6"):
        made = instance()
        made.add_new(0x00080005, "CS", charset.split("\\"))
        name = f"charset {charset.replace(chr(92), ' ')}.dcm"
        yield Case.of(name, _plain(made), CLEAN, "tags_failed", DAMAGED)
    made = instance()
    for number in range(5000):
        made.add_new(0x00110000 + 0x1000 + number, "LO", "Zwyrtkowski")
    yield Case.of("five thousand private.dcm", made)
    made = instance(ImageComments="Zwyrtkowski " * 100_000)
    yield Case.of("a megabyte of comment.dcm", made, CLEAN, DAMAGED)
    made = instance()
    made.add_new(0x00104000, "UN", b"ZWYRTKOWSKI")
    yield Case.of("known tag as UN.dcm", made)
    made = instance()
    made.add_new(0x00080000, "UL", 12)
    yield Case.of("group length.dcm", made)


def _plain(made: FileDataset) -> bytes:
    """Encoded with its character set as it is, whatever that is."""
    charset = made.pop(0x00080005)
    data = encoded(made)
    names: Any = charset.value
    value = "\\".join([names] if isinstance(names, str) else names)
    padded = value.encode() + b" " * (len(value) % 2)
    element = struct.pack("<HH2sH", 8, 5, b"CS", len(padded)) + padded
    place = data.index(struct.pack("<HH2s", 8, 0x16, b"UI"))
    return data[:place] + element + data[place:]


def _images() -> Iterator[Case]:
    changes: dict[str, dict[str, Any]] = {
        "no rows": {"Rows": 0},
        "rows too many": {"Rows": 65535},
        "bits 7 of 8": {"BitsStored": 7, "HighBit": 6},
        "bits stored over allocated": {"BitsStored": 16, "HighBit": 15},
        "high bit odd": {"HighBit": 3},
        "samples two": {"SamplesPerPixel": 2},
        "samples none": {"SamplesPerPixel": 0},
        "photometric unknown": {"PhotometricInterpretation": "SHADES"},
        "palette without table": {"PhotometricInterpretation": "PALETTE COLOR"},
        "bits allocated 24": {"BitsAllocated": 24},
        "frames zero": {"NumberOfFrames": 0},
        "frames negative": {"NumberOfFrames": -3},
    }
    right = (*UNREADABLE_PIXELS, "unknown_photometric_interpretation", "frame_count_mismatch")
    for name, elements in changes.items():
        yield Case.of(f"{name}.dcm", instance(**elements), CLEAN, *right, "too_large")
    for keyword in ("Rows", "BitsAllocated", "PhotometricInterpretation", "PixelData"):
        made = instance()
        delattr(made, keyword)
        yield Case.of(f"without {keyword}.dcm", made, CLEAN, *right)
    made = instance()
    made.PixelData = b""
    yield Case.of("pixel data empty.dcm", made, CLEAN, *right)
    made = instance()
    made.FloatPixelData = np.zeros(32 * 48, "<f4").tobytes()
    yield Case.of("two kinds of pixel data.dcm", made, CLEAN, *right)


def _bytes() -> Iterator[Case]:
    whole = encoded(instance(SOPInstanceUID=generate_uid()))
    place = whole.index(struct.pack("<HH2s", 0x0010, 0x0010, b"PN"))
    held = (DAMAGED, "missing_uid", *UNREADABLE_PIXELS, "tags_failed")
    name = whole[place : place + 8 + 20]
    yield Case.of("name twice.dcm", fresh(whole[:place] + name + whole[place:]), CLEAN, *held)
    end = whole.index(struct.pack("<HH2s", 0x7FE0, 0x0010, b"OB"))
    yield Case.of("name after others.dcm", fresh(whole[:end] + name + whole[end:]), CLEAN, *held)
    tail = fresh(whole) + name
    yield Case.of("name after pixels.dcm", tail, CLEAN, *held)
    wrong = fresh(whole[:place] + whole[place:].replace(b"PN", b"ZZ", 1))
    yield Case.of("unknown representation.dcm", wrong, CLEAN, *held)
    odd = fresh(whole[:place] + name[:6] + b"\x13\0" + name[8:27] + whole[place + 28 :])
    yield Case.of("odd length.dcm", odd, CLEAN, *held)
    lie = fresh(whole[: place + 6] + b"\xff\xff" + whole[place + 8 :])
    yield Case.of("length beyond the end.dcm", lie, CLEAN, *held)
