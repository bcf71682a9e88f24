from __future__ import annotations

import re

import pytest
from pydicom import dcmread

from pixelscrub.errors import NothingUsableError, UsageError
from pixelscrub.store.media import make_media


@pytest.fixture
def out(make_instance, save, tmp_path):
    for number in range(3):
        header = make_instance(StudyDate="", InstanceNumber=number + 1)
        header.SOPInstanceUID = f"2.25.{number + 1}"
        header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
        header.PatientIdentityRemoved = "YES"
        save(header, tmp_path / "out" / f"PX/2.25.1/2.25.{number % 2}/{number:04d}.dcm")
    return tmp_path / "out"


def test_a_directory_is_made_over_copies_of_the_output(out, tmp_path):
    (out / "PX" / "0001.png").write_bytes(b"a picture is no part of a File-set")
    assert make_media(out, tmp_path / "media") == 3
    records = dcmread(tmp_path / "media" / "DICOMDIR").DirectoryRecordSequence
    kinds = [record.DirectoryRecordType for record in records]
    assert (kinds.count("PATIENT"), kinds.count("IMAGE")) == (1, 3)
    originals = {dcmread(p).SOPInstanceUID: p.read_bytes() for p in out.rglob("*.dcm")}
    for record in records:
        if record.DirectoryRecordType == "IMAGE":
            parts = record.ReferencedFileID
            assert all(re.fullmatch(r"[A-Z0-9_]{1,8}", part) for part in parts)
            copied = tmp_path.joinpath("media", *parts).read_bytes()
            assert copied == originals[record.ReferencedSOPInstanceUIDInFile]


def test_what_is_not_deidentified_is_refused(out, make_instance, save, tmp_path):
    save(make_instance(), out / "other.dcm")
    with pytest.raises(UsageError, match="not a de-identified instance"):
        make_media(out, tmp_path / "media")
    assert not (tmp_path / "media").exists()


def test_places_are_checked(out, tmp_path):
    with pytest.raises(UsageError, match="not lie inside"):
        make_media(out, out / "media")
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "x").touch()
    with pytest.raises(UsageError, match="not empty"):
        make_media(out, tmp_path / "media")
    (tmp_path / "none").mkdir()
    with pytest.raises(NothingUsableError):
        make_media(tmp_path / "none", tmp_path / "new")
